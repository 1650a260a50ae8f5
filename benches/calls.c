/* A blocking local call beside a bare socket that does the same, alone and from many threads. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "bare.h"
#include "bench.h"
#include "report.h"

enum { ROUNDS = 31, MAX_CALLS = 2000 };

static double median_of_round(double *samples, size_t calls, double *tail)
{
    *tail = quantile(samples, calls, 0.99);
    return samples[calls / 2];
}

/* Bare socket and library in turn, so that a change of the machine's mood meets both. */
static void latency(const struct options *options, const char *name, const char *bare_address,
                    const char *unix_path, const char *tcp_address)
{
    static double samples[MAX_CALLS];
    double bare_p50[ROUNDS], ours_p50[ROUNDS], ours_p99[ROUNDS], bare_p99[ROUNDS], ratios[ROUNDS];
    size_t calls = (size_t)(MAX_CALLS * options->scale) + 50;
    if (calls > MAX_CALLS)
        calls = MAX_CALLS;
    struct bare bare;
    bare_connect(&bare, bare_address);
    kpc_client *client = bench_client(unix_path, tcp_address);
    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < calls; i++) {
            uint64_t start = now_ns();
            bare_exchange(&bare);
            samples[i] = (double)(now_ns() - start) / 1e3;
        }
        bare_p50[round] = median_of_round(samples, calls, &bare_p99[round]);
        for (size_t i = 0; i < calls; i++) {
            uint64_t start = now_ns();
            bench_call(client);
            samples[i] = (double)(now_ns() - start) / 1e3;
        }
        ours_p50[round] = median_of_round(samples, calls, &ours_p99[round]);
        ratios[round] = ours_p50[round] / bare_p50[round];
    }
    kpc_client_free(client);
    bare_close(&bare);
    char label[64];
    double bare_median = quantile(bare_p50, ROUNDS, 0.5), ours = quantile(ours_p50, ROUNDS, 0.5);
    snprintf(label, sizeof label, "blocking call, %s, p50", name);
    report_ratio(label, ours, "us", bare_median, quantile(ratios, ROUNDS, 0.5), 1.25, 1);
    snprintf(label, sizeof label, "blocking call, %s, p99", name);
    double tail = quantile(ours_p99, ROUNDS, 0.5), bare_tail = quantile(bare_p99, ROUNDS, 0.5);
    report_ratio(label, tail, "us", bare_tail, tail / bare_tail, 0, 1);
    snprintf(label, sizeof label, "added by the library, %s, p50", name);
    report_value(label, ours - bare_median, "us");
}

struct callers {
    kpc_client *client;
    size_t calls;
};

static void *call_many(void *argument)
{
    const struct callers *callers = argument;
    for (size_t i = 0; i < callers->calls; i++)
        bench_call(callers->client);
    return NULL;
}

static double throughput(kpc_client *client, size_t threads, size_t total)
{
    pthread_t ids[64];
    struct callers callers = {client, total / threads};
    uint64_t start = now_ns();
    for (size_t i = 0; i < threads; i++)
        if (pthread_create(&ids[i], NULL, call_many, &callers) != 0)
            fail("pthread_create", "no thread");
    for (size_t i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    return (double)(callers.calls * threads) / ((double)(now_ns() - start) / 1e9);
}

static void threads(const struct options *options, size_t threads, double target)
{
    enum { TURNS = 7 };
    double ours[TURNS], base[TURNS], ratios[TURNS];
    char address[256], label[64];
    size_t total = (size_t)(20000 * options->scale) + 640;
    snprintf(address, sizeof address, "unix:%s", options->unix_path);
    struct bare bare;
    bare_connect(&bare, address);
    kpc_client *client = bench_client(options->unix_path, NULL);
    for (size_t turn = 0; turn < TURNS; turn++) {
        base[turn] = (double)total / bare_pipeline(&bare, total, threads);
        ours[turn] = throughput(client, threads, total);
        ratios[turn] = ours[turn] / base[turn];
    }
    kpc_client_free(client);
    bare_close(&bare);
    snprintf(label, sizeof label, "%zu caller%s, bare: %zu pipelined", threads,
             threads == 1 ? "" : "s", threads);
    report_ratio(label, quantile(ours, TURNS, 0.5), "calls/s", quantile(base, TURNS, 0.5),
                 quantile(ratios, TURNS, 0.5), target, 0);
}

void bench_calls(const struct options *options)
{
    char address[256];
    report_section("One local call (get_pki_document of an unknown epoch)");
    snprintf(address, sizeof address, "unix:%s", options->unix_path);
    latency(options, "unix", address, options->unix_path, NULL);
    if (options->tcp_address != NULL) {
        snprintf(address, sizeof address, "tcp:%s", options->tcp_address);
        latency(options, "tcp", address, NULL, options->tcp_address);
    }
    report_section("Many callers at once, one client, Unix socket");
    threads(options, 1, 0);
    threads(options, 4, 0);
    threads(options, 16, 0);
    threads(options, 64, 0.9);
}
