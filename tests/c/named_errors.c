/* Failures that hardly happen, each with its own status and the daemon's number, through the calls
 * that document them: the choice of a capability, vouchers, and what daemons of v0.0.72 say. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

static kpc_error *error;
static kpc_sim sim;
static kpc_client *client;
static kpc_test_stream stream;

/* The call failed like this, by this number of the daemon's, or -1 by no word of his. */
static void told(kpc_status found, kpc_status expected, int32_t code)
{
    STATUS(expected, found);
    STATUS(expected, kpc_error_status(error));
    CHECK(kpc_error_daemon_code(error) == code);
    CHECK(kpc_error_origin(error) == (code < 0 ? KPC_ORIGIN_LIBRARY : KPC_ORIGIN_DAEMON));
    CHECK(strlen(kpc_error_message(error)) > 10);
    kpc_error_free(error);
    error = NULL;
}

/* Exactly one of the two; nothing is sent of any other choice. */
static void err_arg_cap_choice(void)
{
    kpc_envelope *envelope = NULL;
    kpc_buffer *plaintext = NULL;
    kpc_op op = 7;
    long before;
    int i;

    OK(kpc_encrypt_write(client, &stream.writer, &stream.first, (const uint8_t *)"x", 1, KPC_SOON, &envelope,
                         &error));
    before = kpc_sim_requests(&sim);
    for (i = 0; i < 2; i++) {
        const kpc_read_cap *reader = i ? &stream.reader : NULL;
        const kpc_write_cap *writer = i ? &stream.writer : NULL;
        told(kpc_start_resending_encrypted_message(client, reader, writer, &stream.first, -1, envelope, 0, KPC_SOON,
                                                   &plaintext, NULL, &error),
             KPC_ERR_ARG_CAP_CHOICE, -1);
        told(kpc_start_resending_encrypted_message_no_retry(client, reader, writer, &stream.first, -1, envelope,
                                                            KPC_SOON, &plaintext, NULL, &error),
             KPC_ERR_ARG_CAP_CHOICE, -1);
        told(kpc_start_resending_encrypted_message_return_box_exists(client, reader, writer, &stream.first, -1,
                                                                     envelope, KPC_SOON, &plaintext, NULL, &error),
             KPC_ERR_ARG_CAP_CHOICE, -1);
        told(kpc_start_resending_encrypted_message_async(client, reader, writer, &stream.first, -1, envelope, 0,
                                                         KPC_SOON, NULL, &op, &error),
             KPC_ERR_ARG_CAP_CHOICE, -1);
        CHECK(plaintext == NULL && op == 0);
    }
    CHECK(kpc_sim_requests(&sim) == before);
    kpc_envelope_free(envelope);
}

static void err_voucher_signature_invalid(void)
{
    kpc_voucher *voucher = NULL;
    kpc_hash hash;

    memset(&hash, 3, sizeof hash);
    kpc_sim_say(&sim, "error voucher_induct 29");
    told(kpc_voucher_induct(client, &hash, (const uint8_t *)"x", 1, NULL, 0, KPC_SOON, &voucher, &error),
         KPC_ERR_VOUCHER_SIGNATURE_INVALID, 29);
    kpc_sim_say(&sim, "error voucher_mint 4");
    told(kpc_voucher_mint(client, &stream.writer, "Alice", 5, KPC_SOON, &voucher, &error), KPC_ERR_DAEMON_INTERNAL, 4);
    CHECK(voucher == NULL);
}

/* Numbers with a name and without one, on a call that asks the daemon alone. */
static void daemon_codes(void)
{
    static const struct {
        int code;
        kpc_status status;
        int32_t category;
    } all[] = {{1, KPC_ERR_DAEMON_CONNECTION_LOST, KPC_CATEGORY_SESSION},
               {2, KPC_ERR_DAEMON_TIMEOUT, KPC_CATEGORY_TIMEOUT},
               {5, KPC_ERR_DAEMON_MAX_RETRIES, KPC_CATEGORY_DAEMON},
               {8, KPC_ERR_DAEMON_PERMISSION_DENIED, KPC_CATEGORY_DAEMON},
               {9, KPC_ERR_DAEMON_INVALID_PAYLOAD, KPC_CATEGORY_DAEMON},
               {11, KPC_ERR_DAEMON_DUPLICATE_CAPABILITY, KPC_CATEGORY_DAEMON},
               {14, KPC_ERR_DAEMON_INVALID_WRITE_CAPABILITY, KPC_CATEGORY_DAEMON},
               {15, KPC_ERR_DAEMON_INVALID_READ_CAPABILITY, KPC_CATEGORY_DAEMON},
               {21, KPC_ERR_DAEMON_CAPABILITY_ALREADY_IN_USE, KPC_CATEGORY_DAEMON},
               {200, -1200, KPC_CATEGORY_DAEMON}};
    kpc_box_index next;
    size_t i;

    for (i = 0; i < sizeof all / sizeof all[0]; i++) {
        kpc_sim_say(&sim, "error next_message_box_index %d", all[i].code);
        told(kpc_next_message_box_index_remote(client, &stream.first, KPC_SOON, &next, &error), all[i].status,
             all[i].code);
        CHECK(kpc_test_filled(&next, 0, sizeof next));
        CHECK(kpc_status_category(all[i].status) == all[i].category);
    }
    OK(kpc_next_message_box_index_remote(client, &stream.first, KPC_SOON, &next, &error));
}

/* The channels of that time. */
static void channels_of_v0_0_72(void)
{
    kpc_channel channel = 7;
    kpc_read_cap reader;
    kpc_write_cap writer;

    kpc_sim_say(&sim, "error create_write_channel 19");
    told(kpc_create_write_channel(client, KPC_SOON, &channel, &reader, &writer, &error),
         KPC_ERR_DAEMON_IMPOSSIBLE_NEW_WRITE_CAP, 19);
    kpc_sim_say(&sim, "error create_write_channel 20");
    told(kpc_create_write_channel(client, KPC_SOON, &channel, &reader, &writer, &error),
         KPC_ERR_DAEMON_IMPOSSIBLE_NEW_STATEFUL_WRITER, 20);
    CHECK(kpc_test_filled(&reader, 0, sizeof reader) && kpc_test_filled(&writer, 0, sizeof writer));
    kpc_sim_say(&sim, "error create_read_channel 3");
    told(kpc_create_read_channel(client, &stream.reader, KPC_SOON, &channel, &error),
         KPC_ERR_DAEMON_INVALID_REQUEST, 3);
    kpc_sim_say(&sim, "error resume_write_channel 16");
    told(kpc_resume_write_channel(client, &stream.writer, NULL, KPC_SOON, &channel, &error),
         KPC_ERR_DAEMON_INVALID_RESUME_WRITE, 16);
    kpc_sim_say(&sim, "error resume_write_channel 18");
    told(kpc_resume_write_channel(client, &stream.writer, NULL, KPC_SOON, &channel, &error),
         KPC_ERR_DAEMON_IMPOSSIBLE_HASH, 18);
    kpc_sim_say(&sim, "error resume_read_channel 17");
    told(kpc_resume_read_channel(client, &stream.reader, NULL, -1, KPC_SOON, &channel, &error),
         KPC_ERR_DAEMON_INVALID_RESUME_READ, 17);
    CHECK(channel == 0);
    OK(kpc_create_write_channel(client, KPC_SOON, &channel, &reader, &writer, &error));
}

int main(void)
{
    kpc_config *config = NULL;

    stream = kpc_test_stream_of(1);
    kpc_sim_start(&sim, "--instant");
    client = kpc_sim_connected(&sim);
    /* The library's own question in the background is over. */
    CHECK(kpc_sim_verified(client));
    err_arg_cap_choice();
    err_voucher_signature_invalid();
    daemon_codes();
    kpc_client_free(client);
    kpc_sim_stop(&sim);

    kpc_sim_start(&sim, "--instant --config-out thinclient.toml --protocol v0.0.72");
    OK(kpc_config_load_file("thinclient.toml", &config, &error));
    OK(kpc_client_new(config, &client, &error));
    kpc_config_free(config);
    OK(kpc_client_connect(client, KPC_SOON, &error));
    channels_of_v0_0_72();
    kpc_client_free(client);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
