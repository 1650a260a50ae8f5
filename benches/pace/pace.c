/* How fast boxes go at a daemon that sends by a Poisson process: the library beside a bare socket.
 *
 *   pace PATH at-once library|bare reads|writes N
 *   pace PATH waiting CONTROL library|fresh|bare READERS WRITTEN FROM TO LIMIT
 *   pace PATH beside READS
 *   pace PATH bulk CONNECTIONS N
 *
 * at-once: seconds that so many take that are begun together, and what kpc_client_estimate says of
 * it. waiting: reads of boxes of which so many are written between two moments; seconds from write
 * to found for each, then what it cost. beside: a local call, encryptions and writes, alone and
 * beside pending reads. bulk: writes a second, with so many connections for encryptions. run.sh runs many of these, and makes the tables. */
#include "pace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../report.h"
#include "boxes.h"

void pace_ok(kpc_status status, kpc_error *error, const char *what)
{
    if (status == KPC_OK)
        return;
    fail(what, error != NULL ? kpc_error_message(error) : kpc_status_name(status));
}

void pace_stream(struct stream *stream)
{
    pace_ok(kpc_new_keypair(NULL, 0, &stream->write_cap, &stream->read_cap, &stream->index, NULL),
            NULL, "keypair");
}

kpc_client *pace_client(const char *path)
{
    return pace_client_with(path, 0);
}

kpc_client *pace_client_with(const char *path, unsigned encryptions)
{
    kpc_error *error = NULL;
    kpc_config *config = NULL;
    kpc_client *client = NULL;
    pace_ok(kpc_config_new(&config, &error), error, "config");
    pace_ok(kpc_config_set_unix(config, path, &error), error, "unix socket");
    if (encryptions > 0)
        pace_ok(kpc_config_set_encryption_connections(config, encryptions, &error), error,
                "connections");
    pace_ok(kpc_client_new(config, &client, &error), error, "client");
    kpc_config_free(config);
    pace_ok(kpc_client_connect(client, 120000, &error), error, "connect");
    return client;
}

double pace_now(void)
{
    static uint64_t begun;
    if (begun == 0)
        begun = now_ns();
    return (double)(now_ns() - begun) / 1e9;
}

struct landing {
    pthread_mutex_t lock;
    pthread_cond_t landed;
    size_t left;
};

static void landed(const kpc_result *result, void *user_data)
{
    struct landing *landing = user_data;
    kpc_status status = kpc_result_status(result);
    if (status != KPC_OK && status != KPC_ERR_BOX_ID_NOT_FOUND)
        fail("a box", kpc_status_name(status));
    pthread_mutex_lock(&landing->lock);
    if (--landing->left == 0)
        pthread_cond_signal(&landing->landed);
    pthread_mutex_unlock(&landing->lock);
}

static void by_library(const char *path, int reads, size_t count, struct stream *streams)
{
    struct landing landing = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, count};
    kpc_completion done = {landed, &landing, NULL, NULL};
    kpc_error *error = NULL;
    kpc_client *client = pace_client(path);
    struct stream known;
    kpc_box_index next;
    kpc_buffer *nothing = NULL;
    int64_t estimate = 0;
    /* What an encryption takes is known once there was one. */
    pace_stream(&known);
    kpc_status first = kpc_read_box(client, &known.read_cap, &known.index, KPC_START_NO_RETRY,
                                    KPC_FOREVER, &nothing, &next, NULL);
    if (first != KPC_ERR_BOX_ID_NOT_FOUND)
        fail("a read before", kpc_status_name(first));
    pace_ok(kpc_client_estimate(client, reads ? count : 0, reads ? 0 : count, 0, &estimate, &error),
            error, "estimate");
    double begun = pace_now();
    for (size_t i = 0; i < count; i++) {
        struct stream *s = &streams[i];
        kpc_status status =
            reads ? kpc_read_box_async(client, &s->read_cap, &s->index, KPC_START_NO_RETRY,
                                       KPC_FOREVER, &done, NULL, &error)
                  : kpc_write_box_async(client, &s->write_cap, &s->index, (const uint8_t *)"x", 1,
                                        KPC_WRITE_UNCHECKED, KPC_FOREVER, &done, NULL, &error);
        pace_ok(status, error, "begin");
    }
    pthread_mutex_lock(&landing.lock);
    while (landing.left > 0)
        pthread_cond_wait(&landing.landed, &landing.lock);
    pthread_mutex_unlock(&landing.lock);
    printf("at-once library %s %zu %.3f %.3f\n", reads ? "reads" : "writes", count,
           pace_now() - begun, (double)estimate / 1e9);
    kpc_client_free(client);
}

static void bare_ask(struct bare *bare, int reads, size_t number, struct stream *streams)
{
    struct stream *s = &streams[number];
    if (reads)
        bare_ask_read(bare, number, &s->read_cap, &s->index);
    else
        bare_ask_write(bare, number, &s->write_cap, &s->index);
}

/* Each box is handed over as soon as it is encrypted, then the next is encrypted. */
static void by_bare(const char *path, int reads, size_t count, struct stream *streams)
{
    char address[256];
    struct bare bare;
    snprintf(address, sizeof address, "unix:%s", path);
    bare_connect(&bare, address);
    double begun = pace_now();
    size_t asked = 0;
    bare_ask(&bare, reads, asked++, streams);
    for (size_t left = count; left > 0;) {
        struct bare_reply reply;
        bare_next(&bare, &reply);
        struct stream *s = &streams[reply.number % count];
        if (!reply.is_envelope) {
            if (reply.error_code > 1)
                fail("a box", "was refused");
            left--;
            continue;
        }
        bare_start(&bare, reply.number, reads ? &s->read_cap : NULL, reads ? NULL : &s->write_cap,
                   &s->index, &reply.envelope, 1);
        bare_envelope_free(&reply.envelope);
        if (asked < count)
            bare_ask(&bare, reads, asked++, streams);
    }
    printf("at-once bare %s %zu %.3f\n", reads ? "reads" : "writes", count, pace_now() - begun);
    bare_close(&bare);
}

void at_once(const char *path, const char *who, const char *what, size_t count)
{
    struct stream *streams = calloc(count, sizeof *streams);
    int reads = strcmp(what, "reads") == 0;
    if (streams == NULL)
        fail("calloc", "no memory");
    for (size_t i = 0; i < count; i++)
        pace_stream(&streams[i]);
    if (strcmp(who, "library") == 0)
        by_library(path, reads, count, streams);
    else
        by_bare(path, reads, count, streams);
    free(streams);
}

int main(int argc, char **argv)
{
    pace_now();
    if (argc == 6 && strcmp(argv[2], "at-once") == 0)
        at_once(argv[1], argv[3], argv[4], strtoul(argv[5], NULL, 10));
    else if (argc == 10 && strcmp(argv[2], "waiting") == 0)
        waiting(argv[1], argv[3], argv[4], strtoul(argv[5], NULL, 10), strtoul(argv[6], NULL, 10),
                atof(argv[7]), atof(argv[8]), atof(argv[9]));
    else if (argc == 4 && strcmp(argv[2], "beside") == 0)
        beside(argv[1], strtoul(argv[3], NULL, 10));
    else if (argc == 5 && strcmp(argv[2], "bulk") == 0)
        bulk(argv[1], (unsigned)strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10));
    else {
        fprintf(stderr, "usage: see the head of benches/pace/pace.c\n");
        return 2;
    }
    return 0;
}
