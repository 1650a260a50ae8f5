/* Large payloads: time and memory of one request and its reply. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "report.h"

static long peak_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

struct outcome {
    double milliseconds;
    double peak_mib;
    double reply_mib;
};

static kpc_stream_elements *envelopes_of(kpc_client *client, const uint8_t *payload, size_t size)
{
    uint8_t seed[32] = {7};
    kpc_write_cap write_cap;
    kpc_read_cap read_cap;
    kpc_box_index first;
    kpc_error *error = NULL;
    kpc_stream_elements *envelopes = NULL;
    bench_ok(kpc_new_keypair(seed, 32, &write_cap, &read_cap, &first, NULL), NULL, "keypair");
    bench_ok(kpc_create_courier_envelopes_from_payload(client, payload, size, &write_cap, &first,
                                                       true, true, 600000, &envelopes, &error),
             error, "courier envelopes");
    return envelopes;
}

/* In a process of its own, because a process's peak only grows. */
static struct outcome send_payload(const struct options *options, size_t size)
{
    int pipes[2];
    struct outcome outcome = {0, 0, 0};
    fflush(NULL);
    if (pipe(pipes) != 0)
        fail("pipe", "none to be had");
    pid_t child = fork();
    if (child == 0) {
        kpc_error *error = NULL;
        kpc_client *client = bench_client(options->unix_path, NULL);
        uint8_t *payload = malloc(size);
        memset(payload, 'x', size);
        /* Code that runs for the first time takes memory too, but not for the payload. */
        kpc_stream_elements_free(envelopes_of(client, payload, 1000));
        long before = peak_kib();
        uint64_t start = now_ns();
        kpc_stream_elements *envelopes = envelopes_of(client, payload, size);
        outcome.milliseconds = (double)(now_ns() - start) / 1e6;
        outcome.peak_mib = (double)(peak_kib() - before) / 1024;
        for (size_t i = 0; i < kpc_stream_elements_count(envelopes); i++) {
            kpc_buffer *element = NULL;
            bench_ok(kpc_stream_elements_at(envelopes, i, &element, &error), error, "element");
            outcome.reply_mib += (double)kpc_buffer_len(element) / 1048576;
            kpc_buffer_free(element);
        }
        ssize_t written = write(pipes[1], &outcome, sizeof outcome);
        kpc_client_free(client);
        _exit(written == sizeof outcome ? 0 : 1);
    }
    if (read(pipes[0], &outcome, sizeof outcome) != sizeof outcome)
        fail("payload", "no figures");
    waitpid(child, NULL, 0);
    close(pipes[0]);
    close(pipes[1]);
    return outcome;
}

void bench_payloads(const struct options *options)
{
    static const size_t sizes[] = {1048576, 10485760};
    report_section("Courier envelopes of a payload (request out, elements in)");
    for (size_t i = 0; i < 2; i++) {
        char label[64];
        struct outcome outcome = send_payload(options, sizes[i]);
        snprintf(label, sizeof label, "%zu MiB, time", sizes[i] >> 20);
        report_value(label, outcome.milliseconds, "ms");
        snprintf(label, sizeof label, "%zu MiB, peak memory, bare: the elements", sizes[i] >> 20);
        report_ratio(label, outcome.peak_mib, "MiB", outcome.reply_mib,
                     outcome.peak_mib / outcome.reply_mib, 1.05, 1);
    }
}
