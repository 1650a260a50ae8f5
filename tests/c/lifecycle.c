/* What a client answers before it is connected, while it is, after it was left and after it was
 * closed; connecting and closing twice. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

static kpc_error *error;
static kpc_test_stream stream;
static kpc_envelope *envelope;

/* Every call on the daemon, each of which must say the same. */
static void every_call_says(kpc_status expected, kpc_client *client)
{
    const uint8_t bytes[32] = {1};
    kpc_hash hash;
    kpc_id id;
    kpc_service service;
    kpc_box_index next;
    kpc_write_cap writer;
    kpc_read_cap reader;
    kpc_buffer *buffer = NULL;
    kpc_envelope *sealed = NULL;
    uint64_t number = 0;
    kpc_seen seen;
    kpc_completion done = kpc_seen_by(&seen);
    kpc_op op = 1;

    memset(&hash, 7, sizeof hash);
    memset(&id, 7, sizeof id);
    memset(&service, 7, sizeof service);
    service.queue_len = 4;
    ERROR(expected, kpc_client_flush(client, KPC_SOON, &error));
    ERROR(expected, kpc_send_message(client, &id, &service, bytes, 32, NULL, &error));
    ERROR(expected, kpc_send_message_without_reply(client, &service, bytes, 32, NULL, &error));
    ERROR(expected, kpc_send_message_await_reply(client, &service, bytes, 32, KPC_SOON, &buffer, &error));
    ERROR(expected, kpc_write_box(client, &stream.writer, &stream.first, bytes, 32, 0, KPC_SOON, &next, &error));
    ERROR(expected, kpc_read_box(client, &stream.reader, &stream.first, 0, KPC_SOON, &buffer, &next, &error));
    ERROR(expected, kpc_tombstone_box(client, &stream.writer, &stream.first, KPC_SOON, &next, &error));
    ERROR(expected, kpc_encrypt_read(client, &stream.reader, &stream.first, KPC_SOON, &sealed, &error));
    ERROR(expected, kpc_encrypt_write(client, &stream.writer, &stream.first, bytes, 32, KPC_SOON, &sealed, &error));
    ERROR(expected, kpc_start_resending_encrypted_message(client, NULL, &stream.writer, NULL, -1, envelope, 0,
                                                          KPC_SOON, NULL, NULL, &error));
    ERROR(expected, kpc_cancel_resending_encrypted_message(client, &hash, KPC_SOON, &error));
    ERROR(expected, kpc_start_resending_copy_command(client, &stream.writer, NULL, KPC_SOON, &error));
    ERROR(expected, kpc_cancel_resending_copy_command(client, &hash, KPC_SOON, &error));
    ERROR(expected, kpc_new_keypair_remote(client, bytes, 32, KPC_SOON, &writer, &reader, &next, &error));
    ERROR(expected, kpc_next_message_box_index_remote(client, &stream.first, KPC_SOON, &next, &error));
    ERROR(expected, kpc_get_message_box_index_counter_remote(client, &stream.first, KPC_SOON, &number, &error));
    ERROR(expected, kpc_get_pki_document_raw(client, 0, KPC_SOON, &buffer, &number, &error));
    ERROR(expected, kpc_write_box_async(client, &stream.writer, &stream.first, bytes, 32, 0, KPC_SOON, &done,
                                        &op, &error));
    CHECK(buffer == NULL && sealed == NULL && op == 0);
    /* Nothing was begun, and the completion was let go of. */
    CHECK(seen.drops == 1 && seen.calls == 0);
}

/* What a client knows without asking. */
static void it_knows_nothing(const kpc_client *client)
{
    kpc_pki_document *document = NULL;
    kpc_services *services = NULL;
    kpc_service service;
    kpc_sphinx_geometry sphinx;
    kpc_pigeonhole_geometry boxes;
    kpc_id token;

    CHECK(!kpc_client_is_connected(client) && !kpc_client_is_attached(client));
    CHECK(kpc_client_supports(client, "session_token_reply"));
    ERROR(KPC_ERR_NOT_CONNECTED, kpc_client_daemon_token(client, &token, &error));
    ERROR(KPC_ERR_NOT_CONNECTED, kpc_client_session_token(client, &token, &error));
    ERROR(KPC_ERR_NO_PKI_DOCUMENT, kpc_client_pki_document(client, &document, &error));
    ERROR(KPC_ERR_NO_PKI_DOCUMENT, kpc_client_pki_document_for_epoch(client, 1, &document, &error));
    ERROR(KPC_ERR_NO_PKI_DOCUMENT, kpc_client_get_services(client, "echo", &services, &error));
    ERROR(KPC_ERR_NO_PKI_DOCUMENT, kpc_client_get_service(client, "echo", &service, &error));
    ERROR(KPC_ERR_NO_GEOMETRY, kpc_client_sphinx_geometry(client, &sphinx, &error));
    ERROR(KPC_ERR_NO_GEOMETRY, kpc_client_pigeonhole_geometry(client, &boxes, &error));
}

/* A client that was made is not connected, asks nobody, and is an object of its own. */
static void client_new(kpc_sim *sim)
{
    kpc_config *config = kpc_sim_config(sim), *empty = NULL;
    kpc_client *client = NULL, *other = NULL, *none = NULL;

    OK(kpc_client_new(config, &client, &error));
    OK(kpc_client_new(config, &other, &error));
    CHECK(client != NULL && other != NULL && client != other);
    /* It has a copy of its configuration, which must lead somewhere. */
    kpc_config_free(config);
    ERROR(KPC_ERR_BAD_HANDLE, kpc_client_new(config, &none, &error));
    STATUS(KPC_OK, kpc_config_new(&empty, NULL));
    ERROR(KPC_ERR_CONFIG_NO_TRANSPORT, kpc_client_new(empty, &none, &error));
    kpc_config_free(empty);
    CHECK(none == NULL);
    every_call_says(KPC_ERR_NOT_CONNECTED, client);
    it_knows_nothing(client);
    ERROR(KPC_ERR_NOT_CONNECTED, kpc_client_disconnect(client, &error));
    CHECK(kpc_sim_count(sim, "accepted") == 0);
    kpc_client_free(client);
    every_call_says(KPC_ERR_BAD_HANDLE, client);
    STATUS(KPC_ERR_BAD_HANDLE, kpc_client_close(client, KPC_FOREVER, NULL));
    kpc_client_free(client);
    every_call_says(KPC_ERR_NOT_CONNECTED, other);
    kpc_client_free(other);
}

/* When connect returns everything is there that comes with the handshake. */
static void client_connect(kpc_sim *sim)
{
    kpc_client *client = kpc_sim_client(sim);
    kpc_pki_document *document = NULL;
    kpc_pigeonhole_geometry boxes;
    kpc_box_index next, expected;
    kpc_id token, own;

    OK(kpc_client_connect(client, KPC_SOON, &error));
    CHECK(kpc_client_is_connected(client) && kpc_client_is_attached(client));
    OK(kpc_client_daemon_token(client, &token, &error));
    CHECK(!kpc_test_filled(&token, 0, sizeof token));
    OK(kpc_client_session_token(client, &own, &error));
    CHECK(!kpc_test_filled(&own, 0, sizeof own) && memcmp(&own, &token, sizeof own) != 0);
    OK(kpc_client_pki_document(client, &document, &error));
    CHECK(kpc_pki_document_epoch(document) > 0);
    kpc_pki_document_free(document);
    OK(kpc_client_pigeonhole_geometry(client, &boxes, &error));
    OK(kpc_next_message_box_index_remote(client, &stream.first, KPC_SOON, &next, &error));
    OK(kpc_next_message_box_index(&stream.first, &expected, &error));
    CHECK(memcmp(&next, &expected, sizeof next) == 0);
    ERROR(KPC_ERR_ALREADY_CONNECTED, kpc_client_connect(client, KPC_SOON, &error));
    OK(kpc_client_flush(client, KPC_SOON, &error));
    CHECK(kpc_sim_until(sim, "sessions", 1));
    kpc_client_free(client);
    CHECK(kpc_sim_until(sim, "sessions", 0));
}

/* The daemon was told goodbye, so it keeps nothing; and this is the end of the client. */
static void client_close(kpc_sim *sim)
{
    kpc_client *client = kpc_sim_connected(sim);
    kpc_event_sink *sink = NULL;
    long goodbyes = kpc_sim_count(sim, "thin_close");

    CHECK(kpc_sim_until(sim, "sessions", 1));
    STATUS(KPC_OK, kpc_client_close(client, KPC_FOREVER, NULL));
    CHECK(kpc_sim_until(sim, "sessions", 0));
    CHECK(kpc_sim_count(sim, "thin_close") > goodbyes);
    every_call_says(KPC_ERR_CLOSED, client);
    ERROR(KPC_ERR_CLOSED, kpc_client_connect(client, KPC_SOON, &error));
    ERROR(KPC_ERR_CLOSED, kpc_client_disconnect(client, &error));
    ERROR(KPC_ERR_CLOSED, kpc_event_sink_open(client, 1, &sink, &error));
    CHECK(!kpc_client_is_connected(client) && !kpc_client_is_attached(client));
    STATUS(KPC_OK, kpc_client_close(client, KPC_FOREVER, NULL));
    kpc_client_free(client);
}

/* To free a client says goodbye as well. */
static void free_says_goodbye(kpc_sim *sim)
{
    kpc_client *client = kpc_sim_connected(sim);
    long goodbyes = kpc_sim_count(sim, "thin_close");

    CHECK(kpc_sim_until(sim, "sessions", 1));
    kpc_client_free(client);
    CHECK(kpc_sim_until(sim, "sessions", 0));
    CHECK(kpc_sim_count(sim, "thin_close") > goodbyes);
}

/* Also where a connection had given its token and was not answered yet: the first one of a client,
 * and one that is opened for its first read. */
static void goodbye_in_mid_handshake(kpc_sim *sim)
{
    kpc_client *client = kpc_sim_client(sim);
    long tokens = kpc_sim_count(sim, "session_token");
    kpc_seen seen;
    kpc_completion done = kpc_seen_by(&seen);

    kpc_sim_say(sim, "swallow session_token_reply");
    OK(kpc_client_connect_async(client, KPC_FOREVER, &done, NULL, &error));
    CHECK(kpc_sim_until(sim, "session_token", tokens + 1));
    kpc_client_free(client);
    CHECK(kpc_seen_until(&seen.drops, 1));
    CHECK(seen.calls == 1 && seen.status == KPC_ERR_CLOSED);
    CHECK(kpc_sim_until(sim, "sessions", 0));

    client = kpc_sim_connected(sim);
    kpc_sim_say(sim, "swallow session_token_reply");
    OK(kpc_read_box_async(client, &stream.reader, &stream.first, 0, KPC_FOREVER, NULL, NULL, &error));
    CHECK(kpc_sim_at_least(sim, "session_token", tokens + 3));
    kpc_client_free(client);
    CHECK(kpc_sim_until(sim, "sessions", 0));
}

static void *wait_for_it(void *argument)
{
    kpc_client *client = (kpc_client *)argument;
    kpc_buffer *plaintext = NULL;
    kpc_box_index next;

    STATUS(KPC_ERR_CLOSED, kpc_read_box(client, &stream.reader, &stream.first, 0, KPC_FOREVER, &plaintext, &next,
                                        NULL));
    CHECK(plaintext == NULL && kpc_test_filled(&next, 0, sizeof next));
    return NULL;
}

/* Waits until so many operations run, behind calls that wait too. */
static int operations_until(kpc_client *client, uint64_t count)
{
    int64_t end = kpc_test_now_ms() + KPC_SOON;
    kpc_stats stats;

    do {
        kpc_test_nap();
        OK(kpc_client_stats(client, &stats, sizeof stats, &error));
    } while (stats.operations_running != count && kpc_test_now_ms() < end);
    return stats.operations_running == count;
}

/* Whatever runs when the client is closed ends: callers that wait, and operations. */
static void err_closed(kpc_sim *sim)
{
    enum { MANY = 4 };
    kpc_client *client = kpc_sim_connected(sim);
    kpc_test_stream own = kpc_test_stream_of(9);
    pthread_t threads[MANY];
    kpc_seen seen[MANY];
    kpc_op write = 0;
    int i;

    kpc_sim_say(sim, "hold");
    OK(kpc_write_box_async(client, &own.writer, &own.first, NULL, 0, 0, KPC_FOREVER, NULL, &write, &error));
    for (i = 0; i < MANY; i++) {
        kpc_completion done = kpc_seen_by(&seen[i]);
        OK(kpc_read_box_async(client, &stream.reader, &stream.first, 0, KPC_FOREVER, &done, NULL, &error));
        CHECK(pthread_create(&threads[i], NULL, wait_for_it, client) == 0);
    }
    /* All of them are under way, those whose turn is not near without an envelope yet. */
    CHECK(operations_until(client, 1 + 2 * MANY));
    CHECK(kpc_sim_at_least(sim, "encrypt_read", 1));
    STATUS(KPC_OK, kpc_client_close(client, KPC_FOREVER, NULL));
    for (i = 0; i < MANY; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
        CHECK(kpc_seen_until(&seen[i].drops, 1));
        CHECK(seen[i].calls == 1 && seen[i].status == KPC_ERR_CLOSED);
    }
    {
        kpc_result *result = WAIT_FOR(client, write);
        STATUS(KPC_ERR_CLOSED, kpc_result_status(result));
        kpc_result_free(result);
    }
    kpc_client_free(client);
    kpc_sim_say(sim, "release");
    CHECK(kpc_sim_until(sim, "arq_entries", 0));
}

/* Leaving keeps the session at the daemon, and work waits until the client comes back. */
static void client_disconnect(kpc_sim *sim)
{
    kpc_client *client = kpc_sim_connected(sim);
    kpc_box_index next;
    kpc_op op = 0;

    CHECK(kpc_sim_until(sim, "sessions", 1));
    OK(kpc_client_disconnect(client, &error));
    OK(kpc_client_disconnect(client, &error));
    CHECK(!kpc_client_is_attached(client) && !kpc_client_is_connected(client));
    CHECK(kpc_sim_until(sim, "absent_sessions", 1));

    ERROR(KPC_ERR_TIMEOUT, kpc_next_message_box_index_remote(client, &stream.first, 20, &next, &error));
    OK(kpc_write_box_async(client, &stream.writer, &stream.first, (const uint8_t *)"later", 5, 0, KPC_SOON,
                           NULL, &op, &error));
    ERROR(KPC_ERR_TIMEOUT, kpc_op_wait(client, op, 20, NULL, &error));
    OK(kpc_client_connect(client, KPC_SOON, &error));
    OK(kpc_op_wait(client, op, KPC_SOON, NULL, &error));
    OK(kpc_next_message_box_index_remote(client, &stream.first, KPC_SOON, &next, &error));
    CHECK(kpc_sim_until(sim, "arq_entries", 0));
    kpc_client_free(client);
}

/* A client that was never connected, and one that is connecting, end as well as any other. */
static void ends_at_any_time(kpc_sim *sim)
{
    kpc_client *client = kpc_sim_client(sim);
    kpc_seen seen;
    kpc_completion done = kpc_seen_by(&seen);

    kpc_client_free(client);
    client = kpc_sim_client(sim);
    STATUS(KPC_OK, kpc_client_close(client, KPC_FOREVER, NULL));
    STATUS(KPC_OK, kpc_client_close(client, KPC_FOREVER, NULL));
    kpc_client_free(client);

    kpc_sim_say(sim, "hold-first-frame 60000");
    client = kpc_sim_client(sim);
    OK(kpc_client_connect_async(client, KPC_FOREVER, &done, NULL, &error));
    ERROR(KPC_ERR_ALREADY_CONNECTED, kpc_client_connect(client, KPC_SOON, &error));
    kpc_client_free(client);
    CHECK(kpc_seen_until(&seen.drops, 1));
    CHECK(seen.calls == 1 && seen.drops == 1 && seen.status == KPC_ERR_CLOSED);
}

int main(void)
{
    static kpc_sim sim;
    kpc_hash hash;

    kpc_sim_start(&sim, "--instant");
    stream = kpc_test_stream_of(1);
    memset(&hash, 9, sizeof hash);
    OK(kpc_envelope_from_parts((const uint8_t *)"c", 1, (const uint8_t *)"d", 1, &hash, &stream.first,
                               &envelope, &error));
    client_new(&sim);
    client_connect(&sim);
    client_close(&sim);
    free_says_goodbye(&sim);
    goodbye_in_mid_handshake(&sim);
    client_disconnect(&sim);
    err_closed(&sim);
    ends_at_any_time(&sim);
    kpc_envelope_free(envelope);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
