/* Contact vouchers: each call waiting and not, what each result has and has not, each refusal. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_copies.h"

static void write_buffer(const kpc_write_cap *cap, const kpc_box_index *index, const kpc_buffer *content)
{
    kpc_box_index next;
    OK(kpc_write_box(client, cap, index, kpc_buffer_data(content), kpc_buffer_len(content), 0, KPC_SOON, &next,
                     &error));
}

static kpc_buffer *read_box(const kpc_read_cap *cap, const kpc_box_index *index)
{
    kpc_buffer *content = NULL;
    kpc_box_index next;
    OK(kpc_read_box(client, cap, index, KPC_START_NO_RETRY, KPC_SOON, &content, &next, &error));
    return content;
}

static int same_salt(kpc_voucher *one, kpc_voucher *other)
{
    kpc_buffer *first = NULL, *second = NULL;
    int same;
    OK(kpc_voucher_salt(one, &first, &error));
    OK(kpc_voucher_salt(other, &second, &error));
    same = kpc_copies_holds(first, kpc_buffer_data(second), kpc_buffer_len(second));
    kpc_buffer_free(second);
    return same;
}

/* What a result has not is not there. */
static void has_not(kpc_voucher *opened)
{
    kpc_buffer *buffer = NULL, *other = NULL;
    kpc_write_cap writer;
    kpc_read_cap reader;
    kpc_hash hash;
    ERROR(KPC_ERR_ARG_VALUE, kpc_voucher_hash(opened, &hash, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_voucher_payload(opened, &buffer, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_voucher_stream(opened, &writer, &reader, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_voucher_keys(opened, &buffer, &other, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_voucher_display_name(opened, &buffer, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_voucher_message_read_cap(opened, &reader, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_voucher_sealed_reply(opened, &buffer, &error));
    CHECK(buffer == NULL && other == NULL && kpc_test_filled(&writer, 0, sizeof writer));
}

static void the_whole_way(int waiting)
{
    kpc_test_stream messages = kpc_test_stream_of((uint8_t)(1 + waiting));
    kpc_voucher *minted = NULL, *inducted = NULL, *opened = NULL;
    kpc_buffer *payload = NULL, *sealed = NULL, *secret = NULL, *public_key = NULL, *buffer = NULL;
    kpc_write_cap writer, message_writer, derived_writer;
    kpc_read_cap reader, message_reader, derived_reader;
    kpc_box_index first, second;
    kpc_hash voucher;

    /* The joiner. */
    if (waiting) {
        OK(kpc_voucher_mint(client, &messages.writer, "Alice", 5, KPC_SOON, &minted, &error));
    } else {
        ASYNC(kpc_voucher_mint_async(client, &messages.writer, "Alice", 5, KPC_SOON, NULL, &op, &error),
              kpc_voucher_mint_result(result, &minted, &error));
    }
    OK(kpc_voucher_hash(minted, &voucher, &error));
    OK(kpc_voucher_payload(minted, &payload, &error));
    OK(kpc_voucher_stream(minted, &writer, &reader, &error));
    OK(kpc_voucher_keys(minted, &secret, &public_key, &error));
    CHECK(kpc_buffer_len(secret) > 0 && kpc_buffer_len(public_key) > 0);
    STATUS(KPC_OK, kpc_write_cap_first_index(&writer, &first, NULL));
    second = kpc_copies_ahead(&first, 1);
    write_buffer(&writer, &first, payload);
    kpc_buffer_free(payload);

    /* The inductor has nothing but the voucher. */
    if (waiting) {
        OK(kpc_voucher_derive_stream(client, &voucher, KPC_SOON, &derived_writer, &derived_reader, &error));
    } else {
        ASYNC(kpc_voucher_derive_stream_async(client, &voucher, KPC_SOON, NULL, &op, &error),
              kpc_voucher_derive_stream_result(result, &derived_writer, &derived_reader, &error));
    }
    CHECK(memcmp(&derived_writer, &writer, sizeof writer) == 0);
    CHECK(memcmp(&derived_reader, &reader, sizeof reader) == 0);
    payload = read_box(&derived_reader, &first);
    if (waiting) {
        OK(kpc_voucher_induct(client, &voucher, kpc_buffer_data(payload), kpc_buffer_len(payload),
                              bytes("welcome"), 7, KPC_SOON, &inducted, &error));
    } else {
        ASYNC(kpc_voucher_induct_async(client, &voucher, kpc_buffer_data(payload), kpc_buffer_len(payload),
                                       bytes("welcome"), 7, KPC_SOON, NULL, &op, &error),
              kpc_voucher_induct_result(result, &inducted, &error));
    }
    kpc_buffer_free(payload);
    OK(kpc_voucher_display_name(inducted, &buffer, &error));
    CHECK(strcmp((const char *)kpc_buffer_data(buffer), "Alice") == 0);
    kpc_buffer_free(buffer);
    OK(kpc_voucher_message_read_cap(inducted, &message_reader, &error));
    OK(kpc_voucher_sealed_reply(inducted, &sealed, &error));
    write_buffer(&derived_writer, &second, sealed);
    kpc_buffer_free(sealed);

    /* The joiner again. */
    sealed = read_box(&reader, &second);
    if (waiting) {
        OK(kpc_voucher_open(client, kpc_buffer_data(secret), kpc_buffer_len(secret), kpc_buffer_data(sealed),
                            kpc_buffer_len(sealed), &messages.writer, KPC_SOON, &opened, &error));
    } else {
        ASYNC(kpc_voucher_open_async(client, kpc_buffer_data(secret), kpc_buffer_len(secret),
                                     kpc_buffer_data(sealed), kpc_buffer_len(sealed), &messages.writer, KPC_SOON,
                                     NULL, &op, &error),
              kpc_voucher_open_result(result, &opened, &error));
    }
    kpc_buffer_free(sealed);
    OK(kpc_voucher_who_reply(opened, &buffer, &error));
    CHECK(kpc_copies_holds(buffer, "welcome", 7));
    CHECK(same_salt(inducted, opened));
    OK(kpc_voucher_message_write_cap(opened, &message_writer, &error));
    STATUS(KPC_OK, kpc_write_cap_first_index(&message_writer, &first, NULL));
    OK(kpc_write_box(client, &message_writer, &first, bytes("hello"), 5, 0, KPC_SOON, &second, &error));
    STATUS(KPC_OK, kpc_read_cap_first_index(&message_reader, &first, NULL));
    CHECK(kpc_copies_holds(read_box(&message_reader, &first), "hello", 5));

    has_not(opened);
    ERROR(KPC_ERR_ARG_VALUE, kpc_voucher_who_reply(minted, &buffer, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_voucher_salt(minted, &buffer, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_voucher_message_write_cap(minted, &message_writer, &error));
    kpc_buffer_free(secret);
    kpc_buffer_free(public_key);
    kpc_voucher_free(minted);
    kpc_voucher_free(inducted);
    kpc_voucher_free(opened);
}

static void refusals(void)
{
    kpc_test_stream messages = kpc_test_stream_of(9);
    kpc_voucher *minted = NULL, *other = NULL, *given = NULL;
    kpc_buffer *payload = NULL, *secret = NULL, *sealed = NULL;
    kpc_hash hash, wrong;

    OK(kpc_voucher_mint(client, &messages.writer, "one", 3, KPC_SOON, &minted, &error));
    OK(kpc_voucher_mint(client, &messages.writer, "two", 3, KPC_SOON, &other, &error));
    OK(kpc_voucher_hash(minted, &hash, &error));
    OK(kpc_voucher_hash(other, &wrong, &error));
    OK(kpc_voucher_payload(minted, &payload, &error));
    OK(kpc_voucher_keys(other, &secret, NULL, &error));
    ERROR(KPC_ERR_ARG_EMPTY, kpc_voucher_mint(client, &messages.writer, "", 0, KPC_SOON, &given, &error));
    ERROR(KPC_ERR_ARG_EMPTY, kpc_voucher_mint(client, &messages.writer, NULL, 0, KPC_SOON, &given, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_voucher_mint(client, &messages.writer, NULL, 5, KPC_SOON, &given, &error));
    STATUS(KPC_ERR_ARG_VALUE,
           kpc_voucher_mint(client, &messages.writer, "Jos\xc3\xa9", 4, KPC_SOON, &given, &error));
    CHECK(strcmp(kpc_error_message(error), "display_name is not UTF-8") == 0);
    kpc_error_free(error);
    error = NULL;
    ERROR(KPC_ERR_ARG_EMPTY,
          kpc_voucher_induct(client, &hash, NULL, 0, NULL, 0, KPC_SOON, &given, &error));
    ERROR(KPC_ERR_VOUCHER_HASH_MISMATCH,
          kpc_voucher_induct(client, &wrong, kpc_buffer_data(payload), kpc_buffer_len(payload), NULL, 0,
                             KPC_SOON, &given, &error));
    CHECK(given == NULL);
    OK(kpc_voucher_induct(client, &hash, kpc_buffer_data(payload), kpc_buffer_len(payload), NULL, 0, KPC_SOON,
                          &given, &error));
    OK(kpc_voucher_sealed_reply(given, &sealed, &error));
    kpc_voucher_free(given);
    ERROR(KPC_ERR_VOUCHER_SEAL_OPEN_FAILED,
          kpc_voucher_open(client, kpc_buffer_data(secret), kpc_buffer_len(secret), kpc_buffer_data(sealed),
                           kpc_buffer_len(sealed), &messages.writer, KPC_SOON, &given, &error));
    CHECK(given == NULL);
    ERROR(KPC_ERR_ARG_SIZE,
          kpc_voucher_open(client, kpc_buffer_data(secret), 31, kpc_buffer_data(sealed), kpc_buffer_len(sealed),
                           &messages.writer, KPC_SOON, &given, &error));
    CHECK(given == NULL);
    kpc_buffer_free(payload);
    kpc_buffer_free(secret);
    kpc_buffer_free(sealed);
    kpc_voucher_free(minted);
    kpc_voucher_free(other);
}

int main(void)
{
    kpc_sim_start(&sim, "--instant");
    client = kpc_sim_connected(&sim);
    the_whole_way(1);
    the_whole_way(0);
    refusals();
    kpc_client_free(client);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
