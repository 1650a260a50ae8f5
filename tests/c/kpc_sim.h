/* A simulator of one's own: a child process that is told what to do through its standard input,
 * which ends it too. And what tests with a daemon share: clients, streams, completions.
 *
 * To be included after a feature macro, _POSIX_C_SOURCE 200809L or more. */
#ifndef KPC_SIM_H
#define KPC_SIM_H

#include "kpc_test.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Longer than anything takes that is going to happen, in milliseconds. Who expects things that do
 * not happen, as tests/mutants.sh does, says less. */
#ifndef KPC_SOON
#define KPC_SOON 60000
#endif

typedef struct kpc_sim {
    pid_t pid;
    int in;
    int out;
    /* Of its socket, for kpc_config_set_unix. */
    char address[80];
    /* What it said last, without "ok " and the end of the line. */
    char answer[1 << 16];
} kpc_sim;

static inline void kpc_sim_give_up(const char *what)
{
    printf("the simulator: %s (%s)\n", what, strerror(errno));
    exit(1);
}

/* One line, within a time that is only reached when something is broken. */
static inline void kpc_sim_read_line(kpc_sim *sim)
{
    size_t length = 0;
    for (;;) {
        struct pollfd ready = {sim->out, POLLIN, 0};
        ssize_t got;
        if (poll(&ready, 1, KPC_SOON) != 1) {
            kpc_sim_give_up("says nothing");
        }
        got = read(sim->out, sim->answer + length, 1);
        if (got != 1) {
            kpc_sim_give_up("is gone");
        }
        if (sim->answer[length] == '\n') {
            sim->answer[length] = 0;
            return;
        }
        if (++length == sizeof sim->answer) {
            kpc_sim_give_up("does not stop talking");
        }
    }
}

/* A pipe that no other child inherits. */
static inline void kpc_sim_pipe(int ends[2])
{
    if (pipe(ends) != 0 || fcntl(ends[0], F_SETFD, FD_CLOEXEC) != 0 ||
        fcntl(ends[1], F_SETFD, FD_CLOEXEC) != 0) {
        kpc_sim_give_up("no pipe");
    }
}

/* Starts one at this address; see kpc_sim_start. */
static inline void kpc_sim_start_there(kpc_sim *sim, const char *options)
{
    const char *path = getenv("KPC_SIM");
    char words[256];
    char *arguments[32] = {(char *)"kpclientd-sim", (char *)"--control", (char *)"stdin",
                           (char *)"--unix", NULL};
    size_t n = 4;
    char *word;
    int to[2], from[2];
    extern char **environ;
    posix_spawn_file_actions_t actions;

    if (path == NULL) {
        kpc_test_skip("KPC_SIM does not name a simulator");
    }
    arguments[n++] = sim->address;
    snprintf(words, sizeof words, "%s", options);
    for (word = strtok(words, " "); word != NULL && n < 31; word = strtok(NULL, " ")) {
        arguments[n++] = word;
    }
    kpc_sim_pipe(to);
    kpc_sim_pipe(from);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to[0], 0);
    posix_spawn_file_actions_adddup2(&actions, from[1], 1);
    errno = posix_spawn(&sim->pid, path, &actions, NULL, arguments, environ);
    if (errno != 0) {
        kpc_sim_give_up("cannot be started");
    }
    posix_spawn_file_actions_destroy(&actions);
    close(to[0]);
    close(from[1]);
    sim->in = to[1];
    sim->out = from[0];
    kpc_sim_read_line(sim);
    if (strncmp(sim->answer, "ready:", 6) != 0) {
        kpc_sim_give_up(sim->answer);
    }
}

/* Starts one with these options, separated by one space each; it listens when this returns. */
static inline void kpc_sim_start(kpc_sim *sim, const char *options)
{
    static int count;
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(sim->address, sizeof sim->address, "@kpc-test-%ld-%d-%ld", (long)getpid(), count++,
             now.tv_nsec);
    kpc_sim_start_there(sim, options);
}

/* Tells it something and gives its answer. */
static inline const char *kpc_sim_say(kpc_sim *sim, const char *format, ...)
{
    char line[256];
    va_list list;
    int length;

    va_start(list, format);
    length = vsnprintf(line, sizeof line - 1, format, list);
    va_end(list);
    line[length++] = '\n';
    if (write(sim->in, line, (size_t)length) != length) {
        kpc_sim_give_up("does not listen");
    }
    kpc_sim_read_line(sim);
    if (strncmp(sim->answer, "ok", 2) != 0) {
        kpc_sim_give_up(sim->answer);
    }
    return sim->answer[2] == ' ' ? sim->answer + 3 : "";
}

/* A number of its statistics: a counter, or how often a request or reply came or went. */
static inline long kpc_sim_count(kpc_sim *sim, const char *name)
{
    char key[96];
    const char *at;
    snprintf(key, sizeof key, "\"%s\":", name);
    at = strstr(kpc_sim_say(sim, "stats"), key);
    return at == NULL ? 0 : strtol(at + strlen(key), NULL, 10);
}

/* The sum of all requests that it ever got. */
static inline long kpc_sim_requests(kpc_sim *sim)
{
    const char *at = strstr(kpc_sim_say(sim, "stats"), "\"requests\":{");
    long sum = 0;
    while (at != NULL && *at != '}') {
        at = strchr(at + 1, ':');
        if (at != NULL && at[1] != '{') {
            char *end;
            sum += strtol(at + 1, &end, 10);
            at = end;
        }
    }
    return sum;
}

/* Until something has come about that nobody tells of. */
static inline void kpc_test_nap(void)
{
    struct timespec nap = {0, 2000000};
    nanosleep(&nap, NULL);
}

static inline int64_t kpc_test_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits until a number of its statistics lies between these two. */
static inline int kpc_sim_within(kpc_sim *sim, const char *name, long least, long most)
{
    int64_t end = kpc_test_now_ms() + KPC_SOON;
    for (;;) {
        long found = kpc_sim_count(sim, name);
        if (found >= least && found <= most) {
            return 1;
        }
        if (kpc_test_now_ms() > end) {
            printf("%s is %ld, not %ld\n", name, found, least);
            return 0;
        }
        kpc_test_nap();
    }
}

/* Waits until it is this one. */
static inline int kpc_sim_until(kpc_sim *sim, const char *name, long value)
{
    return kpc_sim_within(sim, name, value, value);
}

/* Waits until it is at least this one. */
static inline int kpc_sim_at_least(kpc_sim *sim, const char *name, long value)
{
    return kpc_sim_within(sim, name, value, LONG_MAX);
}

/* Ends it and waits for its end. */
static inline void kpc_sim_stop(kpc_sim *sim)
{
    int status = 0;
    close(sim->in);
    CHECK(waitpid(sim->pid, &status, 0) == sim->pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(sim->out);
}

/* A configuration that leads to it, quick to connect again. */
static inline kpc_config *kpc_sim_config(const kpc_sim *sim)
{
    kpc_config *config = NULL;
    STATUS(KPC_OK, kpc_config_new(&config, NULL));
    STATUS(KPC_OK, kpc_config_set_unix(config, sim->address, NULL));
    STATUS(KPC_OK, kpc_config_set_reconnect(config, 20, 200, NULL));
    return config;
}

static inline kpc_client *kpc_sim_client(const kpc_sim *sim)
{
    kpc_config *config = kpc_sim_config(sim);
    kpc_client *client = NULL;
    STATUS(KPC_OK, kpc_client_new(config, &client, NULL));
    kpc_config_free(config);
    return client;
}

/* One that is connected. The library still asks the daemon for one keypair in the background. */
static inline kpc_client *kpc_sim_connected(const kpc_sim *sim)
{
    kpc_client *client = kpc_sim_client(sim);
    kpc_error *error = NULL;
    OK(kpc_client_connect(client, KPC_SOON, &error));
    return client;
}

/* The result of an operation when it is over; what does not hold is told of the line that waits. */
static inline kpc_result *kpc_sim_wait(kpc_client *client, kpc_op op, const char *file, int line)
{
    kpc_result *result = NULL;
    kpc_error *error = NULL;
    kpc_test_report(op != 0, file, line, "the operation began");
    kpc_test_error(kpc_op_wait(client, op, KPC_SOON, &result, &error), &error, KPC_OK, file, line,
                   "kpc_op_wait");
    kpc_test_report(kpc_result_op(result) == op, file, line, "the result is the operation's");
    return result;
}
#define WAIT_FOR(client, op) kpc_sim_wait((client), (op), __FILE__, __LINE__)

/* Takes events up to one of this kind, and gives that; NULL where none comes. */
static inline kpc_event *kpc_sim_event(kpc_event_sink *sink, int32_t kind, const char *file, int line)
{
    for (;;) {
        kpc_event *event = NULL;
        kpc_error *error = NULL;
        kpc_status status = kpc_event_sink_next(sink, KPC_SOON, &event, &error);
        if (!kpc_test_error(status, &error, KPC_OK, file, line, "kpc_event_sink_next") ||
            kpc_event_kind(event) == kind) {
            return event;
        }
        kpc_event_free(event);
    }
}
#define EVENT_OF(sink, kind) kpc_sim_event((sink), (kind), __FILE__, __LINE__)

/* Waits until the library has had its own questions answered, which it asks each daemon once. */
static inline int kpc_sim_verified(const kpc_client *client)
{
    int64_t end = kpc_test_now_ms() + KPC_SOON;
    while (kpc_client_key_derivation(client) == KPC_DERIVATION_UNKNOWN && kpc_test_now_ms() < end) {
        kpc_test_nap();
    }
    return kpc_client_key_derivation(client) != KPC_DERIVATION_UNKNOWN;
}

/* A text as what calls take. */
static inline const uint8_t *bytes(const char *text)
{
    return (const uint8_t *)text;
}

/* A stream of boxes. */
typedef struct kpc_test_stream {
    kpc_write_cap writer;
    kpc_read_cap reader;
    kpc_box_index first;
} kpc_test_stream;

static inline kpc_test_stream kpc_test_stream_of(uint8_t number)
{
    kpc_test_stream stream;
    uint8_t seed[KPC_SEED_SIZE];
    memset(seed, number, sizeof seed);
    STATUS(KPC_OK, kpc_new_keypair(seed, sizeof seed, &stream.writer, &stream.reader,
                                   &stream.first, NULL));
    return stream;
}

/* Completions and drops, counted. */
typedef struct kpc_seen {
    int calls;
    int drops;
    kpc_status status;
    kpc_op op;
} kpc_seen;

static pthread_mutex_t kpc_seen_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t kpc_seen_changed = PTHREAD_COND_INITIALIZER;

static inline void kpc_seen_call(const kpc_result *result, void *user_data)
{
    kpc_seen *seen = (kpc_seen *)user_data;
    pthread_mutex_lock(&kpc_seen_mutex);
    seen->calls++;
    seen->status = kpc_result_status(result);
    seen->op = kpc_result_op(result);
    pthread_cond_broadcast(&kpc_seen_changed);
    pthread_mutex_unlock(&kpc_seen_mutex);
}

static inline void kpc_seen_drop(void *user_data)
{
    kpc_seen *seen = (kpc_seen *)user_data;
    pthread_mutex_lock(&kpc_seen_mutex);
    seen->drops++;
    pthread_cond_broadcast(&kpc_seen_changed);
    pthread_mutex_unlock(&kpc_seen_mutex);
}

/* A completion that goes there. */
static inline kpc_completion kpc_seen_by(kpc_seen *seen)
{
    kpc_completion done;
    memset(&done, 0, sizeof done);
    memset(seen, 0, sizeof *seen);
    done.fn = kpc_seen_call;
    done.drop = kpc_seen_drop;
    done.user_data = seen;
    return done;
}

/* Waits until a number that only grows, under the lock of completions, is at least this. */
static inline int kpc_seen_until(const int *number, int least)
{
    struct timespec end;
    int enough;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += KPC_SOON / 1000;
    pthread_mutex_lock(&kpc_seen_mutex);
    while (*number < least &&
           pthread_cond_timedwait(&kpc_seen_changed, &kpc_seen_mutex, &end) == 0) {
    }
    enough = *number >= least;
    pthread_mutex_unlock(&kpc_seen_mutex);
    return enough;
}

/* Counts one more of something, for kpc_seen_until. */
static inline void kpc_seen_one_more(int *number)
{
    pthread_mutex_lock(&kpc_seen_mutex);
    ++*number;
    pthread_cond_broadcast(&kpc_seen_changed);
    pthread_mutex_unlock(&kpc_seen_mutex);
}

static inline int kpc_seen_now(const int *number)
{
    int value;
    pthread_mutex_lock(&kpc_seen_mutex);
    value = *number;
    pthread_mutex_unlock(&kpc_seen_mutex);
    return value;
}

#endif
