/* Capabilities, indices, hashes and ids: sizes, what is checked, what is computed here. */
#include "kpc_test.h"

static kpc_error *error;

static void sizes(void)
{
    CHECK(sizeof(kpc_write_cap) == KPC_WRITE_CAP_SIZE && kpc_write_cap_size() == 168);
    CHECK(sizeof(kpc_read_cap) == KPC_READ_CAP_SIZE && kpc_read_cap_size() == 136);
    CHECK(sizeof(kpc_box_index) == KPC_BOX_INDEX_SIZE && kpc_box_index_size() == 104);
    CHECK(sizeof(kpc_hash) == KPC_HASH_SIZE && kpc_hash_size() == 32);
    CHECK(sizeof(kpc_id) == KPC_ID_SIZE && kpc_id_size() == 16);
    CHECK(kpc_seed_size() == KPC_SEED_SIZE && KPC_SEED_SIZE == 32);
    CHECK(kpc_queue_id_max_size() == KPC_QUEUE_ID_MAX_SIZE && KPC_QUEUE_ID_MAX_SIZE == 32);
    CHECK(sizeof(kpc_service) >= 32 + 32 + sizeof(size_t));
    CHECK(strcmp(kpc_version(), KPC_VERSION) == 0);
    CHECK(kpc_version_number() == KPC_VERSION_NUMBER);
}

/* The halves belong together, and the same seed gives the same stream. */
static void keypair(void)
{
    uint8_t seed[KPC_SEED_SIZE + 1];
    kpc_write_cap writer, again;
    kpc_read_cap reader, derived;
    kpc_box_index first, of_writer, of_reader;
    kpc_hash hash, expected;

    memset(seed, 7, sizeof seed);
    OK(kpc_new_keypair(seed, 32, &writer, &reader, &first, &error));
    OK(kpc_new_keypair(seed, 32, &again, &derived, &of_writer, &error));
    CHECK(memcmp(&writer, &again, sizeof writer) == 0);

    STATUS(KPC_OK, kpc_read_cap_of(&writer, &derived));
    CHECK(memcmp(&reader, &derived, sizeof reader) == 0);
    STATUS(KPC_OK, kpc_write_cap_first_index(&writer, &of_writer));
    STATUS(KPC_OK, kpc_read_cap_first_index(&reader, &of_reader));
    CHECK(memcmp(&first, &of_writer, sizeof first) == 0);
    CHECK(memcmp(&first, &of_reader, sizeof first) == 0);

    STATUS(KPC_OK, kpc_write_cap_hash(&writer, &hash));
    OK(kpc_blake2b_256(writer.bytes, sizeof writer.bytes, &expected, &error));
    CHECK(memcmp(&hash, &expected, sizeof hash) == 0);

    /* A wrong seed leaves nothing in the outputs. */
    ERROR(KPC_ERR_ARG_SIZE, kpc_new_keypair(seed, 31, &writer, &reader, &first, &error));
    CHECK(kpc_test_filled(&writer, 0, sizeof writer));
    CHECK(kpc_test_filled(&reader, 0, sizeof reader));
    CHECK(kpc_test_filled(&first, 0, sizeof first));
    ERROR(KPC_ERR_ARG_SIZE, kpc_new_keypair(seed, 33, &writer, &reader, &first, &error));
    ERROR(KPC_ERR_ARG_SIZE, kpc_new_keypair(seed, 0, &writer, &reader, &first, &error));
}

/* Indices count up, also in place, and a failure in place loses nothing. */
static void indices(void)
{
    uint8_t seed[KPC_SEED_SIZE] = {1};
    kpc_write_cap writer;
    kpc_read_cap reader;
    kpc_box_index index, next;
    uint64_t before, after;

    OK(kpc_new_keypair(seed, sizeof seed, &writer, &reader, &index, &error));
    OK(kpc_next_message_box_index(&index, &next, &error));
    OK(kpc_get_message_box_index_counter(&index, &before, &error));
    OK(kpc_get_message_box_index_counter(&next, &after, &error));
    CHECK(after == before + 1);

    OK(kpc_next_message_box_index(&index, &index, &error));
    CHECK(memcmp(&index, &next, sizeof index) == 0);

    ERROR(KPC_ERR_ARG_NULL, kpc_next_message_box_index(NULL, &next, &error));
    CHECK(kpc_test_filled(&next, 0, sizeof next));
}

/* What comes from storage is looked at. */
static void from_bytes(void)
{
    uint8_t seed[KPC_SEED_SIZE] = {2};
    kpc_write_cap writer, copy, broken;
    kpc_read_cap reader, reader_copy;
    kpc_box_index index, index_copy;
    kpc_hash hash;
    kpc_id id;

    OK(kpc_new_keypair(seed, sizeof seed, &writer, &reader, &index, &error));
    OK(kpc_write_cap_from_bytes(writer.bytes, sizeof writer.bytes, &copy, &error));
    CHECK(memcmp(&copy, &writer, sizeof copy) == 0);
    OK(kpc_read_cap_from_bytes(reader.bytes, sizeof reader.bytes, &reader_copy, &error));
    CHECK(memcmp(&reader_copy, &reader, sizeof reader) == 0);
    OK(kpc_box_index_from_bytes(index.bytes, sizeof index.bytes, &index_copy, &error));
    CHECK(memcmp(&index_copy, &index, sizeof index) == 0);
    OK(kpc_hash_from_bytes(seed, 32, &hash, &error));
    OK(kpc_id_from_bytes(seed, 16, &id, &error));
    CHECK(hash.bytes[0] == 2 && id.bytes[0] == 2);

    ERROR(KPC_ERR_ARG_SIZE, kpc_write_cap_from_bytes(writer.bytes, 167, &copy, &error));
    CHECK(kpc_test_filled(&copy, 0, sizeof copy));
    ERROR(KPC_ERR_ARG_SIZE, kpc_write_cap_from_bytes(NULL, 0, &copy, &error));
    ERROR(KPC_ERR_ARG_SIZE, kpc_read_cap_from_bytes(reader.bytes, 135, &reader_copy, &error));
    ERROR(KPC_ERR_ARG_SIZE, kpc_box_index_from_bytes(index.bytes, 103, &index_copy, &error));
    ERROR(KPC_ERR_ARG_SIZE, kpc_hash_from_bytes(seed, 31, &hash, &error));
    ERROR(KPC_ERR_ARG_SIZE, kpc_id_from_bytes(seed, 15, &id, &error));

    /* A public half that belongs to another seed; in place, so the bytes must stay. */
    broken = writer;
    broken.bytes[40] ^= 1;
    copy = broken;
    ERROR(KPC_ERR_INVALID_CAPABILITY,
          kpc_write_cap_from_bytes(broken.bytes, sizeof broken.bytes, &broken, &error));
    CHECK(memcmp(&copy, &broken, sizeof copy) == 0);

    /* The point of order one is a point, but no key. */
    memset(reader.bytes, 0, 32);
    reader.bytes[0] = 1;
    ERROR(KPC_ERR_INVALID_CAPABILITY,
          kpc_read_cap_from_bytes(reader.bytes, sizeof reader.bytes, &reader_copy, &error));
}

static void helpers(void)
{
    /* BLAKE2b with a digest of 32 bytes, of nothing. */
    static const char empty[] = "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8";
    uint8_t expected[32], secret[64];
    kpc_hash hash;
    kpc_id message, surb, query;

    CHECK(kpc_test_hex(empty, expected, sizeof expected) == 32);
    OK(kpc_blake2b_256(NULL, 0, &hash, &error));
    CHECK(memcmp(hash.bytes, expected, 32) == 0);
    ERROR(KPC_ERR_ARG_NULL, kpc_blake2b_256(NULL, 1, &hash, &error));
    ERROR(KPC_ERR_ARG_SIZE, kpc_blake2b_256(expected, (size_t)-1, &hash, &error));

    OK(kpc_new_message_id(&message, &error));
    OK(kpc_new_surb_id(&surb, &error));
    OK(kpc_new_query_id(&query, &error));
    CHECK(memcmp(&message, &surb, sizeof surb) != 0 && memcmp(&query, &surb, sizeof surb) != 0);

    memset(secret, 9, sizeof secret);
    kpc_wipe(secret + 1, sizeof secret - 2);
    CHECK(secret[0] == 9 && kpc_test_filled(secret + 1, 0, sizeof secret - 2) && secret[63] == 9);
    kpc_wipe(NULL, 5);
    kpc_wipe(secret, 0);
}

int main(void)
{
    sizes();
    keypair();
    indices();
    from_bytes();
    helpers();
    return kpc_test_end();
}
