/* A thousand reads of boxes that nobody writes, beside a local call and a write. */
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "report.h"

enum { READS = 1000, CALLS = 301, WRITES = 9 };

struct channel {
    kpc_write_cap write_cap;
    kpc_read_cap read_cap;
    kpc_box_index next;
};

static void new_channel(struct channel *channel)
{
    bench_ok(kpc_new_keypair(NULL, 0, &channel->write_cap, &channel->read_cap,
                             &channel->next, NULL),
             NULL, "keypair");
}

static double call_p50(kpc_client *client)
{
    static double samples[CALLS];
    for (size_t i = 0; i < CALLS; i++) {
        uint64_t start = now_ns();
        bench_call(client);
        samples[i] = (double)(now_ns() - start) / 1e3;
    }
    return quantile(samples, CALLS, 0.5);
}

static double write_p50(kpc_client *client)
{
    static double samples[WRITES];
    struct channel channel;
    new_channel(&channel);
    for (size_t i = 0; i < WRITES; i++) {
        kpc_error *error = NULL;
        uint64_t start = now_ns();
        bench_ok(kpc_write_box(client, &channel.write_cap, &channel.next, (const uint8_t *)"x", 1,
                               KPC_WRITE_UNCHECKED, 600000, &channel.next, &error),
                 error, "write");
        samples[i] = (double)(now_ns() - start) / 1e6;
    }
    return quantile(samples, WRITES, 0.5);
}

static void start_reads(kpc_client *client, kpc_op *ops)
{
    for (size_t i = 0; i < READS; i++) {
        struct channel channel;
        kpc_error *error = NULL;
        new_channel(&channel);
        bench_ok(kpc_read_box_async(client, &channel.read_cap, &channel.next, 0, KPC_FOREVER, NULL,
                                    &ops[i], &error),
                 error, "read");
    }
}

void bench_starvation(const struct options *options)
{
    static kpc_op ops[READS];
    if (options->slow_path == NULL)
        return;
    report_section("1 000 endless reads on one client (simulator with a Poisson rate)");
    kpc_client *client = bench_client(options->slow_path, NULL);
    double idle_call = call_p50(client), idle_write = write_p50(client);
    start_reads(client, ops);
    double busy_call = call_p50(client), busy_write = write_p50(client);
    report_ratio("local call beside them, p50, bare: idle client", busy_call, "us", idle_call,
                 busy_call / idle_call, 0, 1);
    report_ratio("write beside them, p50, bare: idle client", busy_write, "ms", idle_write,
                 busy_write / idle_write, 0, 1);
    uint64_t start = now_ns();
    for (size_t i = 0; i < READS; i++)
        bench_ok(kpc_op_cancel(client, ops[i], NULL), NULL, "cancel");
    report_value("cancelling all of them", (double)(now_ns() - start) / 1e3 / READS, "us each");
    kpc_client_free(client);
}
