/* What all calls of the player share: their arguments by name, the four ways to make a call, and
 * what is said of its end. To be included after a feature macro. */
#ifndef PLAYER_H
#define PLAYER_H

#include "kpc_test.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>

#define MAX_FIELDS 32

/* How calls are made, and how their ends are heard of. */
enum form {
    BLOCKING, /* without a suffix */
    WAITING,  /* _async, then kpc_op_wait */
    CALLBACK, /* _async, with a function for the completion */
    SINK      /* _async, with the completion among the events */
};

static enum form form;
static kpc_client *client;
static kpc_event_sink *events;

/* For everything that several threads use. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

struct bytes {
    uint8_t *data;
    size_t len;
};

struct field {
    const char *name;
    const char *value;
    struct bytes bytes; /* of value, once it was asked for */
};

/* One call: what it is given, how it ends, what it gave. */
struct call {
    char *line; /* in which the names and values lie */
    const char *number;
    const char *kind;
    struct field fields[MAX_FIELDS];
    size_t field_count;
    kpc_status status;
    kpc_error *error;
    kpc_op op;
    bool has_begun;
    kpc_result *mine; /* what kpc_op_wait gave */
    FILE *said;       /* " name=value" for each output */
};

/* Ends the program: the test that drives it sees why. */
static void give_up(const char *why, const char *what)
{
    printf("broken %s %s\n", why, what);
    fflush(stdout);
    _Exit(2);
}

/* Prints one line. Threads do not get in each other's way. */
static void print_line(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    flockfile(stdout);
    vprintf(format, values);
    putchar('\n');
    fflush(stdout);
    funlockfile(stdout);
    va_end(values);
}

/* ---- Arguments --------------------------------------------------------------------------------- */

static struct field *find(struct call *call, const char *name)
{
    size_t i;
    for (i = 0; i < call->field_count; i++) {
        if (strcmp(call->fields[i].name, name) == 0) {
            return &call->fields[i];
        }
    }
    return NULL;
}

static bool has(struct call *call, const char *name)
{
    return find(call, name) != NULL;
}

/* Bytes given as hexadecimal digits; none where there is no such argument. */
static struct bytes bytes(struct call *call, const char *name)
{
    struct field *field = find(call, name);
    struct bytes none = {NULL, 0};
    size_t len;

    if (field == NULL) {
        return none;
    }
    if (field->bytes.data == NULL) {
        len = strlen(field->value) / 2;
        field->bytes.data = (uint8_t *)malloc(len + 1);
        if (field->bytes.data == NULL) {
            give_up("no memory for", name);
        }
        field->bytes.len = kpc_test_hex(field->value, field->bytes.data, len);
    }
    return field->bytes;
}

static uint64_t number(struct call *call, const char *name, uint64_t otherwise)
{
    struct field *field = find(call, name);
    return field == NULL ? otherwise : strtoull(field->value, NULL, 10);
}

/* A replica, by its number or as whoever does not care names it. */
static int32_t replica(struct call *call)
{
    return has(call, "reply_index") ? (int32_t)number(call, "reply_index", 0) : -1;
}

static bool flag(struct call *call, const char *name)
{
    struct field *field = find(call, name);
    return field != NULL && strcmp(field->value, "true") == 0;
}

/* Values of fixed size are made of bytes as programs make them: what is wrong with one is how the
 * call ends. */
#define DEFINE_VALUE(type, maker)                                                                  \
    static type maker(struct call *call, const char *name)                                         \
    {                                                                                              \
        type value;                                                                                \
        struct bytes given = bytes(call, name);                                                    \
        memset(&value, 0, sizeof value);                                                           \
        if (call->status == KPC_OK) {                                                              \
            call->status = type##_from_bytes(given.data, given.len, &value, &call->error);         \
        }                                                                                          \
        return value;                                                                              \
    }

DEFINE_VALUE(kpc_write_cap, a_write_cap)
DEFINE_VALUE(kpc_read_cap, a_read_cap)
DEFINE_VALUE(kpc_box_index, an_index)
DEFINE_VALUE(kpc_hash, a_hash)
DEFINE_VALUE(kpc_id, an_id)

/* A service by its two arguments. */
static kpc_service a_service(struct call *call, const char *node, const char *queue)
{
    kpc_service service;
    struct bytes id = bytes(call, queue);

    memset(&service, 0, sizeof service);
    service.node = a_hash(call, node);
    service.queue_len = id.len;
    memcpy(service.queue, id.data, id.len < sizeof service.queue ? id.len : sizeof service.queue);
    return service;
}

/* ---- What a call gave -------------------------------------------------------------------------- */

static void print_hex(FILE *to, const char *name, const uint8_t *data, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    size_t i;

    fprintf(to, " %s=", name);
    for (i = 0; i < len; i++) {
        fputc(digits[data[i] >> 4], to);
        fputc(digits[data[i] & 15], to);
    }
}

static void say_bytes(struct call *call, const char *name, const uint8_t *data, size_t len)
{
    if (call->status == KPC_OK) {
        print_hex(call->said, name, data, len);
    }
}

#define SAY_VALUE(name, value) say_bytes(call, name, (value).bytes, sizeof (value).bytes)

static void say_number(struct call *call, const char *name, uint64_t value)
{
    if (call->status == KPC_OK) {
        fprintf(call->said, " %s=%" PRIu64, name, value);
    }
}

/* Says what is in a buffer and ends it. */
static void say_buffer(struct call *call, const char *name, kpc_buffer *buffer)
{
    say_bytes(call, name, kpc_buffer_data(buffer), kpc_buffer_len(buffer));
    kpc_buffer_free(buffer);
}

/* Does the next step if all went well so far. */
#define TAKE(step)                                                                                 \
    do {                                                                                           \
        if (call->status == KPC_OK) {                                                              \
            call->status = (step);                                                                 \
        }                                                                                          \
    } while (0)

/* ---- Making a call ----------------------------------------------------------------------------- */

/* The completion that is being told, until its call has taken it. */
static const kpc_result *told;

/* Hands a result to its call and waits until that has taken out what is in it. */
static void deliver(const kpc_result *result)
{
    pthread_mutex_lock(&mutex);
    told = result;
    pthread_cond_broadcast(&changed);
    while (told != NULL) {
        pthread_cond_wait(&changed, &mutex);
    }
    pthread_mutex_unlock(&mutex);
}

static void on_completion(const kpc_result *result, void *user_data)
{
    (void)user_data;
    deliver(result);
}

/* What an _async function is told of its completion; NULL where the call waits for it itself. */
static const kpc_completion *completion(kpc_completion *done)
{
    memset(done, 0, sizeof *done);
    done->fn = form == CALLBACK ? on_completion : NULL;
    done->sink = form == SINK ? events : NULL;
    return form == WAITING ? NULL : done;
}

/* Calls that were read and have not begun. */
static size_t not_begun;

/* The call is the library's now, or is over without: the next one may begin. */
static void has_begun(struct call *call)
{
    pthread_mutex_lock(&mutex);
    not_begun -= !call->has_begun;
    call->has_begun = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

/* Waits until the call has begun whose thread was just started, so that calls keep their order.
 * Of one that blocks nobody knows when that is. */
static void await_begin(void)
{
    pthread_mutex_lock(&mutex);
    while (form != BLOCKING && not_begun > 0) {
        pthread_cond_wait(&changed, &mutex);
    }
    pthread_mutex_unlock(&mutex);
}

/* The result of a call that was begun, when it is over. */
static const kpc_result *arrived(struct call *call)
{
    const kpc_result *result;

    if (form == WAITING) {
        call->status = kpc_op_wait(client, call->op, KPC_FOREVER, &call->mine, &call->error);
        return call->mine;
    }
    pthread_mutex_lock(&mutex);
    while (told == NULL || kpc_result_op(told) != call->op) {
        pthread_cond_wait(&changed, &mutex);
    }
    result = told;
    pthread_mutex_unlock(&mutex);
    return result;
}

static void taken(struct call *call, const kpc_result *result)
{
    if (kpc_result_status(result) != call->status || kpc_result_op(result) != call->op) {
        give_up("the result is of another call than", call->kind);
    }
    if (form == WAITING) {
        kpc_result_free(call->mine);
        return;
    }
    pthread_mutex_lock(&mutex);
    told = NULL;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

/* The arguments that go before the time limit, and the outputs that go behind it. */
#define NONE
#define IN(...) __VA_ARGS__,
#define OUT(...) __VA_ARGS__,

/* Makes a call in the form of this run, once its arguments are good. */
#define PLAY(name, in, out)                                                                        \
    do {                                                                                           \
        kpc_completion done;                                                                       \
        if (call->status != KPC_OK) {                                                              \
            break;                                                                                 \
        }                                                                                          \
        if (form == BLOCKING) {                                                                    \
            call->status = name(client, in KPC_FOREVER, out &call->error);                         \
            break;                                                                                 \
        }                                                                                          \
        call->status = name##_async(client, in KPC_FOREVER, completion(&done), &call->op,          \
                                    &call->error);                                                 \
        has_begun(call);                                                                           \
        if (call->status == KPC_OK) {                                                              \
            const kpc_result *result = arrived(call);                                              \
            TAKE(name##_result(result, out &call->error));                                         \
            taken(call, result);                                                                   \
        }                                                                                          \
    } while (0)

/* A function that has one form only. */
#define PLAY_ONE_FORM(name, in, out)                                                               \
    do {                                                                                           \
        if (call->status == KPC_OK) {                                                              \
            call->status = name(client, in out &call->error);                                      \
        }                                                                                          \
    } while (0)

#endif
