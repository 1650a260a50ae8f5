/* Each kind of event of the daemon and of the connection: when it comes, once, and what is in it.
 * Those of messages, channels and copies are with these. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

static kpc_error *error;
static kpc_sim sim;
static kpc_client *client;
static kpc_event_sink *sink;

static void begin(void)
{
    client = kpc_sim_connected(&sim);
    OK(kpc_event_sink_open(client, 64, &sink, &error));
}

static void end(void)
{
    kpc_event_sink_free(sink);
    kpc_client_free(client);
    CHECK(kpc_sim_until(&sim, "connections", 0));
}

/* The next event, which is of this kind. */
static kpc_event *next_is(int32_t kind)
{
    kpc_event *event = NULL;
    OK(kpc_event_sink_next(sink, KPC_SOON, &event, &error));
    if (!CHECK(kpc_event_kind(event) == kind)) {
        printf("    kind %d, not %d\n", (int)kpc_event_kind(event), (int)kind);
    }
    return event;
}

static void expect(int32_t kind)
{
    kpc_event_free(next_is(kind));
}

static void nothing_more(void)
{
    kpc_event *event = NULL;
    ERROR(KPC_ERR_TIMEOUT, kpc_event_sink_next(sink, KPC_NO_WAIT, &event, &error));
}

/* An answer of the daemon: whatever it sent before has been taken in. */
static void ask(void)
{
    kpc_test_stream stream = kpc_test_stream_of(1);
    kpc_box_index next;
    OK(kpc_next_message_box_index_remote(client, &stream.first, KPC_SOON, &next, &error));
}

/* Once at the beginning and once for each change, with the daemon's token and no error. */
static void event_connection_status(void)
{
    int connected;

    begin();
    for (connected = 1; connected >= 0; connected--) {
        kpc_event *event = next_is(KPC_EVENT_CONNECTION_STATUS);
        kpc_id told, token;
        CHECK(kpc_event_is_connected(event) == connected);
        OK(kpc_event_instance_token(event, &told, &error));
        OK(kpc_client_daemon_token(client, &token, &error));
        CHECK(memcmp(&told, &token, sizeof told) == 0 && !kpc_test_filled(&told, 0, sizeof told));
        CHECK(kpc_event_error(event) == NULL);
        kpc_event_free(event);
        if (connected) {
            expect(KPC_EVENT_PKI_DOCUMENT);
            ask();
            nothing_more();
            kpc_sim_say(&sim, "offline");
        }
    }
    kpc_sim_say(&sim, "online");
    expect(KPC_EVENT_CONNECTION_STATUS);
    end();
}

/* Whatever the daemon says is wrong comes as it was sent, of whatever shape, while it is so. */
static void event_err_cbor(void)
{
    static const char *const sent[] = {"64646f776e", "a1636d736763627965", "a0", "01"};
    size_t i;

    begin();
    expect(KPC_EVENT_CONNECTION_STATUS);
    expect(KPC_EVENT_PKI_DOCUMENT);
    for (i = 0; i < sizeof sent / sizeof sent[0]; i++) {
        char command[64], hex[64] = "";
        kpc_buffer *cbor = NULL;
        kpc_event *event;
        size_t at;

        snprintf(command, sizeof command, "offline %s", sent[i]);
        kpc_sim_say(&sim, command);
        event = next_is(KPC_EVENT_CONNECTION_STATUS);
        CHECK(!kpc_event_is_connected(event));
        OK(kpc_event_err_cbor(event, &cbor, &error));
        for (at = 0; at < kpc_buffer_len(cbor) && 2 * at + 2 < sizeof hex; at++) {
            snprintf(hex + 2 * at, 3, "%02x", kpc_buffer_data(cbor)[at]);
        }
        CHECK(strcmp(hex, sent[i]) == 0);
        kpc_buffer_free(cbor);
        kpc_event_free(event);

        kpc_sim_say(&sim, "online");
        event = next_is(KPC_EVENT_CONNECTION_STATUS);
        CHECK(kpc_event_is_connected(event));
        ERROR(KPC_ERR_ARG_VALUE, kpc_event_err_cbor(event, &cbor, &error));
        kpc_event_free(event);
    }
    end();
}

/* One for each epoch, parsed: what is in it is what the client has then. */
static void event_pki_document(void)
{
    uint64_t epoch = 0;
    int round;

    begin();
    expect(KPC_EVENT_CONNECTION_STATUS);
    for (round = 0; round < 3; round++) {
        kpc_event *event = next_is(KPC_EVENT_PKI_DOCUMENT);
        kpc_pki_document *document = NULL, *current = NULL;
        kpc_services *services = NULL;
        OK(kpc_event_pki_document(event, &document, &error));
        OK(kpc_client_pki_document(client, &current, &error));
        CHECK(kpc_pki_document_epoch(document) == kpc_pki_document_epoch(current));
        CHECK(epoch == 0 || kpc_pki_document_epoch(document) == epoch + 1);
        epoch = kpc_pki_document_epoch(document);
        OK(kpc_pki_document_find_services(document, "echo", &services, &error));
        CHECK(kpc_services_count(services) >= 1);
        kpc_services_free(services);
        kpc_pki_document_free(document);
        kpc_pki_document_free(current);
        kpc_event_free(event);
        ask();
        nothing_more();
        kpc_sim_say(&sim, "epoch-advance");
    }
    expect(KPC_EVENT_PKI_DOCUMENT);
    end();
}

/* The document as the daemon sent it. */
static void event_payload(void)
{
    kpc_event *event;
    kpc_pki_document *document;
    kpc_buffer *payload = NULL, *cbor = NULL;

    begin();
    event = next_is(KPC_EVENT_CONNECTION_STATUS);
    ERROR(KPC_ERR_ARG_VALUE, kpc_event_payload(event, &payload, &error));
    kpc_event_free(event);
    event = next_is(KPC_EVENT_PKI_DOCUMENT);
    OK(kpc_event_payload(event, &payload, &error));
    OK(kpc_event_pki_document(event, &document, &error));
    kpc_event_free(event);
    OK(kpc_pki_document_cbor(document, &cbor, &error));
    /* A map of CBOR, the same bytes in both. */
    CHECK(kpc_buffer_len(payload) > 1000 && (kpc_buffer_data(payload)[0] & 0xe0) == 0xa0);
    CHECK(kpc_buffer_len(payload) == kpc_buffer_len(cbor) &&
          memcmp(kpc_buffer_data(payload), kpc_buffer_data(cbor), kpc_buffer_len(cbor)) == 0);
    kpc_pki_document_free(document);
    kpc_buffer_free(payload);
    kpc_buffer_free(cbor);
    end();
}

/* The kinds of one life, in their order; nothing is of no kind. */
static void event_kind(void)
{
    kpc_event *event;

    begin();
    CHECK(kpc_event_kind(NULL) == KPC_EVENT_NONE);
    expect(KPC_EVENT_CONNECTION_STATUS);
    event = next_is(KPC_EVENT_PKI_DOCUMENT);
    kpc_event_free(event);
    CHECK(kpc_event_kind(event) == KPC_EVENT_NONE);
    kpc_sim_say(&sim, "cut");
    expect(KPC_EVENT_DISCONNECTED);
    expect(KPC_EVENT_CONNECTION_STATUS);
    expect(KPC_EVENT_RESUMED);
    STATUS(KPC_OK, kpc_client_close(client, KPC_FOREVER, NULL));
    expect(KPC_EVENT_CLOSED);
    end();
}

/* The same daemon as before: its token stays, and so does what it keeps for this client. */
static void event_resumed(void)
{
    kpc_id before, after;

    begin();
    OK(kpc_client_daemon_token(client, &before, &error));
    expect(KPC_EVENT_CONNECTION_STATUS);
    expect(KPC_EVENT_PKI_DOCUMENT);
    kpc_sim_say(&sim, "cut");
    expect(KPC_EVENT_DISCONNECTED);
    expect(KPC_EVENT_CONNECTION_STATUS);
    expect(KPC_EVENT_RESUMED);
    OK(kpc_client_daemon_token(client, &after, &error));
    CHECK(memcmp(&before, &after, sizeof before) == 0);
    ask();
    nothing_more();
    /* To leave and to come back is the same, save that it was on purpose. */
    OK(kpc_client_disconnect(client, &error));
    expect(KPC_EVENT_DISCONNECTED);
    OK(kpc_client_connect(client, KPC_SOON, &error));
    expect(KPC_EVENT_CONNECTION_STATUS);
    expect(KPC_EVENT_RESUMED);
    end();
}

/* Another process of the daemon is known by its token, and told once. */
static void client_daemon_token(void)
{
    kpc_event *event;
    kpc_id before, after, told;
    int32_t kind;

    begin();
    OK(kpc_client_daemon_token(client, &before, &error));
    CHECK(!kpc_test_filled(&before, 0, sizeof before));
    expect(KPC_EVENT_CONNECTION_STATUS);
    expect(KPC_EVENT_PKI_DOCUMENT);
    kpc_sim_say(&sim, "restart");
    expect(KPC_EVENT_DISCONNECTED);
    event = next_is(KPC_EVENT_CONNECTION_STATUS);
    OK(kpc_event_instance_token(event, &told, &error));
    kpc_event_free(event);
    OK(kpc_client_daemon_token(client, &after, &error));
    CHECK(memcmp(&told, &after, sizeof told) == 0 && memcmp(&before, &after, sizeof before) != 0);
    do { /* of its document where that is another one, and then of itself */
        event = NULL;
        OK(kpc_event_sink_next(sink, KPC_SOON, &event, &error));
        kind = kpc_event_kind(event);
        kpc_event_free(event);
    } while (kind == KPC_EVENT_PKI_DOCUMENT);
    CHECK(kind == KPC_EVENT_RESTARTED);
    ask();
    nothing_more();
    end();
}

static int lost(int graceful)
{
    kpc_event *event = next_is(KPC_EVENT_DISCONNECTED);
    kpc_error *reason = kpc_event_error(event);
    int good = kpc_event_is_graceful(event) == graceful && (reason == NULL) == graceful;
    if (!graceful) {
        STATUS(KPC_ERR_CONNECTION_LOST, kpc_error_status(reason));
        CHECK(kpc_error_message(reason)[0] != 0);
    }
    kpc_error_free(reason);
    kpc_event_free(event);
    return good;
}

/* Lost with a reason; left on purpose; ended with notice. */
static void event_disconnected(void)
{
    begin();
    expect(KPC_EVENT_CONNECTION_STATUS);
    expect(KPC_EVENT_PKI_DOCUMENT);
    kpc_sim_say(&sim, "cut");
    CHECK(lost(0));
    expect(KPC_EVENT_CONNECTION_STATUS);
    expect(KPC_EVENT_RESUMED);
    OK(kpc_client_disconnect(client, &error));
    CHECK(lost(1));
    /* The client is not there any more, and to leave once more is no second loss. */
    OK(kpc_client_disconnect(client, &error));
    nothing_more();
    end();
}

/* The daemon says that it goes, then it is gone: on purpose, and not for ever. */
static void event_shutdown(void)
{
    begin();
    expect(KPC_EVENT_CONNECTION_STATUS);
    expect(KPC_EVENT_PKI_DOCUMENT);
    kpc_sim_say(&sim, "restart 50 graceful");
    expect(KPC_EVENT_SHUTDOWN);
    CHECK(lost(1));
    expect(KPC_EVENT_CONNECTION_STATUS);
    ask();
    end();
}

/* The last one, in every sink; after it they say that they are closed. */
static void event_closed(void)
{
    kpc_event_sink *other = NULL;
    kpc_event *event = NULL;
    int i;

    begin();
    OK(kpc_event_sink_open(client, 4, &other, &error));
    expect(KPC_EVENT_CONNECTION_STATUS);
    expect(KPC_EVENT_PKI_DOCUMENT);
    STATUS(KPC_OK, kpc_client_close(client, KPC_FOREVER, NULL));
    expect(KPC_EVENT_CLOSED);
    ERROR(KPC_ERR_CLOSED, kpc_event_sink_next(sink, KPC_FOREVER, &event, &error));
    for (i = 0; i < 3; i++) {
        OK(kpc_event_sink_next(other, KPC_NO_WAIT, &event, &error));
        CHECK((kpc_event_kind(event) == KPC_EVENT_CLOSED) == (i == 2));
        kpc_event_free(event);
    }
    ERROR(KPC_ERR_CLOSED, kpc_event_sink_next(other, KPC_FOREVER, &event, &error));
    kpc_event_sink_free(other);
    end();
}

/* An answer that comes as an event: with its operation's number and its result. */
static void event_operation(void)
{
    kpc_test_stream stream = kpc_test_stream_of(3);
    kpc_completion done;
    kpc_box_index next, expected;
    kpc_event *event;
    kpc_result *result;
    kpc_op op = 0;

    begin();
    expect(KPC_EVENT_CONNECTION_STATUS);
    expect(KPC_EVENT_PKI_DOCUMENT);
    memset(&done, 0, sizeof done);
    done.sink = sink;
    OK(kpc_next_message_box_index_remote_async(client, &stream.first, KPC_SOON, &done, &op, &error));
    event = next_is(KPC_EVENT_OPERATION);
    OK(kpc_event_result(event, &result, &error));
    kpc_event_free(event);
    CHECK(op != 0 && kpc_result_op(result) == op);
    OK(kpc_next_message_box_index_remote_result(result, &next, &error));
    OK(kpc_next_message_box_index(&stream.first, &expected, &error));
    CHECK(memcmp(&next, &expected, sizeof next) == 0);
    kpc_result_free(result);
    nothing_more();
    end();
}

static int32_t kinds[8];
static int taken, dropped;

static void on_event(const kpc_event *event, void *user_data)
{
    CHECK(user_data == kinds);
    if (CHECK(taken < 8)) {
        kinds[taken] = kpc_event_kind(event);
        kpc_seen_one_more(&taken);
    }
}

static void on_drop(void *user_data)
{
    CHECK(user_data == kinds);
    kpc_seen_one_more(&dropped);
}

/* A callback gets what waits and what comes, in order, until the end; its data is let go of once. */
static void event_sink_on_event(void)
{
    begin();
    OK(kpc_event_sink_on_event(sink, on_event, kinds, on_drop, &error));
    CHECK(kpc_seen_until(&taken, 2));
    kpc_sim_say(&sim, "epoch-advance");
    CHECK(kpc_seen_until(&taken, 3));
    kpc_sim_say(&sim, "offline");
    CHECK(kpc_seen_until(&taken, 4) && dropped == 0);
    kpc_sim_say(&sim, "online");
    CHECK(kpc_seen_until(&taken, 5));
    STATUS(KPC_OK, kpc_client_close(client, KPC_FOREVER, NULL));
    CHECK(kpc_seen_until(&dropped, 1));
    CHECK(kinds[0] == KPC_EVENT_CONNECTION_STATUS && kinds[1] == KPC_EVENT_PKI_DOCUMENT);
    CHECK(kinds[2] == KPC_EVENT_PKI_DOCUMENT && kinds[3] == KPC_EVENT_CONNECTION_STATUS);
    CHECK(kinds[4] == KPC_EVENT_CONNECTION_STATUS && kinds[5] == KPC_EVENT_CLOSED);
    CHECK(taken == 6 && dropped == 1);
    end();
}

/* The courier of a copy that runs is in no new document: another network came in its place. */
static void event_courier_vanished(void)
{
    kpc_test_stream never = kpc_test_stream_of(4);
    kpc_pki_document *document = NULL;
    kpc_event *event = NULL;
    kpc_service courier;
    kpc_hash stream, told;
    kpc_op op = 0;
    int32_t kind;

    begin();
    OK(kpc_client_courier(client, &courier, &error));
    OK(kpc_client_pki_document(client, &document, &error));
    CHECK(kpc_pki_document_has_identity(document, &courier.node));
    kpc_pki_document_free(document);
    OK(kpc_start_resending_copy_command_async(client, &never.writer, &courier, KPC_FOREVER, NULL, &op, &error));
    CHECK(kpc_sim_until(&sim, "arq_entries", 1));
    kpc_sim_stop(&sim);
    kpc_sim_start_there(&sim, "--instant --grace 1 --epoch 3600 --seed 77");
    do {
        kpc_event_free(event);
        OK(kpc_event_sink_next(sink, KPC_SOON, &event, &error));
        kind = kpc_event_kind(event);
    } while (kind != KPC_EVENT_COURIER_VANISHED && kind != KPC_EVENT_NONE);
    STATUS(KPC_OK, kpc_write_cap_hash(&never.writer, &stream, NULL));
    OK(kpc_event_stream(event, &told, &error));
    CHECK(memcmp(&told, &stream, sizeof told) == 0);
    OK(kpc_event_courier(event, &told, &error));
    CHECK(memcmp(&told, &courier.node, sizeof told) == 0);
    kpc_event_free(event);
    OK(kpc_client_pki_document(client, &document, &error));
    CHECK(!kpc_pki_document_has_identity(document, &courier.node));
    kpc_pki_document_free(document);
    STATUS(KPC_OK, kpc_op_cancel(client, op, NULL));
    OK(kpc_op_wait(client, op, KPC_SOON, NULL, &error));
    end();
}

int main(void)
{
    kpc_sim_start(&sim, "--instant --grace 1 --epoch 3600");
    event_connection_status();
    event_err_cbor();
    event_pki_document();
    event_payload();
    event_kind();
    event_resumed();
    client_daemon_token();
    event_disconnected();
    event_shutdown();
    event_closed();
    event_operation();
    event_sink_on_event();
    event_courier_vanished();
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
