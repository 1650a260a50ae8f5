/* Capabilities, indices, hashes and ids: sizes, what is checked, what is computed here. */
#include "kpc_test.h"

static kpc_error *error;

static void write_cap_size(void)
{
    CHECK(sizeof(kpc_write_cap) == KPC_WRITE_CAP_SIZE && kpc_write_cap_size() == 168);
    CHECK(sizeof(kpc_read_cap) == KPC_READ_CAP_SIZE && kpc_read_cap_size() == 136);
    CHECK(sizeof(kpc_box_index) == KPC_BOX_INDEX_SIZE && kpc_box_index_size() == 104);
    CHECK(sizeof(kpc_hash) == KPC_HASH_SIZE && kpc_hash_size() == 32);
    CHECK(sizeof(kpc_id) == KPC_ID_SIZE && kpc_id_size() == 16);
    CHECK(kpc_seed_size() == KPC_SEED_SIZE && KPC_SEED_SIZE == 32);
    CHECK(kpc_queue_id_max_size() == KPC_QUEUE_ID_MAX_SIZE && KPC_QUEUE_ID_MAX_SIZE == 32);
    CHECK(sizeof(kpc_service) >= 32 + 32 + sizeof(size_t));
}

/* The library that runs is the one of this header. */
static void version(void)
{
    unsigned major, minor, patch;

    CHECK(strcmp(kpc_version(), KPC_VERSION) == 0);
    CHECK(kpc_version_number() == KPC_VERSION_NUMBER);
    CHECK(sscanf(kpc_version(), "%u.%u.%u", &major, &minor, &patch) == 3);
    CHECK(kpc_version_number() == (major << 16 | minor << 8 | patch));
}

/* The same seed gives the same stream, another one another. */
static void new_keypair(void)
{
    uint8_t seed[KPC_SEED_SIZE + 1];
    kpc_write_cap writer, again;
    kpc_read_cap reader, same_reader;
    kpc_box_index first, same_first;

    memset(seed, 7, sizeof seed);
    OK(kpc_new_keypair(seed, 32, &writer, &reader, &first, &error));
    OK(kpc_new_keypair(seed, 32, &again, &same_reader, &same_first, &error));
    CHECK(memcmp(&writer, &again, sizeof writer) == 0);
    CHECK(memcmp(&reader, &same_reader, sizeof reader) == 0);
    CHECK(memcmp(&first, &same_first, sizeof first) == 0);
    seed[31] ^= 1;
    OK(kpc_new_keypair(seed, 32, &again, &same_reader, &same_first, &error));
    CHECK(memcmp(&writer, &again, sizeof writer) != 0);
    CHECK(memcmp(&reader, &same_reader, sizeof reader) != 0);
    CHECK(memcmp(&first, &same_first, sizeof first) != 0);

    /* A wrong seed leaves nothing in the outputs. */
    ERROR(KPC_ERR_ARG_SIZE, kpc_new_keypair(seed, 31, &writer, &reader, &first, &error));
    CHECK(kpc_test_filled(&writer, 0, sizeof writer));
    CHECK(kpc_test_filled(&reader, 0, sizeof reader));
    CHECK(kpc_test_filled(&first, 0, sizeof first));
    ERROR(KPC_ERR_ARG_SIZE, kpc_new_keypair(seed, 33, &writer, &reader, &first, &error));
    ERROR(KPC_ERR_ARG_SIZE, kpc_new_keypair(seed, 0, &writer, &reader, &first, &error));

    /* Without a seed it is drawn, another one each time. */
    OK(kpc_new_keypair(NULL, 0, &writer, &reader, &first, &error));
    OK(kpc_new_keypair(NULL, 0, &again, &same_reader, &same_first, &error));
    CHECK(memcmp(&writer, &again, sizeof writer) != 0 && memcmp(&first, &same_first, sizeof first) != 0);
    OK(kpc_write_cap_read_cap(&writer, &same_reader, &error));
    CHECK(memcmp(&reader, &same_reader, sizeof reader) == 0);
}

/* The counters of the first index of seed 00..1f, as daemons made them before hpqc's change 101 and since. */
static void new_keypair_by_derivation(void)
{
    static const uint8_t before[] = {0x0c, 0x19, 0x9f, 0x92, 0x5c, 0x2a, 0xf5, 0xf8};
    static const uint8_t since[] = {0x2c, 0x19, 0x9f, 0x92, 0x5c, 0x2a, 0xf5, 0x38};
    uint8_t seed[KPC_SEED_SIZE];
    kpc_write_cap writer, usual;
    kpc_read_cap reader, usual_reader;
    kpc_box_index first, usual_first;
    size_t at;

    for (at = 0; at < sizeof seed; at++)
        seed[at] = (uint8_t)at;
    OK(kpc_new_keypair(seed, sizeof seed, &usual, &usual_reader, &usual_first, &error));
    CHECK(memcmp(&usual_first, since, sizeof since) == 0);
    OK(kpc_new_keypair_by_derivation(KPC_DERIVATION_CURRENT, seed, sizeof seed, &writer, &reader, &first, &error));
    CHECK(memcmp(&writer, &usual, sizeof writer) == 0 && memcmp(&first, &usual_first, sizeof first) == 0);
    CHECK(memcmp(&reader, &usual_reader, sizeof reader) == 0);
    OK(kpc_new_keypair_by_derivation(KPC_DERIVATION_BEFORE_HPQC_101, seed, sizeof seed, &writer, &reader, &first,
                                     &error));
    CHECK(memcmp(&first, before, sizeof before) == 0);
    ERROR(KPC_ERR_ARG_VALUE, kpc_new_keypair_by_derivation(KPC_DERIVATION_UNKNOWN, seed, sizeof seed, &writer, &reader,
                                                           &first, &error));
    CHECK(kpc_test_filled(&writer, 0, sizeof writer) && kpc_test_filled(&first, 0, sizeof first));
    ERROR(KPC_ERR_ARG_VALUE, kpc_new_keypair_by_derivation(KPC_DERIVATION_OTHER, seed, sizeof seed, &writer, &reader,
                                                           &first, &error));
    ERROR(KPC_ERR_ARG_SIZE, kpc_new_keypair_by_derivation(KPC_DERIVATION_CURRENT, seed, 31, &writer, &reader, &first,
                                                          &error));
}

/* The halves belong together: the writer has the reader's, and both begin at the same box. */
static void write_cap_read_cap(void)
{
    uint8_t seed[KPC_SEED_SIZE] = {3};
    kpc_write_cap writer;
    kpc_read_cap reader, derived;
    kpc_box_index first, of_writer, of_reader;

    OK(kpc_new_keypair(seed, sizeof seed, &writer, &reader, &first, &error));
    STATUS(KPC_OK, kpc_write_cap_read_cap(&writer, &derived, NULL));
    CHECK(memcmp(&reader, &derived, sizeof reader) == 0);
    STATUS(KPC_OK, kpc_write_cap_first_index(&writer, &of_writer, NULL));
    STATUS(KPC_OK, kpc_read_cap_first_index(&reader, &of_reader, NULL));
    CHECK(memcmp(&first, &of_writer, sizeof first) == 0);
    CHECK(memcmp(&first, &of_reader, sizeof first) == 0);
    STATUS(KPC_ERR_ARG_NULL, kpc_write_cap_read_cap(NULL, &derived, NULL));
    CHECK(kpc_test_filled(&derived, 0, sizeof derived));
}

/* Also in place; and a failure leaves nothing. */
static void next_message_box_index(void)
{
    uint8_t seed[KPC_SEED_SIZE] = {1};
    kpc_write_cap writer;
    kpc_read_cap reader;
    kpc_box_index index, next, third;
    uint64_t number, later;

    OK(kpc_new_keypair(seed, sizeof seed, &writer, &reader, &index, &error));
    OK(kpc_next_message_box_index(&index, &next, &error));
    OK(kpc_next_message_box_index(&next, &third, &error));
    CHECK(memcmp(&index, &next, sizeof index) != 0 && memcmp(&next, &third, sizeof next) != 0);
    OK(kpc_get_message_box_index_counter(&index, &number, &error));
    OK(kpc_get_message_box_index_counter(&third, &later, &error));
    CHECK(later == number + 2);
    OK(kpc_next_message_box_index(&index, &index, &error));
    CHECK(memcmp(&index, &next, sizeof index) == 0);
    ERROR(KPC_ERR_ARG_NULL, kpc_next_message_box_index(NULL, &next, &error));
    CHECK(kpc_test_filled(&next, 0, sizeof next));
}

/* Counts by one from box to box, so that two indices can be put in order. */
static void get_message_box_index_counter(void)
{
    uint8_t seed[KPC_SEED_SIZE] = {1};
    kpc_write_cap writer;
    kpc_read_cap reader;
    kpc_box_index index;
    uint64_t first, now;
    uint64_t i;

    OK(kpc_new_keypair(seed, sizeof seed, &writer, &reader, &index, &error));
    OK(kpc_get_message_box_index_counter(&index, &first, &error));
    for (i = 1; i < 300; i++) {
        OK(kpc_next_message_box_index(&index, &index, &error));
        OK(kpc_get_message_box_index_counter(&index, &now, &error));
        CHECK(now == first + i);
    }
    ERROR(KPC_ERR_ARG_NULL, kpc_get_message_box_index_counter(NULL, &now, &error));
    CHECK(now == 0);
}

/* What comes from storage is looked at. */
static void write_cap_from_bytes(void)
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

static void blake2b_256(void)
{
    /* BLAKE2b with a digest of 32 bytes, of nothing and of abc. */
    static const char of_nothing[] = "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8";
    static const char of_abc[] = "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319";
    uint8_t expected[32], seed[KPC_SEED_SIZE] = {4};
    kpc_write_cap writer;
    kpc_read_cap reader;
    kpc_box_index first;
    kpc_hash hash, of_writer;

    CHECK(kpc_test_hex(of_nothing, expected, sizeof expected) == 32);
    OK(kpc_blake2b_256(NULL, 0, &hash, &error));
    CHECK(memcmp(hash.bytes, expected, 32) == 0);
    CHECK(kpc_test_hex(of_abc, expected, sizeof expected) == 32);
    OK(kpc_blake2b_256((const uint8_t *)"abc", 3, &hash, &error));
    CHECK(memcmp(hash.bytes, expected, 32) == 0);
    ERROR(KPC_ERR_ARG_NULL, kpc_blake2b_256(NULL, 1, &hash, &error));
    ERROR(KPC_ERR_ARG_SIZE, kpc_blake2b_256(expected, (size_t)-1, &hash, &error));

    OK(kpc_new_keypair(seed, sizeof seed, &writer, &reader, &first, &error));
    STATUS(KPC_OK, kpc_write_cap_hash(&writer, &of_writer, NULL));
    OK(kpc_blake2b_256(writer.bytes, sizeof writer.bytes, &hash, &error));
    CHECK(memcmp(&hash, &of_writer, sizeof hash) == 0);
}

typedef kpc_status new_id_fn(kpc_id *out, kpc_error **error);

/* Random: no two of them are the same, and no byte of them always is. */
static void are_random(new_id_fn *new_id)
{
    enum { MANY = 64 };
    kpc_id ids[MANY];
    size_t byte;
    int i, k;

    for (i = 0; i < MANY; i++) {
        OK(new_id(&ids[i], &error));
        for (k = 0; k < i; k++) {
            CHECK(memcmp(&ids[i], &ids[k], sizeof ids[i]) != 0);
        }
    }
    for (byte = 0; byte < sizeof ids[0]; byte++) {
        int differs = 0;
        for (i = 1; i < MANY; i++) {
            differs |= ids[i].bytes[byte] != ids[0].bytes[byte];
        }
        CHECK(differs);
    }
    ERROR(KPC_ERR_ARG_NULL, new_id(NULL, &error));
}

static void new_message_id(void)
{
    CHECK(KPC_MESSAGE_ID_SIZE == 16 && sizeof(kpc_id) == KPC_MESSAGE_ID_SIZE);
    are_random(kpc_new_message_id);
}

static void new_surb_id(void)
{
    CHECK(KPC_SURB_ID_SIZE == 16 && sizeof(kpc_id) == KPC_SURB_ID_SIZE);
    are_random(kpc_new_surb_id);
}

static void new_query_id(void)
{
    CHECK(KPC_QUERY_ID_SIZE == 16 && sizeof(kpc_id) == KPC_QUERY_ID_SIZE);
    are_random(kpc_new_query_id);
}

static void wipe(void)
{
    uint8_t secret[64];
    memset(secret, 9, sizeof secret);
    kpc_wipe(secret + 1, sizeof secret - 2);
    CHECK(secret[0] == 9 && kpc_test_filled(secret + 1, 0, sizeof secret - 2) && secret[63] == 9);
    kpc_wipe(NULL, 5);
    kpc_wipe(secret, 0);
}

int main(void)
{
    write_cap_size();
    version();
    new_keypair();
    new_keypair_by_derivation();
    write_cap_read_cap();
    next_message_box_index();
    get_message_box_index_counter();
    write_cap_from_bytes();
    blake2b_256();
    new_message_id();
    new_surb_id();
    new_query_id();
    wipe();
    return kpc_test_end();
}
