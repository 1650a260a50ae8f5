/* Contact vouchers, through the C functions: from the voucher to the first message. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

static kpc_error *error;
static kpc_sim sim;
static kpc_client *client;
static kpc_test_stream messages;
static kpc_voucher *minted, *inducted, *opened;
static kpc_hash voucher;
static kpc_buffer *secret_key, *sealed;
static kpc_write_cap stream_writer;
static kpc_read_cap stream_reader;

static int same(kpc_buffer *a, kpc_buffer *b)
{
    return kpc_buffer_len(a) == kpc_buffer_len(b) &&
           memcmp(kpc_buffer_data(a), kpc_buffer_data(b), kpc_buffer_len(a)) == 0;
}

static int is_text(kpc_buffer *a, const char *text)
{
    return kpc_buffer_len(a) == strlen(text) && memcmp(kpc_buffer_data(a), text, strlen(text)) == 0;
}

static void put(const kpc_write_cap *writer, const kpc_box_index *index, const kpc_buffer *bytes)
{
    kpc_box_index next;
    OK(kpc_write_box(client, writer, index, kpc_buffer_data(bytes), kpc_buffer_len(bytes), 0,
                     KPC_SOON, &next, &error));
}

static kpc_buffer *get(const kpc_read_cap *reader, const kpc_box_index *index)
{
    kpc_buffer *bytes = NULL;
    kpc_box_index next;
    OK(kpc_read_box(client, reader, index, 0, KPC_SOON, &bytes, &next, &error));
    return bytes;
}

/* The joiner: a voucher, to be handed over, and its payload in the first box of its stream. */
static void voucher_mint(void)
{
    kpc_buffer *payload = NULL, *public_key = NULL, *name = NULL;
    kpc_box_index first;

    OK(kpc_voucher_mint(client, &messages.writer, "Alice, who is not terminated here", 5, KPC_SOON, &minted, &error));
    OK(kpc_voucher_hash(minted, &voucher, &error));
    OK(kpc_voucher_payload(minted, &payload, &error));
    OK(kpc_voucher_stream(minted, &stream_writer, &stream_reader, &error));
    OK(kpc_voucher_keys(minted, &secret_key, &public_key, &error));
    CHECK(kpc_buffer_len(secret_key) > 0 && kpc_buffer_len(public_key) > 0);
    kpc_buffer_free(public_key);
    /* What only an inductor learns is not in it. */
    ERROR(KPC_ERR_ARG_VALUE, kpc_voucher_display_name(minted, &name, &error));
    STATUS(KPC_OK, kpc_write_cap_first_index(&stream_writer, &first, NULL));
    put(&stream_writer, &first, payload);
    kpc_buffer_free(payload);
}

/* The inductor finds the same stream by the voucher alone. */
static void voucher_derive_stream(void)
{
    kpc_write_cap writer;
    kpc_read_cap reader;

    OK(kpc_voucher_derive_stream(client, &voucher, KPC_SOON, &writer, &reader, &error));
    CHECK(memcmp(&writer, &stream_writer, sizeof writer) == 0);
    CHECK(memcmp(&reader, &stream_reader, sizeof reader) == 0);
}

static void voucher_induct(void)
{
    static const uint8_t who[] = "who we are";
    kpc_write_cap writer;
    kpc_read_cap reader;
    kpc_box_index index;
    kpc_buffer *payload, *name = NULL, *salt = NULL;
    kpc_hash other = voucher;
    kpc_voucher *wrong = NULL;

    STATUS(KPC_OK, kpc_read_cap_first_index(&stream_reader, &index, NULL));
    payload = get(&stream_reader, &index);
    OK(kpc_voucher_induct(client, &voucher, kpc_buffer_data(payload), kpc_buffer_len(payload), who,
                          sizeof who - 1, KPC_SOON, &inducted, &error));
    OK(kpc_voucher_display_name(inducted, &name, &error));
    CHECK(is_text(name, "Alice"));
    OK(kpc_voucher_stream(inducted, &writer, &reader, &error));
    CHECK(memcmp(&writer, &stream_writer, sizeof writer) == 0);
    OK(kpc_voucher_salt(inducted, &salt, &error));
    OK(kpc_voucher_sealed_reply(inducted, &sealed, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_voucher_message_write_cap(inducted, &writer, &error));
    OK(kpc_next_message_box_index(&index, &index, &error));
    put(&stream_writer, &index, sealed);

    other.bytes[0] ^= 1;
    ERROR(KPC_ERR_VOUCHER_HASH_MISMATCH,
          kpc_voucher_induct(client, &other, kpc_buffer_data(payload), kpc_buffer_len(payload), who,
                             sizeof who - 1, KPC_SOON, &wrong, &error));
    CHECK(wrong == NULL);
    kpc_buffer_free(payload);
    kpc_buffer_free(name);
    kpc_buffer_free(salt);
}

/* The joiner opens the reply, and writes what the group reads with the capability it was given. */
static void voucher_open(void)
{
    kpc_write_cap writer;
    kpc_read_cap reader;
    kpc_box_index index;
    kpc_buffer *reply, *who = NULL, *salt = NULL, *same_salt = NULL, *hello = NULL, *found;
    kpc_voucher *wrong = NULL;
    uint8_t *spoilt;
    size_t len;

    STATUS(KPC_OK, kpc_read_cap_first_index(&stream_reader, &index, NULL));
    OK(kpc_next_message_box_index(&index, &index, &error));
    reply = get(&stream_reader, &index);
    CHECK(same(reply, sealed));
    len = kpc_buffer_len(reply);
    OK(kpc_voucher_open(client, kpc_buffer_data(secret_key), kpc_buffer_len(secret_key),
                        kpc_buffer_data(reply), len, &messages.writer, KPC_SOON, &opened, &error));
    OK(kpc_voucher_who_reply(opened, &who, &error));
    CHECK(is_text(who, "who we are"));
    OK(kpc_voucher_salt(opened, &salt, &error));
    OK(kpc_voucher_salt(inducted, &same_salt, &error));
    CHECK(same(salt, same_salt));
    OK(kpc_voucher_message_write_cap(opened, &writer, &error));
    OK(kpc_voucher_message_read_cap(inducted, &reader, &error));
    OK(kpc_buffer_new((const uint8_t *)"hello", 5, &hello, &error));
    STATUS(KPC_OK, kpc_write_cap_first_index(&writer, &index, NULL));
    put(&writer, &index, hello);
    STATUS(KPC_OK, kpc_read_cap_first_index(&reader, &index, NULL));
    found = get(&reader, &index);
    CHECK(same(found, hello));

    spoilt = (uint8_t *)malloc(len);
    if (CHECK(spoilt != NULL)) {
        memcpy(spoilt, kpc_buffer_data(reply), len);
        spoilt[len - 1] ^= 1;
        ERROR(KPC_ERR_VOUCHER_SEAL_OPEN_FAILED,
              kpc_voucher_open(client, kpc_buffer_data(secret_key), kpc_buffer_len(secret_key),
                               spoilt, len, &messages.writer, KPC_SOON, &wrong, &error));
        free(spoilt);
    }
    kpc_buffer_free(reply);
    kpc_buffer_free(who);
    kpc_buffer_free(salt);
    kpc_buffer_free(same_salt);
    kpc_buffer_free(hello);
    kpc_buffer_free(found);
}

/* Which of the three has which part. */
static void voucher_hash(void)
{
    kpc_voucher *const all[3] = {minted, inducted, opened};
    int i;

    for (i = 0; i < 3; i++) {
        kpc_buffer *one = NULL, *two = NULL;
        kpc_write_cap writer;
        kpc_read_cap reader;
        kpc_hash hash;
#define HAS(which, call)                                                        \
    do {                                                                        \
        ERROR((which) >> i & 1 ? KPC_OK : KPC_ERR_ARG_VALUE, call);             \
        CHECK((one != NULL) <= ((which) >> i & 1));                             \
        kpc_buffer_free(one);                                                   \
        kpc_buffer_free(two);                                                   \
        one = two = NULL;                                                       \
    } while (0)
        enum { MINTED = 1, INDUCTED = 2, OPENED = 4 };
        HAS(MINTED, kpc_voucher_hash(all[i], &hash, &error));
        CHECK(i != 0 || memcmp(&hash, &voucher, sizeof hash) == 0);
        HAS(MINTED, kpc_voucher_payload(all[i], &one, &error));
        HAS(MINTED, kpc_voucher_keys(all[i], &one, &two, &error));
        HAS(MINTED | INDUCTED, kpc_voucher_stream(all[i], &writer, &reader, &error));
        HAS(INDUCTED, kpc_voucher_display_name(all[i], &one, &error));
        HAS(INDUCTED, kpc_voucher_message_read_cap(all[i], &reader, &error));
        HAS(INDUCTED, kpc_voucher_sealed_reply(all[i], &one, &error));
        HAS(INDUCTED | OPENED, kpc_voucher_salt(all[i], &one, &error));
        HAS(OPENED, kpc_voucher_who_reply(all[i], &one, &error));
        HAS(OPENED, kpc_voucher_message_write_cap(all[i], &writer, &error));
#undef HAS
    }
}

int main(void)
{
    kpc_sim_start(&sim, "--instant");
    client = kpc_sim_connected(&sim);
    messages = kpc_test_stream_of(1);
    voucher_mint();
    voucher_derive_stream();
    voucher_induct();
    voucher_open();
    voucher_hash();
    kpc_buffer_free(secret_key);
    kpc_buffer_free(sealed);
    kpc_voucher_free(minted);
    kpc_voucher_free(inducted);
    kpc_voucher_free(opened);
    kpc_client_free(client);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
