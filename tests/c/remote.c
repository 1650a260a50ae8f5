/* What the daemon tells of its network's sizes, and what it computes if it is asked to. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

static kpc_error *error;
static kpc_sim sim;
static kpc_client *client;

static int same(const void *a, const void *b, size_t size)
{
    return memcmp(a, b, size) == 0;
}

/* Boxes hold what the geometry says, and not a byte more. */
static void client_pigeonhole_geometry(void)
{
    static const uint8_t full[4096] = {1};
    kpc_test_stream stream = kpc_test_stream_of(1);
    kpc_pigeonhole_geometry boxes;
    kpc_envelope *envelope = NULL;
    kpc_buffer *ciphertext = NULL;
    size_t most;

    OK(kpc_client_pigeonhole_geometry(client, &boxes, &error));
    OK(kpc_pigeonhole_geometry_validate(&boxes, &error));
    most = (size_t)boxes.max_plaintext_payload_length;
    CHECK(most > 500 && most < sizeof full);
    CHECK(boxes.courier_query_write_length > most && boxes.courier_query_reply_read_length > most);
    CHECK(strcmp(boxes.signature_scheme_name, "Ed25519") == 0 && boxes.nike_name[0] != 0);
    OK(kpc_encrypt_write(client, &stream.writer, &stream.first, full, most, KPC_SOON, &envelope, &error));
    OK(kpc_envelope_ciphertext(envelope, &ciphertext, &error));
    CHECK(kpc_buffer_len(ciphertext) == boxes.courier_query_write_length);
    kpc_buffer_free(ciphertext);
    kpc_envelope_free(envelope);
    ERROR(KPC_ERR_PAYLOAD_TOO_LARGE,
          kpc_encrypt_write(client, &stream.writer, &stream.first, full, most + 1, KPC_SOON, &envelope, &error));
}

static void client_sphinx_geometry(void)
{
    kpc_sphinx_geometry sphinx;
    kpc_service echo;
    kpc_buffer *reply = NULL;

    OK(kpc_client_sphinx_geometry(client, &sphinx, &error));
    OK(kpc_sphinx_geometry_validate(&sphinx, &error));
    CHECK(sphinx.nr_hops >= 3 && sphinx.packet_length > sphinx.header_length + sphinx.forward_payload_length);
    CHECK(sphinx.forward_payload_length > sphinx.user_forward_payload_length);
    OK(kpc_client_get_service(client, "echo", &echo, &error));
    OK(kpc_send_message_await_reply(client, &echo, (const uint8_t *)"x", 1, KPC_SOON, &reply, &error));
    CHECK(kpc_buffer_len(reply) == sphinx.forward_payload_length);
    kpc_buffer_free(reply);
}

/* A message may be as long as the geometry says; longer ones are refused and not sent. */
static void err_payload_too_large(void)
{
    static const uint8_t full[1 << 16] = {1};
    kpc_sphinx_geometry sphinx;
    kpc_service echo;
    kpc_buffer *reply = NULL;
    kpc_id surb;
    size_t most;
    long sent;

    OK(kpc_client_sphinx_geometry(client, &sphinx, &error));
    most = (size_t)sphinx.user_forward_payload_length;
    CHECK(most < sizeof full);
    OK(kpc_client_get_service(client, "echo", &echo, &error));
    OK(kpc_new_surb_id(&surb, &error));
    OK(kpc_send_message_await_reply(client, &echo, full, most, KPC_SOON, &reply, &error));
    CHECK(kpc_buffer_len(reply) >= most && same(kpc_buffer_data(reply), full, most));
    kpc_buffer_free(reply);
    sent = kpc_sim_count(&sim, "send_message");
    ERROR(KPC_ERR_PAYLOAD_TOO_LARGE,
          kpc_send_message_await_reply(client, &echo, full, most + 1, KPC_SOON, &reply, &error));
    ERROR(KPC_ERR_PAYLOAD_TOO_LARGE, kpc_send_message(client, &surb, &echo, full, most + 1, NULL, &error));
    ERROR(KPC_ERR_PAYLOAD_TOO_LARGE,
          kpc_send_message_without_reply(client, &echo, full, sizeof full, NULL, &error));
    CHECK(reply == NULL);
    OK(kpc_send_message_await_reply(client, &echo, full, 1, KPC_SOON, &reply, &error));
    kpc_buffer_free(reply);
    CHECK(kpc_sim_count(&sim, "send_message") == sent + 1);
}

/* A daemon of today knows today's calls; what a client asks for is a reply by its name. */
static void client_supports(void)
{
    CHECK(kpc_client_supports(client, "get_pki_document_reply"));
    CHECK(kpc_client_supports(client, "session_token_reply"));
    CHECK(!kpc_client_supports(client, "no_such_reply"));
    CHECK(!kpc_client_supports(client, NULL) && !kpc_client_supports(client, "\xff"));
    CHECK(!kpc_client_supports(NULL, "session_token_reply"));
}

static void new_keypair_remote(void)
{
    uint8_t seed[KPC_SEED_SIZE];
    kpc_test_stream local = kpc_test_stream_of(5), remote;
    kpc_result *result;
    kpc_op op = 0;

    memset(seed, 5, sizeof seed);
    memset(&remote, 0, sizeof remote);
    OK(kpc_new_keypair_remote(client, seed, sizeof seed, KPC_SOON, &remote.writer, &remote.reader, &remote.first,
                              &error));
    CHECK(same(&remote, &local, sizeof local));
    memset(&remote, 0, sizeof remote);
    OK(kpc_new_keypair_remote_async(client, seed, sizeof seed, KPC_SOON, NULL, &op, &error));
    result = WAIT_FOR(client, op);
    OK(kpc_new_keypair_remote_result(result, &remote.writer, &remote.reader, &remote.first, &error));
    kpc_result_free(result);
    CHECK(same(&remote, &local, sizeof local));
    ERROR(KPC_ERR_ARG_SIZE, kpc_new_keypair_remote(client, seed, 31, KPC_SOON, &remote.writer, &remote.reader,
                                                   &remote.first, &error));
}

static void next_message_box_index_remote(void)
{
    kpc_test_stream stream = kpc_test_stream_of(6);
    kpc_box_index at = stream.first, next, expected;
    kpc_result *result;
    kpc_op op = 0;
    int i;

    for (i = 0; i < 3; i++) {
        OK(kpc_next_message_box_index(&at, &expected, &error));
        OK(kpc_next_message_box_index_remote(client, &at, KPC_SOON, &next, &error));
        CHECK(same(&next, &expected, sizeof next));
        OK(kpc_next_message_box_index_remote_async(client, &at, KPC_SOON, NULL, &op, &error));
        result = WAIT_FOR(client, op);
        OK(kpc_next_message_box_index_remote_result(result, &next, &error));
        kpc_result_free(result);
        CHECK(same(&next, &expected, sizeof next));
        at = next;
    }
}

static void get_message_box_index_counter_remote(void)
{
    kpc_test_stream stream = kpc_test_stream_of(7);
    kpc_box_index next;
    uint64_t first = 0, second = 0, known = 1;
    kpc_result *result;
    kpc_op op = 0;

    OK(kpc_next_message_box_index(&stream.first, &next, &error));
    OK(kpc_get_message_box_index_counter_remote(client, &stream.first, KPC_SOON, &first, &error));
    OK(kpc_get_message_box_index_counter(&stream.first, &known, &error));
    CHECK(first == known);
    OK(kpc_get_message_box_index_counter_remote_async(client, &next, KPC_SOON, NULL, &op, &error));
    result = WAIT_FOR(client, op);
    OK(kpc_get_message_box_index_counter_remote_result(result, &second, &error));
    kpc_result_free(result);
    CHECK(second == first + 1);
}

/* What a daemon does with a seed is known after a moment, and the library makes the same keys of it; a builder, which draws
   its own seed, works on either. */
static void client_key_derivation(void)
{
    static const struct {
        const char *options;
        int32_t derivation;
    } daemons[] = {{"--instant", KPC_DERIVATION_CURRENT},
                   {"--instant --derivation old", KPC_DERIVATION_BEFORE_HPQC_101}};
    const uint8_t seed[KPC_SEED_SIZE] = {3};
    size_t at;

    CHECK(kpc_client_key_derivation(NULL) == KPC_DERIVATION_UNKNOWN);
    for (at = 0; at < 2; at++) {
        kpc_sim daemon;
        kpc_client *its;
        kpc_write_cap writer, here;
        kpc_read_cap reader, reader_here;
        kpc_box_index first, first_here;
        kpc_copy_builder *builder = NULL;
        int64_t end = kpc_test_now_ms() + KPC_SOON;

        kpc_sim_start(&daemon, daemons[at].options);
        its = kpc_sim_connected(&daemon);
        while (kpc_client_key_derivation(its) == KPC_DERIVATION_UNKNOWN && kpc_test_now_ms() < end)
            kpc_test_nap();
        CHECK(kpc_client_key_derivation(its) == daemons[at].derivation);
        OK(kpc_new_keypair_remote(its, seed, sizeof seed, KPC_SOON, &writer, &reader, &first, &error));
        OK(kpc_new_keypair_by_derivation(daemons[at].derivation, seed, sizeof seed, &here, &reader_here, &first_here,
                                         &error));
        CHECK(same(&writer, &here, sizeof here) && same(&first, &first_here, sizeof first));
        OK(kpc_copy_builder_new(its, &builder, &error));
        kpc_copy_builder_free(builder);
        kpc_client_free(its);
        kpc_sim_stop(&daemon);
    }
}

int main(void)
{
    kpc_sim_start(&sim, "--instant");
    client = kpc_sim_connected(&sim);
    client_pigeonhole_geometry();
    client_sphinx_geometry();
    err_payload_too_large();
    client_supports();
    client_key_derivation();
    new_keypair_remote();
    next_message_box_index_remote();
    get_message_box_index_counter_remote();
    kpc_client_free(client);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
