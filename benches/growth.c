/* How the cost of a call grows with what is under way, and with the clients of a process. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "report.h"

struct barrier {
    pthread_mutex_t lock;
    pthread_cond_t done;
    size_t left;
};

static void landed(const kpc_result *result, void *user_data)
{
    struct barrier *barrier = user_data;
    (void)result;
    pthread_mutex_lock(&barrier->lock);
    if (--barrier->left == 0)
        pthread_cond_signal(&barrier->done);
    pthread_mutex_unlock(&barrier->lock);
}

/* All of them started at once; microseconds each until the last has landed. */
static double burst(kpc_client *client, size_t count)
{
    struct barrier barrier = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, count};
    kpc_completion done = {landed, &barrier, NULL, NULL};
    uint64_t start = now_ns();
    for (size_t i = 0; i < count; i++)
        bench_ok(kpc_get_pki_document_raw_async(client, 999999, KPC_FOREVER, &done, NULL, NULL), NULL,
                 "start");
    pthread_mutex_lock(&barrier.lock);
    while (barrier.left > 0)
        pthread_cond_wait(&barrier.done, &barrier.lock);
    pthread_mutex_unlock(&barrier.lock);
    return (double)(now_ns() - start) / 1e3 / (double)count;
}

static void by_operations(const struct options *options)
{
    static const size_t counts[] = {10, 100, 1000, 10000};
    kpc_client *client = bench_client(options->unix_path, NULL);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        enum { TURNS = 9 };
        double samples[TURNS];
        char label[64];
        for (size_t turn = 0; turn < TURNS; turn++)
            samples[turn] = burst(client, counts[i]);
        double each = quantile(samples, TURNS, 0.5);
        snprintf(label, sizeof label, "%zu operations in flight", counts[i]);
        report_value(label, each, "us each");
        report_point("operations in flight", (double)counts[i], each, "us each");
    }
    kpc_client_free(client);
}

static void by_clients(const struct options *options)
{
    static const size_t counts[] = {1, 10, 100};
    static kpc_client *clients[100];
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        enum { ROUNDS = 50 };
        char label[64];
        for (size_t k = 0; k < counts[i]; k++)
            clients[k] = bench_client(options->unix_path, NULL);
        double *samples = malloc(ROUNDS * counts[i] * sizeof *samples);
        size_t n = 0;
        for (size_t round = 0; round < ROUNDS; round++)
            for (size_t k = 0; k < counts[i]; k++) {
                uint64_t start = now_ns();
                bench_call(clients[k]);
                samples[n++] = (double)(now_ns() - start) / 1e3;
            }
        double p50 = quantile(samples, n, 0.5);
        snprintf(label, sizeof label, "%zu client%s in a process, call p50", counts[i],
                 counts[i] == 1 ? "" : "s");
        report_value(label, p50, "us");
        report_point("clients in a process", (double)counts[i], p50, "us");
        free(samples);
        for (size_t k = 0; k < counts[i]; k++)
            kpc_client_free(clients[k]);
    }
}

void bench_growth(const struct options *options)
{
    report_section("How cost grows");
    by_operations(options);
    by_clients(options);
}
