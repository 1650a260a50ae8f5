/* Reads that wait for boxes which are written meanwhile. */
#include "pace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../report.h"
#include "boxes.h"

/* Between two polls of one box, as the library has it. */
#define PAUSE 1.0

enum state { ASKED, ANSWERED, FOUND };

struct reader {
    struct run *run;
    struct stream stream;
    enum state state;
    double asked; /* when the last poll began */
    double write_at, written, found;
};

struct run {
    pthread_mutex_t lock;
    kpc_client *client, *writer;
    struct reader *readers;
    size_t count;
    int fresh; /* polled here, each time with a fresh envelope */
    struct bare bare;
    pthread_cond_t encrypted;
    struct bare_reply envelope;
    int has_envelope;
};

/* One number of the simulator's statistics. */
static double stat_of(const char *control, const char *name)
{
    char line[8192] = "", key[64];
    struct sockaddr_un address;
    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    snprintf(address.sun_path, sizeof address.sun_path, "%s", control);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        write(fd, "stats\n", 6) != 6)
        fail(control, "no statistics");
    for (size_t have = 0; strchr(line, '\n') == NULL;) {
        ssize_t n = read(fd, line + have, sizeof line - 1 - have);
        if (n <= 0)
            fail(control, "closed");
        have += (size_t)n;
    }
    close(fd);
    snprintf(key, sizeof key, "\"%s\":", name);
    const char *at = strstr(line, key);
    return at == NULL ? 0 : atof(at + strlen(key));
}

static void read_landed(const kpc_result *result, void *user_data)
{
    struct reader *reader = user_data;
    kpc_status status = kpc_result_status(result);
    if (status != KPC_OK && status != KPC_ERR_BOX_ID_NOT_FOUND && status != KPC_ERR_CLOSED)
        fail("a read", kpc_status_name(status));
    pthread_mutex_lock(&reader->run->lock);
    reader->state = status == KPC_OK ? FOUND : ANSWERED;
    reader->found = pace_now();
    pthread_mutex_unlock(&reader->run->lock);
}

static void written(const kpc_result *result, void *user_data)
{
    struct reader *reader = user_data;
    kpc_status status = kpc_result_status(result);
    if (status != KPC_OK && status != KPC_ERR_CLOSED)
        fail("a write", kpc_status_name(status));
    pthread_mutex_lock(&reader->run->lock);
    reader->written = pace_now();
    pthread_mutex_unlock(&reader->run->lock);
}

static void ask(struct reader *reader)
{
    struct run *run = reader->run;
    kpc_completion done = {read_landed, reader, NULL, NULL};
    kpc_error *error = NULL;
    reader->state = ASKED;
    reader->asked = pace_now();
    pace_ok(kpc_read_box_async(run->client, &reader->stream.read_cap, &reader->stream.index,
                               run->fresh ? KPC_START_NO_RETRY : 0, KPC_FOREVER, &done, NULL,
                               &error),
            error, "read");
}

/* The bare client: one connection, each read encrypted and left to the daemon's endless retry. */
static void *bare_ask_all(void *data)
{
    struct run *run = data;
    for (size_t i = 0; i < run->count; i++) {
        struct reader *reader = &run->readers[i];
        bare_ask_read(&run->bare, i, &reader->stream.read_cap, &reader->stream.index);
        pthread_mutex_lock(&run->lock);
        while (!run->has_envelope)
            pthread_cond_wait(&run->encrypted, &run->lock);
        run->has_envelope = 0;
        struct bare_envelope envelope = run->envelope.envelope;
        pthread_mutex_unlock(&run->lock);
        bare_start(&run->bare, i, &reader->stream.read_cap, NULL, &reader->stream.index, &envelope,
                   0);
        bare_envelope_free(&envelope);
    }
    return NULL;
}

static void *bare_hear_all(void *data)
{
    struct run *run = data;
    for (;;) {
        struct bare_reply reply;
        bare_next(&run->bare, &reply);
        pthread_mutex_lock(&run->lock);
        if (reply.is_envelope) {
            run->envelope = reply;
            run->has_envelope = 1;
            pthread_cond_signal(&run->encrypted);
        } else if (reply.error_code == 0) {
            run->readers[reply.number % run->count].state = FOUND;
            run->readers[reply.number % run->count].found = pace_now();
        }
        pthread_mutex_unlock(&run->lock);
    }
    return NULL;
}

static void begin(struct run *run, const char *path, int bare)
{
    if (!bare) {
        for (size_t i = 0; i < run->count; i++)
            ask(&run->readers[i]);
        return;
    }
    char address[256];
    pthread_t asks, hears;
    snprintf(address, sizeof address, "unix:%s", path);
    bare_connect(&run->bare, address);
    if (pthread_create(&asks, NULL, bare_ask_all, run) != 0 ||
        pthread_create(&hears, NULL, bare_hear_all, run) != 0)
        fail("pthread_create", "failed");
}

/* What is due now: writes, and polls of who polls here. True when all that is written is found. */
static int go_on(struct run *run, size_t boxes)
{
    double now = pace_now();
    size_t missing = boxes;
    for (size_t i = 0; i < run->count; i++) {
        struct reader *reader = &run->readers[i];
        kpc_completion done = {written, reader, NULL, NULL};
        kpc_error *error = NULL;
        pthread_mutex_lock(&run->lock);
        int poll = run->fresh && reader->state == ANSWERED && now >= reader->asked + PAUSE;
        int due = reader->write_at > 0 && now >= reader->write_at;
        if (due)
            reader->write_at = 0;
        missing -= reader->state == FOUND && reader->written > 0;
        pthread_mutex_unlock(&run->lock);
        if (poll)
            ask(reader);
        if (due)
            pace_ok(kpc_write_box_async(run->writer, &reader->stream.write_cap,
                                        &reader->stream.index, (const uint8_t *)"x", 1,
                                        KPC_WRITE_UNCHECKED, KPC_FOREVER, &done, NULL, &error),
                    error, "write");
    }
    return missing == 0;
}

void waiting(const char *path, const char *control, const char *who, size_t readers,
             size_t boxes, double from, double to, double limit)
{
    static struct run run = {.lock = PTHREAD_MUTEX_INITIALIZER,
                             .encrypted = PTHREAD_COND_INITIALIZER};
    const struct timespec nap = {0, 20000000};
    int bare = strcmp(who, "bare") == 0;
    run.client = bare ? NULL : pace_client(path);
    run.writer = pace_client(path);
    run.fresh = strcmp(who, "fresh") == 0;
    run.count = readers;
    if ((run.readers = calloc(readers, sizeof *run.readers)) == NULL)
        fail("calloc", "no memory");
    srand((unsigned)now_ns());
    for (size_t i = 0; i < readers; i++) {
        run.readers[i].run = &run;
        pace_stream(&run.readers[i].stream);
    }
    /* Some of them, evenly chosen, at moments in between. */
    for (size_t i = 0; i < boxes; i++)
        run.readers[i * readers / boxes].write_at =
            from + (to - from) * ((double)i + (double)rand() / RAND_MAX) / (double)boxes;
    double spent = stat_of(control, "encryption_ms"), sent = stat_of(control, "packets");
    double encrypted = stat_of(control, "encryptions");
    begin(&run, path, bare);
    while (!go_on(&run, boxes) && pace_now() < limit)
        nanosleep(&nap, NULL);
    double took = pace_now();
    spent = stat_of(control, "encryption_ms") - spent;
    sent = stat_of(control, "packets") - sent;
    encrypted = stat_of(control, "encryptions") - encrypted;
    size_t found = 0, writes = 0;
    pthread_mutex_lock(&run.lock);
    for (size_t i = 0; i < readers; i++) {
        struct reader *reader = &run.readers[i];
        writes += reader->written > 0;
        if (reader->written == 0 || reader->state != FOUND)
            continue;
        found++;
        printf("found %s %zu %.3f\n", who, readers,
               reader->found > reader->written ? reader->found - reader->written : 0);
    }
    /* What the writes cost is not the reads': one encryption and one packet each. */
    spent -= encrypted > 0 ? spent / encrypted * (double)writes : 0;
    sent -= (double)writes;
    printf("cost %s %zu %.0f %.0f %.1f %zu %zu\n", who, readers, spent, sent, took, found, boxes);
    fflush(stdout);
    _exit(0); /* whatever still waits */
}
