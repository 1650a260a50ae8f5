/* What pending reads and dear encryptions do to everything else, and how fast many writes go. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../report.h"
#include "pace.h"

enum { CALLS = 2001, TRIES = 7 };

/* A question that the daemon answers at once, in microseconds: the median of many. */
static double local_call(kpc_client *client)
{
    static double samples[CALLS];
    struct stream stream;
    kpc_box_index next;
    pace_stream(&stream);
    for (size_t i = 0; i < CALLS; i++) {
        kpc_error *error = NULL;
        uint64_t begun = now_ns();
        pace_ok(kpc_next_message_box_index_remote(client, &stream.index, KPC_FOREVER, &next, &error),
                error, "a local call");
        samples[i] = (double)(now_ns() - begun) / 1e3;
    }
    return quantile(samples, CALLS, 0.5);
}

/* Seconds of each of some encryptions, the mean and the longest. */
static void encryptions(kpc_client *client, double *mean, double *longest)
{
    struct stream stream;
    pace_stream(&stream);
    *mean = *longest = 0;
    for (size_t i = 0; i < TRIES; i++) {
        kpc_error *error = NULL;
        kpc_envelope *envelope = NULL;
        double begun = pace_now(), took;
        pace_ok(kpc_encrypt_write(client, &stream.write_cap, &stream.index, (const uint8_t *)"x", 1,
                                  KPC_FOREVER, &envelope, &error),
                error, "an encryption");
        took = pace_now() - begun;
        kpc_envelope_free(envelope);
        *mean += took / TRIES;
        *longest = took > *longest ? took : *longest;
    }
}

/* Seconds of a write, by mean. */
static double writes(kpc_client *client)
{
    struct stream stream;
    double begun = pace_now();
    pace_stream(&stream);
    for (size_t i = 0; i < TRIES; i++) {
        kpc_error *error = NULL;
        pace_ok(kpc_write_box(client, &stream.write_cap, &stream.index, (const uint8_t *)"x", 1,
                              KPC_WRITE_UNCHECKED, KPC_FOREVER, &stream.index, &error),
                error, "a write");
    }
    return (pace_now() - begun) / TRIES;
}

void beside(const char *path, size_t reads)
{
    kpc_client *client = pace_client(path);
    double price, longest, ignored;
    double idle = local_call(client);
    encryptions(client, &price, &ignored);
    double alone = writes(client);
    for (size_t i = 0; i < reads; i++) {
        struct stream stream;
        kpc_error *error = NULL;
        pace_stream(&stream);
        pace_ok(kpc_read_box_async(client, &stream.read_cap, &stream.index, 0, KPC_FOREVER, NULL,
                                   NULL, &error),
                error, "a read");
    }
    for (kpc_stats stats = {0}; stats.lanes[KPC_LANE_READS].in_flight == 0;)
        pace_ok(kpc_client_stats(client, &stats, sizeof stats, NULL), NULL, "stats");
    double busy = local_call(client), mean;
    encryptions(client, &mean, &longest);
    double write = writes(client);
    printf("beside %zu %.1f %.1f %.3f %.3f %.3f %.3f %.3f\n", reads, idle, busy, price, mean, longest,
           alone, write);
    kpc_client_free(client);
}

static size_t left = 0;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void written(const kpc_result *result, void *user_data)
{
    (void)user_data;
    pace_ok(kpc_result_status(result), NULL, "a write");
    pthread_mutex_lock(&lock);
    left--;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
}

void bulk(const char *path, unsigned connections, size_t count)
{
    kpc_completion done = {written, NULL, NULL, NULL};
    kpc_client *client = pace_client_with(path, connections);
    struct stream stream;
    double begun = 0, first = 0;
    pace_stream(&stream);
    left = count;
    for (size_t i = 0; i < count; i++) {
        kpc_error *error = NULL;
        pace_ok(kpc_write_box_async(client, &stream.write_cap, &stream.index, (const uint8_t *)"x", 1,
                                    KPC_WRITE_UNCHECKED, KPC_FOREVER, &done, NULL, &error),
                error, "a write");
        pace_ok(kpc_next_message_box_index(&stream.index, &stream.index, NULL), NULL, "next index");
    }
    /* From the tenth on, for the beginning and the end say nothing of the rate. */
    pthread_mutex_lock(&lock);
    while (left > 0) {
        if (first == 0 && left <= count - 10) {
            first = pace_now();
            begun = (double)left;
        }
        pthread_cond_wait(&changed, &lock);
    }
    pthread_mutex_unlock(&lock);
    printf("bulk %u %.4f\n", connections, begun / (pace_now() - first));
    kpc_client_free(client);
}
