/* What is computed without a daemon. */
#include "bench.h"
#include "report.h"

void bench_local(const struct options *options)
{
    enum { TURNS = 7 };
    double next_rate[TURNS], counter_rate[TURNS], pair_rate[TURNS];
    size_t count = (size_t)(200000 * options->scale) + 1000;
    uint8_t seed[32] = {1};
    kpc_write_cap write_cap;
    kpc_read_cap read_cap;
    kpc_box_index index;
    report_section("Computed locally, one core");
    for (size_t turn = 0; turn < TURNS; turn++) {
        uint64_t start = now_ns();
        for (size_t i = 0; i < count / 20; i++)
            bench_ok(kpc_new_keypair(seed, 32, &write_cap, &read_cap, &index, NULL), NULL, "keypair");
        pair_rate[turn] = (double)(count / 20) / ((double)(now_ns() - start) / 1e9);
        start = now_ns();
        for (size_t i = 0; i < count; i++)
            bench_ok(kpc_next_message_box_index(&index, &index, NULL), NULL, "next index");
        next_rate[turn] = (double)count / ((double)(now_ns() - start) / 1e9);
        uint64_t counter = 0;
        start = now_ns();
        for (size_t i = 0; i < count; i++)
            bench_ok(kpc_get_message_box_index_counter(&index, &counter, NULL), NULL, "counter");
        counter_rate[turn] = (double)count / ((double)(now_ns() - start) / 1e9);
    }
    report_limit("kpc_next_message_box_index", quantile(next_rate, TURNS, 0.5), "calls/s", 200000, 0);
    report_limit("kpc_get_message_box_index_counter", quantile(counter_rate, TURNS, 0.5), "calls/s",
                 200000, 0);
    report_value("kpc_new_keypair", quantile(pair_rate, TURNS, 0.5), "calls/s");
}
