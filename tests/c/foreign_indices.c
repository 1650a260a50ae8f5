/* An index of another stream than the capability's is refused where that is certain, and nothing is sent; all that
 * may belong to it is taken, also of capabilities made as older daemons made them. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

static kpc_error *error;
static kpc_sim sim;
static kpc_client *client;

static void others_are_refused(const kpc_test_stream *one, const kpc_box_index *foreign)
{
    kpc_envelope *envelope = NULL;
    kpc_buffer *plaintext = NULL;
    kpc_box_index next;
    long before = kpc_sim_requests(&sim);

    ERROR(KPC_ERR_INVALID_CAPABILITY,
          kpc_write_box(client, &one->writer, foreign, bytes("x"), 1, 0, KPC_SOON, &next, &error));
    ERROR(KPC_ERR_INVALID_CAPABILITY,
          kpc_write_box(client, &one->writer, foreign, NULL, 0, 0, KPC_SOON, &next, &error));
    ERROR(KPC_ERR_INVALID_CAPABILITY,
          kpc_read_box(client, &one->reader, foreign, 0, KPC_SOON, &plaintext, &next, &error));
    ERROR(KPC_ERR_INVALID_CAPABILITY, kpc_encrypt_read(client, &one->reader, foreign, KPC_SOON, &envelope, &error));
    ERROR(KPC_ERR_INVALID_CAPABILITY,
          kpc_encrypt_write(client, &one->writer, foreign, bytes("x"), 1, KPC_SOON, &envelope, &error));
    CHECK(kpc_sim_requests(&sim) == before);
}

/* Written and read from its first index on, and by a reader who was given a later beginning. */
static void its_own_are_taken(const kpc_test_stream *stream)
{
    kpc_buffer *plaintext = NULL;
    kpc_box_index at = stream->first, next;
    kpc_read_cap later = stream->reader;
    int i;

    for (i = 0; i < 20; i++) {
        OK(kpc_write_box(client, &stream->writer, &at, bytes("x"), 1, 0, KPC_SOON, &next, &error));
        OK(kpc_read_box(client, &stream->reader, &at, 0, KPC_SOON, &plaintext, &at, &error));
        CHECK(memcmp(&at, &next, sizeof at) == 0);
        kpc_buffer_free(plaintext);
    }
    memcpy((uint8_t *)&later + sizeof later - sizeof next, &next, sizeof next);
    OK(kpc_read_box(client, &later, &stream->first, 0, KPC_SOON, &plaintext, &at, &error));
    kpc_buffer_free(plaintext);
}

int main(void)
{
    static const uint8_t seed[KPC_SEED_SIZE] = {3};
    kpc_test_stream one = kpc_test_stream_of(1), other = kpc_test_stream_of(2), old;
    kpc_box_index damaged = one.first;

    ((uint8_t *)&damaged)[sizeof damaged - 1] ^= 1;
    OK(kpc_new_keypair_by_derivation(KPC_DERIVATION_BEFORE_HPQC_101, seed, sizeof seed, &old.writer,
                                     &old.reader, &old.first, &error));
    kpc_sim_start(&sim, "--instant");
    client = kpc_sim_connected(&sim);
    CHECK(kpc_sim_verified(client));
    others_are_refused(&one, &other.first);
    others_are_refused(&one, &old.first);
    others_are_refused(&one, &damaged);
    its_own_are_taken(&one);
    its_own_are_taken(&old);
    kpc_client_free(client);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
