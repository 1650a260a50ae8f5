/* What the tests of freed memory share. After each workflow the client is freed, the program's own
 * copies are wiped, and all memory of the process is searched for the secrets: capabilities, indices,
 * seeds, voucher keys, plaintexts. What lies in the kernel, in the buffers of a socket, is out of
 * reach.
 *
 * To be included after _GNU_SOURCE. */
#ifndef KPC_FREED_H
#define KPC_FREED_H

#include "kpc_boxes.h"
#include "kpc_scan.h"

#define MANY 40
#define PLAINTEXT 100

/* A plaintext of its own for each number. */
static inline void fill(uint8_t *plaintext, int number)
{
    uint32_t state = 0x9e3779b9u * (uint32_t)(number + 1);
    size_t i;
    for (i = 0; i < PLAINTEXT; i++) {
        state = state * 1664525u + 1013904223u;
        plaintext[i] = (uint8_t)(state >> 24);
    }
}

/* The keys of an index; its counter is none. */
static inline void secret_index(const char *name, const kpc_box_index *index)
{
    kpc_scan_secret(name, index->bytes + 8);
    kpc_scan_secret(name, index->bytes + 40);
    kpc_scan_secret(name, index->bytes + 72);
}

static inline void secret_cap(const char *name, const kpc_write_cap *cap)
{
    kpc_box_index first;
    kpc_scan_secret(name, cap->bytes);
    STATUS(KPC_OK, kpc_write_cap_first_index(cap, &first, NULL));
    secret_index("the index of a capability", &first);
    kpc_wipe(&first, sizeof first);
}

static inline void secret_buffer(const char *name, const kpc_buffer *buffer)
{
    const uint8_t *data = kpc_buffer_data(buffer);
    size_t len = kpc_buffer_len(buffer);
    if (CHECK(len >= KPC_SCAN_NEEDLE)) {
        kpc_scan_secret(name, data);
        kpc_scan_secret(name, data + len - KPC_SCAN_NEEDLE);
    }
}

/* Each workflow has streams of its own. */
static int first_stream;

/* A stream whose secrets are remembered; the caller wipes it. */
static inline kpc_test_stream stream_of(int number)
{
    kpc_test_stream stream;
    kpc_box_index next;
    uint8_t seed[KPC_SEED_SIZE];
    int i;
    for (i = 0; i < KPC_SEED_SIZE; i++) {
        seed[i] = (uint8_t)((first_stream + number) * (2 * i + 7) + (first_stream + number) / 256 + i * i);
    }
    OK(kpc_new_keypair(seed, sizeof seed, &stream.writer, &stream.reader, &stream.first, &error));
    OK(kpc_next_message_box_index(&stream.first, &next, &error));
    kpc_scan_secret("a seed", seed);
    secret_cap("a write capability", &stream.writer);
    secret_index("the next index", &next);
    kpc_wipe(&next, sizeof next);
    kpc_wipe(seed, sizeof seed);
    return stream;
}

/* After which nothing of it is left. */
static inline void leaves_nothing(const char *name, void (*workflow)(void))
{
    size_t found;
    kpc_scan_forget();
    first_stream += MANY;
    client = kpc_sim_connected(&sim);
    workflow();
    kpc_client_free(client);
    kpc_scan_await_threads();
    CHECK(kpc_scan_count > 0);
    found = kpc_scan();
    if (!CHECK(found == 0)) {
        printf("%s: %lu copies are left of %lu secrets\n", name, (unsigned long)found,
               (unsigned long)kpc_scan_count);
    }
}
#define LEAVES_NOTHING(workflow) leaves_nothing(#workflow, workflow)

#endif
