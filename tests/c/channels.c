/* Channels of the older API, from C: each call with and without waiting, on both generations of
 * daemons; what is refused; what becomes of a query as events tell it. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_channels.h"

static kpc_channel writing, reading;
static kpc_write_cap write_cap;
static kpc_read_cap read_cap;

static void create_write_channel(void)
{
    kpc_channel again = 0;
    kpc_write_cap other;
    kpc_read_cap of_other, expected;

    OK(kpc_create_write_channel(client, KPC_SOON, &writing, &read_cap, &write_cap, &error));
    CHECK(writing != 0);
    STATUS(KPC_OK, kpc_write_cap_read_cap(&write_cap, &expected, NULL));
    CHECK(memcmp(&expected, &read_cap, sizeof expected) == 0);

    ERROR(KPC_ERR_ARG_NULL,
          kpc_create_write_channel(client, KPC_SOON, NULL, &of_other, &other, &error));
    ERROR(KPC_ERR_ARG_NULL,
          kpc_create_write_channel(NULL, KPC_SOON, &again, &of_other, &other, &error));
    CHECK(again == 0 && kpc_test_filled(&other, 0, sizeof other));
}

/* Its reply: another channel with capabilities of its own, and nothing of another kind. */
static void create_write_channel_result(void)
{
    kpc_channel again = 0;
    kpc_write_cap other;
    kpc_read_cap of_other, expected;
    kpc_op op = 0;
    kpc_result *result;

    OK(kpc_create_write_channel_async(client, KPC_SOON, NULL, &op, &error));
    result = WAIT_FOR(client, op);
    ERROR(KPC_ERR_ARG_VALUE, kpc_create_read_channel_result(result, &again, &error));
    OK(kpc_create_write_channel_result(result, &again, &of_other, &other, &error));
    kpc_result_free(result);
    CHECK(again != 0 && again != writing && memcmp(&other, &write_cap, sizeof other) != 0);
    STATUS(KPC_OK, kpc_write_cap_read_cap(&other, &expected, NULL));
    CHECK(memcmp(&expected, &of_other, sizeof expected) == 0);
}

static void create_read_channel(void)
{
    kpc_channel again = 0;
    kpc_read_cap nonsense;

    OK(kpc_create_read_channel(client, &read_cap, KPC_SOON, &reading, &error));
    CHECK(reading != 0 && reading != writing);
    memset(&nonsense, 0, sizeof nonsense); /* a point of small order */
    ERROR(KPC_ERR_INVALID_CAPABILITY,
          kpc_create_read_channel(client, &nonsense, KPC_SOON, &again, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_create_read_channel(client, NULL, KPC_SOON, &again, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_create_read_channel(client, &read_cap, KPC_SOON, NULL, &error));
    CHECK(again == 0);
}

/* Its reply: another channel for the same capability. */
static void create_read_channel_result(void)
{
    kpc_channel again = 0;
    kpc_read_cap cap;
    kpc_write_cap writer;
    kpc_op op = 0;
    kpc_result *result;

    OK(kpc_create_read_channel_async(client, &read_cap, KPC_SOON, NULL, &op, &error));
    result = WAIT_FOR(client, op);
    ERROR(KPC_ERR_ARG_VALUE, kpc_create_write_channel_result(result, &again, &cap, &writer, &error));
    OK(kpc_create_read_channel_result(result, &again, &error));
    CHECK(again != 0 && again != reading && again != writing);
    kpc_result_free(result);
    OK(kpc_close_channel(client, again, KPC_SOON, &error));
}

/* Nothing comes of a read of this channel's first box. */
static int is_empty(kpc_channel channel)
{
    kpc_channel_query *query = NULL;
    kpc_box_index first;
    int empty;

    STATUS(KPC_OK, kpc_read_cap_first_index(&read_cap, &first, NULL));
    OK(kpc_read_channel(client, channel, &first, -1, KPC_SOON, &query, &error));
    empty = gives(channel, query, "", 1);
    kpc_channel_query_free(query);
    return empty;
}

static void write_channel(void)
{
    kpc_channel_query *query = NULL;

    OK(kpc_write_channel(client, writing, bytes("one"), 3, KPC_SOON, &query, &error));
    CHECK(!kpc_channel_query_is_read(query) && kpc_channel_query_reply_index(query) == -1);
    /* Nothing of it is there before it is sent; sent twice does no harm. */
    CHECK(is_empty(reading));
    CHECK(gives(writing, query, "", 1));
    CHECK(gives(writing, query, "", 1));
    kpc_channel_query_free(query);
    query = NULL;

    ERROR(KPC_ERR_ARG_EMPTY, kpc_write_channel(client, writing, NULL, 0, KPC_SOON, &query, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_write_channel(client, writing, NULL, 1, KPC_SOON, &query, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_write_channel(client, writing, bytes("x"), 1, KPC_SOON, NULL, &error));
    ERROR(KPC_ERR_DAEMON_INVALID_CHANNEL,
          kpc_write_channel(client, reading, bytes("x"), 1, KPC_SOON, &query, &error));
    ERROR(KPC_ERR_DAEMON_CHANNEL_NOT_FOUND,
          kpc_write_channel(client, 12345, bytes("x"), 1, KPC_SOON, &query, &error));
    CHECK(query == NULL);
}

/* What it gives: all that is to be stored before it is sent. */
static void channel_query_payload(void)
{
    kpc_channel_query *query = NULL;
    kpc_buffer *payload = NULL, *descriptor = NULL;
    kpc_box_index first, second, third, current, next;
    kpc_hash hash;
    kpc_op op = 0;
    kpc_result *result;

    STATUS(KPC_OK, kpc_write_cap_first_index(&write_cap, &first, NULL));
    OK(kpc_next_message_box_index(&first, &second, &error));
    OK(kpc_next_message_box_index(&second, &third, &error));
    OK(kpc_write_channel_async(client, writing, bytes("two"), 3, KPC_SOON, NULL, &op, &error));
    result = WAIT_FOR(client, op);
    OK(kpc_write_channel_result(result, &query, &error));
    kpc_result_free(result);
    OK(kpc_channel_query_current_index(query, &current, &error));
    OK(kpc_channel_query_next_index(query, &next, &error));
    CHECK(memcmp(&current, &second, sizeof current) == 0 && memcmp(&next, &third, sizeof next) == 0);
    OK(kpc_channel_query_payload(query, &payload, &error));
    OK(kpc_channel_query_envelope_descriptor(query, &descriptor, &error));
    OK(kpc_channel_query_envelope_hash(query, &hash, &error));
    CHECK(kpc_buffer_len(payload) > 1000 && kpc_buffer_len(descriptor) > 0);
    CHECK(!kpc_test_filled(&hash, 0, sizeof hash));
    kpc_buffer_free(payload);
    kpc_buffer_free(descriptor);
    CHECK(gives(writing, query, "", 1));
    kpc_channel_query_free(query);
}

static void read_channel(void)
{
    kpc_channel_query *query = NULL, *again = NULL;
    kpc_box_index next, current;

    OK(kpc_read_channel(client, reading, NULL, -1, KPC_SOON, &query, &error));
    CHECK(kpc_channel_query_is_read(query) && kpc_channel_query_reply_index(query) == -1);
    CHECK(gives(reading, query, "one", ATTEMPTS));
    OK(kpc_channel_query_next_index(query, &next, &error));
    OK(kpc_read_channel(client, reading, NULL, -1, KPC_SOON, &again, &error));
    OK(kpc_channel_query_current_index(again, &current, &error));
    CHECK(memcmp(&current, &next, sizeof next) == 0);
    CHECK(gives(reading, again, "two", ATTEMPTS));
    kpc_channel_query_free(query);
    kpc_channel_query_free(again);

    ERROR(KPC_ERR_ARG_VALUE, kpc_read_channel(client, reading, NULL, 2, KPC_SOON, &query, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_read_channel(client, reading, NULL, -2, KPC_SOON, &query, &error));
    ERROR(KPC_ERR_DAEMON_INVALID_CHANNEL,
          kpc_read_channel(client, writing, NULL, -1, KPC_SOON, &query, &error));
    CHECK(query == NULL);
}

/* Its reply: for which box, and which of its two replicas is to answer. */
static void channel_query_is_read(void)
{
    kpc_box_index first, second, current, next;
    int32_t replica;

    STATUS(KPC_OK, kpc_read_cap_first_index(&read_cap, &first, NULL));
    OK(kpc_next_message_box_index(&first, &second, &error));
    for (replica = 0; replica < 2; replica++) {
        kpc_channel_query *query = NULL;
        kpc_op op = 0;
        kpc_result *result;
        OK(kpc_read_channel_async(client, reading, &first, replica, KPC_SOON, NULL, &op, &error));
        result = WAIT_FOR(client, op);
        OK(kpc_read_channel_result(result, &query, &error));
        kpc_result_free(result);
        CHECK(kpc_channel_query_is_read(query) && kpc_channel_query_reply_index(query) == replica);
        OK(kpc_channel_query_current_index(query, &current, &error));
        OK(kpc_channel_query_next_index(query, &next, &error));
        CHECK(memcmp(&current, &first, sizeof current) == 0 && memcmp(&next, &second, sizeof next) == 0);
        kpc_channel_query_free(query);
    }
}

/* The same box from the one replica and from the other: both have it, and the answer says which. */
static void read_channel_from(int32_t asked)
{
    kpc_box_index first;
    int i, found = 0;

    STATUS(KPC_OK, kpc_read_cap_first_index(&read_cap, &first, NULL));
    /* An envelope of v0.0.72 names one replica that holds the box and any other one; and its courier
     * has taken it when it was sent once, and answers when it is sent again. */
    for (i = 0; i < 2 * ATTEMPTS && !found; i++) {
        kpc_channel_query *query = NULL;
        kpc_buffer *payload = NULL;
        kpc_id id = new_id();
        int32_t replica = 7;
        OK(kpc_read_channel(client, reading, &first, asked, KPC_SOON, &query, &error));
        gives(reading, query, "", 1);
        OK(kpc_send_channel_query_await_reply(client, reading, query, &courier, &id, KPC_SOON, &payload, &replica,
                                              &error));
        found = kpc_buffer_len(payload) == 3 && memcmp(kpc_buffer_data(payload), "one", 3) == 0;
        CHECK(!found || replica == asked);
        kpc_buffer_free(payload);
        kpc_channel_query_free(query);
    }
    CHECK(found);
}

/* The next event of this kind. */
static kpc_event *event_of(kpc_event_sink *sink, int32_t kind)
{
    for (;;) {
        kpc_event *event = NULL;
        if (!STATUS(KPC_OK, kpc_event_sink_next(sink, KPC_SOON, &event, NULL))) {
            return NULL;
        }
        if (kpc_event_kind(event) == kind) {
            return event;
        }
        kpc_event_free(event);
    }
}

static int is_about(const kpc_event *event, const kpc_id *id)
{
    kpc_id found;
    kpc_error *none = kpc_event_error(event);
    OK(kpc_event_message_id(event, &found, &error));
    CHECK(none == NULL);
    return memcmp(&found, id, sizeof found) == 0;
}

/* It has left: under its message id, and when. */
static void event_channel_query_sent(kpc_event_sink *sink, const kpc_id *id)
{
    kpc_event *event = event_of(sink, KPC_EVENT_CHANNEL_QUERY_SENT);
    CHECK(is_about(event, id) && kpc_event_sent_at_unix(event) > 1700000000);
    kpc_event_free(event);
}

/* It was answered: a write with nothing. */
static void event_channel_query_reply(kpc_event_sink *sink, const kpc_id *id)
{
    kpc_event *event = event_of(sink, KPC_EVENT_CHANNEL_QUERY_REPLY);
    kpc_buffer *payload = NULL;
    CHECK(is_about(event, id) && kpc_event_reply_index(event) == -1);
    OK(kpc_event_payload(event, &payload, &error));
    CHECK(kpc_buffer_len(payload) == 0);
    kpc_buffer_free(payload);
    kpc_event_free(event);
}

static void send_channel_query(void)
{
    kpc_event_sink *sink = NULL;
    kpc_channel_query *query = NULL;
    kpc_id id;
    int i;

    OK(kpc_event_sink_open(client, 16, &sink, &error));
    OK(kpc_write_channel(client, writing, bytes("three"), 5, KPC_SOON, &query, &error));
    for (i = 0; i < 2; i++) { /* the same query, twice */
        id = new_id();
        OK(kpc_send_channel_query(client, writing, query, &courier, &id, &error));
        event_channel_query_sent(sink, &id);
        event_channel_query_reply(sink, &id);
    }
    kpc_event_sink_free(sink);

    ERROR(KPC_ERR_DAEMON_INVALID_CHANNEL,
          kpc_send_channel_query(client, reading, query, &courier, &id, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_send_channel_query(client, writing, NULL, &courier, &id, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_send_channel_query(client, writing, query, NULL, &id, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_send_channel_query(client, writing, query, &courier, NULL, &error));
    kpc_channel_query_free(query);
}

static void send_channel_query_await_reply(void)
{
    kpc_channel_query *query = NULL;
    kpc_buffer *payload = NULL;
    kpc_service nowhere = courier;
    kpc_id id = new_id();
    kpc_op op = 0;
    kpc_hash hash;
    kpc_result *result;
    int32_t replica = 0;

    OK(kpc_write_channel(client, writing, bytes("four"), 4, KPC_SOON, &query, &error));
    nowhere.node.bytes[0] ^= 1;
    ERROR(KPC_ERR_SERVICE_NOT_FOUND,
          kpc_send_channel_query_await_reply(client, writing, query, &nowhere, &id, KPC_SOON, &payload, NULL,
                                             &error));

    /* Held, it is under way until it is cancelled by its hash. */
    kpc_sim_say(&sim, "hold");
    OK(kpc_send_channel_query_await_reply_async(client, writing, query, &courier, &id, KPC_FOREVER, NULL, &op,
                                                &error));
    ERROR(KPC_ERR_BUSY, kpc_send_channel_query(client, writing, query, &courier, &id, &error));
    OK(kpc_channel_query_envelope_hash(query, &hash, &error));
    OK(kpc_cancel_resending_encrypted_message(client, &hash, KPC_SOON, &error));
    result = WAIT_FOR(client, op);
    ERROR(KPC_ERR_START_RESENDING_CANCELLED,
          kpc_send_channel_query_await_reply_result(result, &payload, &replica, &error));
    CHECK(payload == NULL);
    kpc_result_free(result);
    ERROR(KPC_ERR_TIMEOUT, kpc_send_channel_query_await_reply(client, writing, query, &courier, &id, 20,
                                                              &payload, &replica, &error));
    kpc_sim_say(&sim, "release");

    OK(kpc_send_channel_query_await_reply_async(client, writing, query, &courier, &id, KPC_SOON, NULL, &op,
                                                &error));
    result = WAIT_FOR(client, op);
    OK(kpc_send_channel_query_await_reply_result(result, &payload, &replica, &error));
    CHECK(payload != NULL && kpc_buffer_len(payload) == 0 && replica == -1);
    kpc_buffer_free(payload);
    kpc_result_free(result);
    kpc_channel_query_free(query);
}

static void close_channel(void)
{
    kpc_channel_query *query = NULL;

    OK(kpc_close_channel(client, writing, KPC_SOON, &error));
    ERROR(KPC_ERR_DAEMON_CHANNEL_NOT_FOUND, kpc_close_channel(client, writing, KPC_SOON, &error));
    ERROR(KPC_ERR_DAEMON_CHANNEL_NOT_FOUND,
          kpc_write_channel(client, writing, bytes("x"), 1, KPC_SOON, &query, &error));
    CHECK(query == NULL);
}

static void close_channel_result(void)
{
    kpc_channel_query *query = NULL;
    kpc_op op = 0;
    kpc_result *result;

    OK(kpc_close_channel_async(client, reading, KPC_SOON, NULL, &op, &error));
    result = WAIT_FOR(client, op);
    OK(kpc_close_channel_result(result, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_read_channel_result(result, &query, &error));
    kpc_result_free(result);
    ERROR(KPC_ERR_DAEMON_CHANNEL_NOT_FOUND,
          kpc_read_channel(client, reading, NULL, -1, KPC_SOON, &query, &error));
    CHECK(query == NULL);
}

static void everything(const char *options)
{
    kpc_config *config = NULL;

    kpc_sim_start(&sim, options);
    OK(kpc_config_load_file("thinclient.toml", &config, &error));
    OK(kpc_client_new(config, &client, &error));
    kpc_config_free(config);
    ERROR(KPC_ERR_NOT_CONNECTED,
          kpc_create_write_channel(client, KPC_SOON, &writing, &read_cap, &write_cap, &error));
    OK(kpc_client_connect(client, KPC_SOON, &error));
    OK(kpc_client_get_service(client, "courier", &courier, &error));
    create_write_channel();
    create_write_channel_result();
    create_read_channel();
    create_read_channel_result();
    write_channel();
    channel_query_payload();
    read_channel();
    channel_query_is_read();
    read_channel_from(0);
    read_channel_from(1);
    send_channel_query();
    send_channel_query_await_reply();
    close_channel();
    close_channel_result();
    kpc_client_close(client, KPC_FOREVER, NULL);
    ERROR(KPC_ERR_CLOSED,
          kpc_create_write_channel(client, KPC_SOON, &writing, &read_cap, &write_cap, &error));
    kpc_client_free(client);
    kpc_sim_stop(&sim);
}

int main(void)
{
    everything("--instant --late-close 0 --config-out thinclient.toml");
    everything("--instant --late-close 0 --config-out thinclient.toml --protocol v0.0.72");
    return kpc_test_end();
}
