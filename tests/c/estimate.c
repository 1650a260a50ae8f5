/* kpc_client_estimate: what the rate of the network and the measured round trips come to. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

#define SECOND INT64_C(1000000000)

static kpc_error *error;

static int64_t estimate(const kpc_client *client, uint64_t reads, uint64_t writes, uint64_t copy_bytes)
{
    int64_t ns = -1;
    OK(kpc_client_estimate(client, reads, writes, copy_bytes, &ns, &error));
    return ns;
}

/* A network as today's: what the README says of it. */
static void today(void)
{
    kpc_sim sim;
    kpc_client *client;
    int64_t ns = -1, read, write;

    kpc_sim_start(&sim, "--lambda-p 0.001 --encrypt-cost 0");
    client = kpc_sim_client(&sim);
    ERROR(KPC_ERR_NO_PKI_DOCUMENT, kpc_client_estimate(client, 1, 1, 0, &ns, &error));
    CHECK(ns == 0);
    OK(kpc_client_connect(client, KPC_SOON, &error));

    CHECK(estimate(client, 0, 0, 0) == 0);
    write = estimate(client, 0, 1, 0);
    read = estimate(client, 1, 0, 0);
    CHECK(write >= SECOND && write <= 10 * SECOND);
    CHECK(read == 2 * write); /* two packets, each with its round trip */
    CHECK(estimate(client, 30, 0, 0) == read + 58 * SECOND);
    CHECK(estimate(client, 1000, 0, 0) > 33 * 60 * SECOND && estimate(client, 1000, 0, 0) < 35 * 60 * SECOND);
    CHECK(estimate(client, 0, 0, 10 << 20) > 2 * 3600 * SECOND);
    CHECK(estimate(client, 0, 0, 10 << 20) < 3 * 3600 * SECOND);
    /* One box, which is two elements of the stream as it travels in an envelope, and the command. */
    CHECK(estimate(client, 0, 0, 1) - estimate(client, 0, 3, 0) == write - SECOND);
    CHECK(estimate(client, 5, 7, 0) == estimate(client, 5, 0, 0) + 7 * SECOND);
    CHECK(estimate(client, UINT64_MAX, UINT64_MAX, UINT64_MAX) == INT64_MAX);

    /* What is known stays, also while the daemon is away. */
    OK(kpc_client_disconnect(client, &error));
    CHECK(estimate(client, 1, 0, 0) == read);
    kpc_client_free(client);
    kpc_sim_stop(&sim);
}

/* A quick one: what boxes took that were alone counts soon, not what was promised. */
static void measured(void)
{
    kpc_sim sim;
    kpc_client *client;
    kpc_test_stream stream = kpc_test_stream_of(1);
    kpc_box_index index = stream.first, next;
    int64_t promised, once, often;

    kpc_sim_start(&sim, "--instant --lambda-p 1");
    client = kpc_sim_connected(&sim);
    promised = estimate(client, 0, 1, 0);
    OK(kpc_write_box(client, &stream.writer, &index, (const uint8_t *)"x", 1, 0, KPC_SOON, &next, &error));
    once = estimate(client, 0, 1, 0);
    CHECK(once > promised / 4 && once < promised);
    for (int i = 0; i < 40; i++) {
        index = next;
        OK(kpc_write_box(client, &stream.writer, &index, (const uint8_t *)"x", 1, 0, KPC_SOON, &next, &error));
    }
    often = estimate(client, 0, 1, 0);
    CHECK(often > 0 && often < promised / 10);
    kpc_client_free(client);
    kpc_sim_stop(&sim);
}

int main(void)
{
    today();
    measured();
    return kpc_test_end();
}
