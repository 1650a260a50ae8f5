/* One environment of JavaScript, and how threads of the library reach it: through one thread-safe
 * function that never blocks. They only hand over what has come; everything of the program's runs
 * on its own thread. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "addon.h"

/* Lines of a log that are on their way at most; what comes beyond is lost. */
enum { MAX_LINES = 10000 };

struct home {
    pthread_mutex_t lock; /* guards `closed`, and that nothing is delivered after it */
    bool closed;
    atomic_int refs;
    atomic_int lines;
    napi_threadsafe_function function;
    struct watcher *watcher;
    unsigned waiting; /* operations and events that JavaScript waits for */
};

enum message_kind { COMPLETED, READY, LINE, LOG_ENDED };

struct message {
    enum message_kind kind;
    double id;
    const struct entry *entry;
    struct call call;
    kpc_status status;
    int32_t level;
    char *text;
};

/* What an operation has as user data. Its message is there from the start, so that a completion
 * needs no memory. */
struct pending {
    struct home *home;
    struct message *message;
};

struct log {
    struct home *home;
    double id;
};

static void home_unref(struct home *home)
{
    if (atomic_fetch_sub(&home->refs, 1) != 1)
        return;
    pthread_mutex_destroy(&home->lock);
    free(home);
}

struct home *home_of(napi_env env)
{
    void *home = NULL;
    return napi_get_instance_data(env, &home) == napi_ok ? home : NULL;
}

struct message *message_new(const struct entry *entry)
{
    struct message *message = calloc(1, sizeof *message);
    if (message)
        message->entry = entry;
    return message;
}

struct call *message_call(struct message *message)
{
    return &message->call;
}

void message_free(struct message *message)
{
    if (!message)
        return;
    if (message->entry)
        release_outputs(message->entry, &message->call);
    free(message->text);
    free(message);
}

/* Takes the message over. */
static void deliver(struct home *home, struct message *message)
{
    bool sent = false;
    pthread_mutex_lock(&home->lock);
    if (!home->closed)
        sent = napi_call_threadsafe_function(home->function, message, napi_tsfn_nonblocking) == napi_ok;
    pthread_mutex_unlock(&home->lock);
    if (!sent)
        message_free(message);
}

/* On the thread of JavaScript. */
static void dispatch(napi_env env, napi_value function, void *context, void *data)
{
    struct home *home = context;
    struct message *message = data;
    napi_value arguments[4], undefined, thrown;
    size_t count = 2;
    /* Without an environment, while it goes, there may be no home any more either. */
    if (!env || !function) {
        message_free(message);
        return;
    }
    if (message->kind == LINE)
        atomic_fetch_sub(&home->lines, 1);
    if (message->kind == COMPLETED || message->kind == READY)
        home_await(env, home, false);
    napi_create_int32(env, message->kind, &arguments[0]);
    napi_create_double(env, message->id, &arguments[1]);
    if (message->kind == COMPLETED) {
        arguments[count++] = write_outcome(env, message->entry, &message->call, message->status);
    } else if (message->kind == LINE) {
        napi_create_int32(env, message->level, &arguments[count++]);
        napi_create_string_utf8(env, message->text, NAPI_AUTO_LENGTH, &arguments[count++]);
    }
    message_free(message);
    napi_get_undefined(env, &undefined);
    if (napi_call_function(env, undefined, function, count, arguments, NULL) == napi_pending_exception &&
        napi_get_and_clear_last_exception(env, &thrown) == napi_ok)
        napi_fatal_exception(env, thrown);
}

/* Before the environment goes. Threads of the library may still be at work. */
static void home_close(void *data)
{
    struct home *home = data;
    pthread_mutex_lock(&home->lock);
    home->closed = true;
    pthread_mutex_unlock(&home->lock);
    watcher_end(home->watcher);
    home->watcher = NULL;
    home_unref(home);
}

/* The function is finalised after it was called for the last time. */
static void function_gone(napi_env env, void *data, void *context)
{
    (void)env, (void)data;
    home_unref(context);
}

bool home_open(napi_env env, napi_value function)
{
    napi_value name;
    struct home *home = calloc(1, sizeof *home);
    if (!home)
        return false;
    pthread_mutex_init(&home->lock, NULL);
    atomic_init(&home->refs, 2);
    if (napi_create_string_utf8(env, "kpclient", NAPI_AUTO_LENGTH, &name) != napi_ok ||
        napi_create_threadsafe_function(env, function, NULL, name, 0, 1, NULL, function_gone, home,
                                        dispatch, &home->function) != napi_ok) {
        free(home);
        return false;
    }
    /* A program ends although a client is connected, unless it waits for something of it. */
    napi_unref_threadsafe_function(env, home->function);
    /* Hooks run in reverse order, so this one runs before the function's own. */
    napi_add_env_cleanup_hook(env, home_close, home);
    return napi_set_instance_data(env, home, NULL, NULL) == napi_ok;
}

/* As long as JavaScript waits for something, the program does not end. */
void home_await(napi_env env, struct home *home, bool more)
{
    if (more && home->waiting++ == 0)
        napi_ref_threadsafe_function(env, home->function);
    if (!more && home->waiting > 0 && --home->waiting == 0)
        napi_unref_threadsafe_function(env, home->function);
}

/* The library's callback: takes the outputs, as the result is only lent. */
static void completed(const kpc_result *result, void *user_data)
{
    struct pending *pending = user_data;
    struct message *message = pending->message;
    pending->message = NULL;
    message->status = message->entry->take(result, &message->call);
    deliver(pending->home, message);
}

static void drop_pending(void *user_data)
{
    struct pending *pending = user_data;
    message_free(pending->message);
    home_unref(pending->home);
    free(pending);
}

/* Starts an operation with the arguments in `call`; its outputs go to the message, which is taken
 * over. */
kpc_status home_start(struct home *home, const struct entry *entry, double id, struct call *call,
                      struct message *message)
{
    struct pending *pending = malloc(sizeof *pending);
    if (!pending) {
        message_free(message);
        return KPC_ERR_NO_MEMORY;
    }
    message->kind = COMPLETED;
    message->id = id;
    pending->home = home;
    pending->message = message;
    atomic_fetch_add(&home->refs, 1);
    const kpc_completion done = {completed, pending, drop_pending, NULL};
    call->done = &done;
    kpc_status status = entry->start(call);
    call->done = NULL;
    return status;
}

void home_ready(struct home *home, double id)
{
    struct message *message = message_new(NULL);
    if (!message)
        return;
    message->kind = READY;
    message->id = id;
    deliver(home, message);
}

static void deliver_line(struct log *log, enum message_kind kind, int32_t level, const char *text)
{
    struct message *message = message_new(NULL);
    if (!message)
        return;
    message->kind = kind;
    message->id = log->id;
    message->level = level;
    if (text && !(message->text = strdup(text))) {
        free(message);
        return;
    }
    if (kind == LINE)
        atomic_fetch_add(&log->home->lines, 1);
    deliver(log->home, message);
}

static void log_line(int32_t level, const char *text, void *user_data)
{
    struct log *log = user_data;
    if (atomic_load(&log->home->lines) < MAX_LINES)
        deliver_line(log, LINE, level, text);
}

static void drop_log(void *user_data)
{
    struct log *log = user_data;
    deliver_line(log, LOG_ENDED, 0, NULL);
    home_unref(log->home);
    free(log);
}

/* Lines go to the function that JavaScript knows by this number. */
kpc_status home_set_log(struct home *home, kpc_config *config, int32_t level, double id,
                        kpc_error **error)
{
    struct log *log = malloc(sizeof *log);
    if (!log)
        return KPC_ERR_NO_MEMORY;
    log->home = home;
    log->id = id;
    atomic_fetch_add(&home->refs, 1);
    return kpc_config_set_log(config, level, log_line, log, drop_log, error);
}

struct watcher **home_watcher(struct home *home)
{
    return &home->watcher;
}
