/* A daemon of v0.0.72: it would not survive a call of today, so none is sent to it; what both
 * generations know works as ever. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

static kpc_error *error;
static kpc_sim sim;
static kpc_client *client;
static kpc_test_stream stream;

static void client_supports(int is_old)
{
    CHECK(kpc_client_supports(client, "session_token_reply") == !is_old);
    CHECK(kpc_client_supports(client, "encrypt_read_reply") == !is_old);
    CHECK(kpc_client_supports(client, "create_write_channel_reply") == is_old);
    CHECK(kpc_client_supports(client, "message_reply_event"));
    CHECK(!kpc_client_supports(client, "no_such_reply"));
}

/* Boxes and what is computed. */
static void boxes_are_refused(void)
{
    const uint8_t bytes[KPC_SEED_SIZE] = {1};
    kpc_box_index next;
    kpc_write_cap writer;
    kpc_read_cap reader;
    kpc_buffer *buffer = NULL;
    kpc_envelope *envelope = NULL;
    kpc_tombstones *tombstones = NULL;
    kpc_error *why;
    uint64_t number = 7;
    kpc_hash hash;

    memset(&hash, 7, sizeof hash);
#define REFUSED(call) ERROR(KPC_ERR_UNSUPPORTED, call)
    REFUSED(kpc_write_box(client, &stream.writer, &stream.first, bytes, 9, 0, KPC_SOON, &next, &error));
    REFUSED(kpc_read_box(client, &stream.reader, &stream.first, 0, KPC_SOON, &buffer, &next, &error));
    REFUSED(kpc_tombstone_box(client, &stream.writer, &stream.first, KPC_SOON, &next, &error));
    REFUSED(kpc_encrypt_read(client, &stream.reader, &stream.first, KPC_SOON, &envelope, &error));
    REFUSED(kpc_encrypt_write(client, &stream.writer, &stream.first, bytes, 9, KPC_SOON, &envelope, &error));
    REFUSED(kpc_cancel_resending_encrypted_message(client, &hash, KPC_SOON, &error));
    REFUSED(kpc_start_resending_copy_command(client, &stream.writer, NULL, KPC_SOON, &error));
    REFUSED(kpc_cancel_resending_copy_command(client, &hash, KPC_SOON, &error));
    REFUSED(kpc_new_keypair_remote(client, bytes, sizeof bytes, KPC_SOON, &writer, &reader, &next, &error));
    REFUSED(kpc_next_message_box_index_remote(client, &stream.first, KPC_SOON, &next, &error));
    REFUSED(kpc_get_message_box_index_counter_remote(client, &stream.first, KPC_SOON, &number, &error));
    REFUSED(kpc_get_pki_document_raw(client, 0, KPC_SOON, &buffer, &number, &error));
    CHECK(buffer == NULL && envelope == NULL && number == 0);
    /* A range says as far as it got, which is nowhere. */
    REFUSED(kpc_tombstone_range(client, &stream.writer, &stream.first, 2, KPC_SOON, &tombstones, &error));
    why = kpc_tombstones_error(tombstones);
    CHECK(tombstones == NULL && why == NULL);
#undef REFUSED
}

/* Streams for couriers, vouchers, authorities. */
static void streams_are_refused(void)
{
    const uint8_t bytes[32] = {1};
    kpc_stream_elements *made = NULL;
    kpc_voucher *voucher = NULL;
    kpc_authorities *authorities = NULL;
    kpc_write_cap writer;
    kpc_read_cap reader;
    kpc_service courier;
    kpc_hash hash;

    memset(&hash, 7, sizeof hash);
    OK(kpc_client_courier(client, &courier, &error));
#define REFUSED(call) ERROR(KPC_ERR_UNSUPPORTED, call)
    REFUSED(kpc_create_courier_envelopes_from_payload(client, bytes, 9, &stream.writer, &stream.first, true, true,
                                                      KPC_SOON, &made, &error));
    REFUSED(kpc_create_courier_envelopes_from_tombstone_range(client, &stream.writer, &stream.first, 2, true, true,
                                                              NULL, 0, KPC_SOON, &made, &error));
    REFUSED(kpc_send_nested_copy(client, bytes, 9, &stream.writer, &stream.first, &courier, 1, KPC_SOON, NULL,
                                 &error));
    REFUSED(kpc_voucher_mint(client, &stream.writer, "Alice", 5, KPC_SOON, &voucher, &error));
    REFUSED(kpc_voucher_derive_stream(client, &hash, KPC_SOON, &writer, &reader, &error));
    REFUSED(kpc_voucher_induct(client, &hash, bytes, 9, bytes, 9, KPC_SOON, &voucher, &error));
    REFUSED(kpc_voucher_open(client, bytes, sizeof bytes, bytes, 9, &stream.writer, KPC_SOON, &voucher, &error));
    REFUSED(kpc_get_directory_authorities(client, KPC_SOON, &authorities, &error));
    CHECK(made == NULL && voucher == NULL && authorities == NULL);
#undef REFUSED
}

/* Channels and plain messages. */
static void the_rest_works(void)
{
    kpc_channel channel = 0;
    kpc_write_cap writer;
    kpc_read_cap reader;
    kpc_service echo;
    kpc_buffer *reply = NULL;

    OK(kpc_create_write_channel(client, KPC_SOON, &channel, &reader, &writer, &error));
    CHECK(channel != 0);
    OK(kpc_client_get_service(client, "echo", &echo, &error));
    OK(kpc_send_message_await_reply(client, &echo, (const uint8_t *)"hello", 5, KPC_SOON, &reply, &error));
    CHECK(kpc_buffer_len(reply) > 5 && memcmp(kpc_buffer_data(reply), "hello", 6) == 0);
    kpc_buffer_free(reply);
}

/* Its process has no name, which is no matter of whether the client is with it. */
static void no_token(void)
{
    kpc_id token;

    ERROR(KPC_ERR_UNSUPPORTED, kpc_client_daemon_token(client, &token, &error));
    OK(kpc_client_disconnect(client, &error));
    CHECK(!kpc_client_is_attached(client));
    ERROR(KPC_ERR_UNSUPPORTED, kpc_client_daemon_token(client, &token, &error));
    CHECK(kpc_test_filled(&token, 0, sizeof token));
    OK(kpc_client_connect(client, KPC_SOON, &error));
}

static kpc_client *connected(void)
{
    kpc_config *config = NULL;
    kpc_client *made = NULL;
    OK(kpc_config_load_file("thinclient.toml", &config, &error));
    OK(kpc_client_new(config, &made, &error));
    kpc_config_free(config);
    OK(kpc_client_connect(made, KPC_SOON, &error));
    return made;
}

int main(void)
{
    long before;

    stream = kpc_test_stream_of(1);
    kpc_sim_start(&sim, "--instant --config-out thinclient.toml --protocol v0.0.72");
    client = connected();
    client_supports(1);
    no_token();
    before = kpc_sim_requests(&sim);
    boxes_are_refused();
    streams_are_refused();
    CHECK(kpc_sim_requests(&sim) == before);
    the_rest_works();
    kpc_client_free(client);
    kpc_sim_stop(&sim);

    kpc_sim_start(&sim, "--instant --config-out thinclient.toml");
    client = connected();
    client_supports(0);
    kpc_client_free(client);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
