/* The daemon is restarted in the middle of a read, says that it stops, loses the mixnet, is away:
 * the client waits, goes on by itself, and tells of each once. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

static kpc_error *error;
static kpc_sim sim;

/* Counts events of a kind that are there, until the end of the client. */
static int count_of(kpc_event_sink *sink, int32_t kind)
{
    kpc_event *event = NULL;
    int count = 0;
    while (kpc_event_sink_next(sink, KPC_SOON, &event, NULL) == KPC_OK) {
        count += kpc_event_kind(event) == kind;
        kpc_event_free(event);
    }
    return count;
}

static void write_it(kpc_client *client, const kpc_test_stream *stream)
{
    kpc_box_index next;
    OK(kpc_write_box(client, &stream->writer, &stream->first, (const uint8_t *)"news", 4, 0, KPC_SOON, &next,
                     &error));
}

static void is_read(kpc_client *client, kpc_op op)
{
    kpc_result *result;
    kpc_buffer *plaintext = NULL;
    kpc_box_index next;
    result = WAIT_FOR(client, op);
    OK(kpc_read_box_result(result, &plaintext, &next, &error));
    CHECK(kpc_buffer_len(plaintext) == 4 && memcmp(kpc_buffer_data(plaintext), "news", 4) == 0);
    kpc_buffer_free(plaintext);
    kpc_result_free(result);
}

/* With a read under way, the daemon goes in some way and comes back; then the box is written. */
static void away_during_a_read(uint8_t number, const char *command, int restarts, int graceful)
{
    kpc_client *client = kpc_sim_connected(&sim);
    kpc_test_stream stream = kpc_test_stream_of(number);
    kpc_event_sink *sink = NULL;
    kpc_event *event;
    kpc_error *reason;
    kpc_id before, after;
    kpc_op op = 0;
    long begun = kpc_sim_count(&sim, "encrypt_read");

    OK(kpc_client_daemon_token(client, &before, &error));
    OK(kpc_event_sink_open(client, 64, &sink, &error));
    OK(kpc_read_box_async(client, &stream.reader, &stream.first, 0, KPC_FOREVER, NULL, &op, &error));
    CHECK(kpc_sim_until(&sim, "encrypt_read", begun + 1));
    /* All connections are there: for reads, for encryptions, and for all else. */
    CHECK(kpc_sim_until(&sim, "connections", 3));
    kpc_sim_say(&sim, "%s", command);

    if (graceful) {
        kpc_event_free(EVENT_OF(sink, KPC_EVENT_SHUTDOWN));
    }
    event = EVENT_OF(sink, KPC_EVENT_DISCONNECTED);
    reason = kpc_event_error(event);
    CHECK(kpc_event_is_graceful(event) == graceful);
    CHECK((reason == NULL) == graceful);
    CHECK(graceful || kpc_error_status(reason) == KPC_ERR_CONNECTION_LOST);
    kpc_error_free(reason);
    kpc_event_free(event);
    kpc_event_free(EVENT_OF(sink, restarts ? KPC_EVENT_RESTARTED : KPC_EVENT_RESUMED));
    OK(kpc_client_daemon_token(client, &after, &error));
    CHECK((memcmp(&before, &after, sizeof before) != 0) == restarts);
    CHECK(kpc_client_is_attached(client));

    write_it(client, &stream);
    is_read(client, op);
    STATUS(KPC_OK, kpc_client_close(client, KPC_FOREVER, NULL));
    CHECK(count_of(sink, KPC_EVENT_DISCONNECTED) == 0);
    kpc_event_sink_free(sink);
    kpc_client_free(client);
    CHECK(kpc_sim_until(&sim, "arq_entries", 0));
    CHECK(kpc_sim_until(&sim, "connections", 0));
}

/* It tells of the mixnet; whether there is a daemon at all is another question. */
static void client_is_connected(void)
{
    kpc_client *client = kpc_sim_client(&sim);
    kpc_event_sink *sink = NULL;

    CHECK(!kpc_client_is_connected(client) && !kpc_client_is_attached(client));
    kpc_sim_say(&sim, "offline");
    OK(kpc_client_connect(client, KPC_SOON, &error));
    CHECK(!kpc_client_is_connected(client) && kpc_client_is_attached(client));
    OK(kpc_event_sink_open(client, 64, &sink, &error));
    kpc_event_free(EVENT_OF(sink, KPC_EVENT_CONNECTION_STATUS));
    kpc_sim_say(&sim, "online");
    kpc_event_free(EVENT_OF(sink, KPC_EVENT_CONNECTION_STATUS));
    CHECK(kpc_client_is_connected(client) && kpc_client_is_attached(client));
    kpc_sim_say(&sim, "down");
    kpc_sim_say(&sim, "cut");
    kpc_event_free(EVENT_OF(sink, KPC_EVENT_DISCONNECTED));
    CHECK(!kpc_client_is_connected(client) && !kpc_client_is_attached(client));
    kpc_sim_say(&sim, "up");
    kpc_event_free(EVENT_OF(sink, KPC_EVENT_RESUMED));
    CHECK(kpc_client_is_connected(client) && kpc_client_is_attached(client));
    kpc_event_sink_free(sink);
    kpc_client_free(client);
    CHECK(kpc_sim_until(&sim, "connections", 0));
}

/* Offline, off the mixnet: attached, not connected; plain messages are refused, all else waits. */
static void err_offline(void)
{
    kpc_client *client = kpc_sim_connected(&sim);
    kpc_test_stream stream = kpc_test_stream_of(40);
    kpc_event_sink *sink = NULL;
    kpc_service echo;
    kpc_buffer *reply = NULL;
    kpc_box_index next;
    kpc_id surb;
    kpc_op op = 0;
    long sent;

    OK(kpc_client_get_service(client, "echo", &echo, &error));
    OK(kpc_event_sink_open(client, 64, &sink, &error));
    kpc_event_free(EVENT_OF(sink, KPC_EVENT_CONNECTION_STATUS));
    kpc_sim_say(&sim, "offline");
    kpc_event_free(EVENT_OF(sink, KPC_EVENT_CONNECTION_STATUS));
    CHECK(!kpc_client_is_connected(client) && kpc_client_is_attached(client));

    OK(kpc_new_surb_id(&surb, &error));
    ERROR(KPC_ERR_OFFLINE,
          kpc_send_message_await_reply(client, &echo, (const uint8_t *)"x", 1, KPC_SOON, &reply, &error));
    ERROR(KPC_ERR_OFFLINE, kpc_send_message(client, &surb, &echo, NULL, 0, NULL, &error));
    ERROR(KPC_ERR_OFFLINE, kpc_send_message_without_reply(client, &echo, NULL, 0, NULL, &error));
    CHECK(reply == NULL && kpc_sim_count(&sim, "send_message") == 0);

    /* What the daemon computes by itself goes on. */
    OK(kpc_next_message_box_index_remote(client, &stream.first, KPC_SOON, &next, &error));
    sent = kpc_sim_count(&sim, "start_resending_encrypted_message");
    OK(kpc_write_box_async(client, &stream.writer, &stream.first, (const uint8_t *)"news", 4, 0, KPC_FOREVER, NULL,
                           &op, &error));
    ERROR(KPC_ERR_TIMEOUT, kpc_op_wait(client, op, 50, NULL, &error));
    ERROR(KPC_ERR_TIMEOUT, kpc_client_flush(client, 50, &error));
    CHECK(kpc_sim_count(&sim, "start_resending_encrypted_message") == sent);

    kpc_sim_say(&sim, "online");
    OK(kpc_op_wait(client, op, KPC_SOON, NULL, &error));
    OK(kpc_client_flush(client, KPC_SOON, &error));
    CHECK(kpc_client_is_connected(client));
    OK(kpc_send_message_await_reply(client, &echo, (const uint8_t *)"x", 1, KPC_SOON, &reply, &error));
    CHECK(kpc_buffer_len(reply) > 1 && kpc_buffer_data(reply)[0] == 'x');
    kpc_buffer_free(reply);
    kpc_event_sink_free(sink);
    kpc_client_free(client);
    CHECK(kpc_sim_until(&sim, "connections", 0));
}

/* While the daemon is away a call waits within its time, also one that is made only then. */
static void calls_wait_while_it_is_away(void)
{
    kpc_client *client = kpc_sim_connected(&sim);
    kpc_test_stream stream = kpc_test_stream_of(41);
    kpc_event_sink *sink = NULL;
    kpc_box_index next;
    kpc_op ops[3];
    int i;

    OK(kpc_event_sink_open(client, 64, &sink, &error));
    kpc_sim_say(&sim, "down");
    kpc_sim_say(&sim, "cut");
    kpc_event_free(EVENT_OF(sink, KPC_EVENT_DISCONNECTED));
    CHECK(!kpc_client_is_attached(client));
    ERROR(KPC_ERR_ALREADY_CONNECTED, kpc_client_connect(client, KPC_SOON, &error));
    ERROR(KPC_ERR_TIMEOUT, kpc_next_message_box_index_remote(client, &stream.first, 50, &next, &error));
    OK(kpc_next_message_box_index_remote_async(client, &stream.first, KPC_FOREVER, NULL, &ops[0], &error));
    OK(kpc_write_box_async(client, &stream.writer, &stream.first, (const uint8_t *)"news", 4, 0, KPC_FOREVER, NULL,
                           &ops[1], &error));
    OK(kpc_read_box_async(client, &stream.reader, &stream.first, 0, KPC_FOREVER, NULL, &ops[2], &error));
    for (i = 0; i < 3; i++) {
        ERROR(KPC_ERR_TIMEOUT, kpc_op_wait(client, ops[i], KPC_NO_WAIT, NULL, &error));
    }
    kpc_sim_say(&sim, "up");
    is_read(client, ops[2]);
    OK(kpc_op_wait(client, ops[0], KPC_SOON, NULL, &error));
    OK(kpc_op_wait(client, ops[1], KPC_SOON, NULL, &error));
    kpc_event_sink_free(sink);
    kpc_client_free(client);
    CHECK(kpc_sim_until(&sim, "arq_entries", 0));
}

int main(void)
{
    kpc_sim_start(&sim, "--instant --grace 1");
    client_is_connected();
    err_offline();
    away_during_a_read(30, "cut", 0, 0);
    away_during_a_read(31, "restart", 1, 0);
    away_during_a_read(32, "restart 300", 1, 0);
    away_during_a_read(33, "restart 100 graceful", 1, 1);
    calls_wait_while_it_is_away();
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
