/* Plain messages: awaited, told by events, and without a reply; what is never sent twice. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

static kpc_error *error;
static kpc_sim sim;
static kpc_client *client;
static kpc_service echo;

/* The network pads with zeros. Takes over the buffer. */
static int is_padded(kpc_buffer *reply, const char *text)
{
    kpc_sphinx_geometry geometry;
    int same;
    OK(kpc_client_sphinx_geometry(client, &geometry, &error));
    same = kpc_buffer_len(reply) == geometry.forward_payload_length &&
           strcmp((const char *)kpc_buffer_data(reply), text) == 0 &&
           kpc_test_filled(kpc_buffer_data(reply) + strlen(text), 0, kpc_buffer_len(reply) - strlen(text));
    kpc_buffer_free(reply);
    return same;
}

static void send_message_await_reply(void)
{
    kpc_buffer *reply = NULL;
    kpc_result *result;
    kpc_op op = 0;

    OK(kpc_send_message_await_reply(client, &echo, bytes("ping"), 4, KPC_SOON, &reply, &error));
    CHECK(is_padded(reply, "ping"));
    OK(kpc_send_message_await_reply_async(client, &echo, bytes("pong"), 4, KPC_SOON, NULL, &op, &error));
    result = WAIT_FOR(client, op);
    OK(kpc_send_message_await_reply_result(result, &reply, &error));
    CHECK(is_padded(reply, "pong"));
    kpc_result_free(result);
}

/* It has left: with both its ids, when, and how long an answer will take. */
static void event_message_sent(kpc_event_sink *sink, const kpc_id *surb, const kpc_id *message)
{
    kpc_event *event = EVENT_OF(sink, KPC_EVENT_MESSAGE_SENT);
    kpc_buffer *payload = NULL;
    kpc_id id;

    OK(kpc_event_message_id(event, &id, &error));
    CHECK(memcmp(&id, message, sizeof id) == 0);
    OK(kpc_event_surb_id(event, &id, &error));
    CHECK(memcmp(&id, surb, sizeof id) == 0);
    CHECK(kpc_event_sent_at_unix(event) > 1700000000 && kpc_event_reply_eta_ns(event) >= 0);
    CHECK(kpc_event_error(event) == NULL);
    ERROR(KPC_ERR_ARG_VALUE, kpc_event_payload(event, &payload, &error));
    kpc_event_free(event);
}

/* Its answer: with both its ids, and what the service said. */
static void event_message_reply(kpc_event_sink *sink, const kpc_id *surb, const kpc_id *message, const char *text)
{
    kpc_event *event = EVENT_OF(sink, KPC_EVENT_MESSAGE_REPLY);
    kpc_buffer *payload = NULL;
    kpc_id id;

    OK(kpc_event_message_id(event, &id, &error));
    CHECK(memcmp(&id, message, sizeof id) == 0);
    OK(kpc_event_surb_id(event, &id, &error));
    CHECK(memcmp(&id, surb, sizeof id) == 0);
    CHECK(kpc_event_error(event) == NULL && kpc_event_reply_index(event) == -1);
    CHECK(kpc_event_sent_at_unix(event) == 0);
    OK(kpc_event_payload(event, &payload, &error));
    CHECK(is_padded(payload, text));
    kpc_event_free(event);
}

/* Sent and answered, each told once with the ids of the message. */
static void send_message(void)
{
    kpc_event_sink *sink = NULL;
    kpc_event *event = NULL;
    kpc_id surb, message;

    OK(kpc_event_sink_open(client, 8, &sink, &error));
    OK(kpc_new_surb_id(&surb, &error));
    OK(kpc_send_message(client, &surb, &echo, bytes("hello"), 5, &message, &error));
    event_message_sent(sink, &surb, &message);
    event_message_reply(sink, &surb, &message, "hello");
    /* Replies that somebody waits for are his alone. */
    send_message_await_reply();
    while (kpc_event_sink_next(sink, KPC_NO_WAIT, &event, NULL) == KPC_OK) {
        CHECK(kpc_event_kind(event) == KPC_EVENT_MESSAGE_SENT);
        kpc_event_free(event);
    }
    kpc_event_sink_free(sink);
}

/* The daemon counts them; nobody else hears of them. */
static void send_message_without_reply(void)
{
    long before = kpc_sim_count(&sim, "send_message");
    kpc_result *result;
    kpc_event_sink *sink = NULL;
    kpc_event *event = NULL;
    kpc_op op = 0;
    kpc_id id;
    int sent = 0;

    OK(kpc_event_sink_open(client, 16, &sink, &error));
    OK(kpc_send_message_without_reply(client, &echo, bytes("shout"), 5, &id, &error));
    CHECK(!kpc_test_filled(&id, 0, sizeof id));
    OK(kpc_send_message_without_reply(client, &echo, bytes("again"), 5, NULL, &error));
    OK(kpc_client_flush_async(client, KPC_SOON, NULL, &op, &error));
    result = WAIT_FOR(client, op);
    OK(kpc_client_flush_result(result, &error));
    kpc_result_free(result);
    CHECK(kpc_sim_until(&sim, "send_message", before + 2));
    /* Of those behind them it is told that they were sent, of them nothing. */
    send_message_await_reply();
    while (kpc_event_sink_next(sink, KPC_NO_WAIT, &event, NULL) == KPC_OK) {
        CHECK(kpc_event_kind(event) != KPC_EVENT_MESSAGE_REPLY);
        sent += kpc_event_kind(event) == KPC_EVENT_MESSAGE_SENT;
        kpc_event_free(event);
    }
    CHECK(sent == 2);
    kpc_event_sink_free(sink);
}

/* To nobody: the daemon says why it cannot be sent. */
static void no_such_service(void)
{
    kpc_service nobody = echo;
    kpc_buffer *reply = NULL;
    kpc_event_sink *sink = NULL;
    kpc_event *event;
    kpc_error *told;
    kpc_id surb;

    memset(&nobody.node, 0x77, sizeof nobody.node);
    ERROR(KPC_ERR_MESSAGE_SEND_FAILED,
          kpc_send_message_await_reply(client, &nobody, bytes("x"), 1, KPC_SOON, &reply, &error));
    CHECK(reply == NULL);
    OK(kpc_event_sink_open(client, 8, &sink, &error));
    OK(kpc_new_surb_id(&surb, &error));
    OK(kpc_send_message(client, &surb, &nobody, bytes("x"), 1, NULL, &error));
    event = EVENT_OF(sink, KPC_EVENT_MESSAGE_SENT);
    told = kpc_event_error(event);
    STATUS(KPC_ERR_MESSAGE_SEND_FAILED, kpc_error_status(told));
    CHECK(strlen(kpc_error_message(told)) > 10);
    CHECK(kpc_event_sent_at_unix(event) == 0);
    kpc_error_free(told);
    kpc_event_free(event);
    kpc_event_sink_free(sink);
}

/* Cut before it was sent: it may or may not have left, and is not sent again. */
static void lost_on_the_way(void)
{
    kpc_event_sink *sink = NULL;
    kpc_event *event;
    kpc_error *told;
    kpc_result *result;
    kpc_buffer *reply = NULL;
    kpc_id surb, id;
    kpc_op op = 0;
    long before = kpc_sim_count(&sim, "send_message");

    OK(kpc_event_sink_open(client, 8, &sink, &error));
    OK(kpc_new_surb_id(&surb, &error));
    kpc_sim_say(&sim, "hold");
    OK(kpc_send_message_await_reply_async(client, &echo, bytes("x"), 1, KPC_FOREVER, NULL, &op, &error));
    OK(kpc_send_message(client, &surb, &echo, bytes("x"), 1, NULL, &error));
    CHECK(kpc_sim_until(&sim, "send_message", before + 2));
    kpc_sim_say(&sim, "cut");
    result = WAIT_FOR(client, op);
    ERROR(KPC_ERR_CONNECTION_LOST, kpc_send_message_await_reply_result(result, &reply, &error));
    kpc_result_free(result);
    event = EVENT_OF(sink, KPC_EVENT_MESSAGE_SENT);
    OK(kpc_event_surb_id(event, &id, &error));
    CHECK(memcmp(&id, &surb, sizeof id) == 0);
    told = kpc_event_error(event);
    STATUS(KPC_ERR_CONNECTION_LOST, kpc_error_status(told));
    kpc_error_free(told);
    kpc_event_free(event);
    kpc_event_free(EVENT_OF(sink, KPC_EVENT_RESUMED));
    kpc_sim_say(&sim, "release");
    send_message_await_reply();
    /* Two of ours before, two of the function just called. */
    CHECK(kpc_sim_count(&sim, "send_message") == before + 4);
    kpc_event_sink_free(sink);
}

/* The daemon says that it forgets. */
static void event_message_id_collected(void)
{
    kpc_event_sink *sink = NULL;
    kpc_event *event;
    kpc_id surb, message, id;

    kpc_sim_say(&sim, "latency 600000");
    OK(kpc_event_sink_open(client, 8, &sink, &error));
    OK(kpc_new_surb_id(&surb, &error));
    OK(kpc_send_message(client, &surb, &echo, bytes("x"), 1, &message, &error));
    event = EVENT_OF(sink, KPC_EVENT_MESSAGE_SENT);
    CHECK(kpc_event_reply_eta_ns(event) >= INT64_C(600000000000));
    kpc_event_free(event);
    kpc_sim_say(&sim, "collect");
    event = EVENT_OF(sink, KPC_EVENT_MESSAGE_ID_COLLECTED);
    OK(kpc_event_message_id(event, &id, &error));
    CHECK(memcmp(&id, &message, sizeof id) == 0);
    kpc_event_free(event);
    kpc_event_sink_free(sink);
    kpc_sim_say(&sim, "latency 0");
}

int main(void)
{
    kpc_sim_start(&sim, "--instant --late-close 0 --lambda-p 0.2");
    client = kpc_sim_connected(&sim);
    OK(kpc_client_get_service(client, "echo", &echo, &error));
    send_message_await_reply();
    send_message();
    send_message_without_reply();
    no_such_service();
    lost_on_the_way();
    event_message_id_collected();
    kpc_client_free(client);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
