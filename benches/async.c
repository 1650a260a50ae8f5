/* Asynchronous calls: as many under way as wanted, each completion begins the next. */
#include <pthread.h>
#include <stdio.h>

#include "bare.h"
#include "bench.h"
#include "report.h"

struct flight {
    pthread_mutex_t lock;
    pthread_cond_t landed;
    kpc_client *client;
    size_t to_start;
    size_t to_land;
};

static void start_one(struct flight *flight);

static void landed(const kpc_result *result, void *user_data)
{
    struct flight *flight = user_data;
    if (kpc_result_status(result) != KPC_ERR_DAEMON_SERVICE_UNAVAILABLE)
        fail("an asynchronous call", kpc_status_name(kpc_result_status(result)));
    pthread_mutex_lock(&flight->lock);
    int more = flight->to_start > 0;
    if (more)
        flight->to_start--;
    if (--flight->to_land == 0)
        pthread_cond_signal(&flight->landed);
    pthread_mutex_unlock(&flight->lock);
    if (more)
        start_one(flight);
}

static void start_one(struct flight *flight)
{
    kpc_error *error = NULL;
    kpc_completion done = {landed, flight, NULL, NULL};
    bench_ok(kpc_get_pki_document_raw_async(flight->client, 999999, KPC_FOREVER, &done, NULL, &error),
             error, "start");
}

static double fly(kpc_client *client, size_t count, size_t depth)
{
    struct flight flight = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, client,
                            count - depth, count};
    uint64_t start = now_ns();
    for (size_t i = 0; i < depth; i++)
        start_one(&flight);
    pthread_mutex_lock(&flight.lock);
    while (flight.to_land > 0)
        pthread_cond_wait(&flight.landed, &flight.lock);
    pthread_mutex_unlock(&flight.lock);
    return (double)count / ((double)(now_ns() - start) / 1e9);
}

static void in_flight(const struct options *options, size_t depth)
{
    enum { TURNS = 7 };
    double ours[TURNS], base[TURNS], ratios[TURNS];
    char address[256], label[64];
    size_t count = (size_t)(20000 * options->scale) + 2 * depth;
    snprintf(address, sizeof address, "unix:%s", options->unix_path);
    struct bare bare;
    bare_connect(&bare, address);
    kpc_client *client = bench_client(options->unix_path, NULL);
    for (size_t turn = 0; turn < TURNS; turn++) {
        base[turn] = (double)count / bare_pipeline(&bare, count, 64);
        ours[turn] = fly(client, count, depth);
        ratios[turn] = ours[turn] / base[turn];
    }
    kpc_client_free(client);
    bare_close(&bare);
    snprintf(label, sizeof label, "%zu in flight, bare: 64 pipelined", depth);
    report_ratio(label, quantile(ours, TURNS, 0.5), "calls/s", quantile(base, TURNS, 0.5),
                 quantile(ratios, TURNS, 0.5), 0, 0);
}

void bench_async(const struct options *options)
{
    report_section("Asynchronous calls, one client, Unix socket");
    in_flight(options, 64);
    in_flight(options, 1000);
}
