/* The four calls that open a channel again, with and without waiting, and the six workflows that
 * they are for; on both generations of daemons. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

/* A read of v0.0.72 asks one of two replicas each time; so often is more than enough. */
#define ATTEMPTS 50

static kpc_error *error;
static kpc_sim sim;
static kpc_client *client;
static kpc_service courier;

static kpc_buffer *send(kpc_channel channel, const kpc_channel_query *query)
{
    kpc_buffer *payload = NULL;
    OK(kpc_send_channel_query_await_reply(client, channel, query, &courier, NULL, KPC_SOON, &payload, NULL,
                                          &error));
    return payload;
}

static kpc_channel_query *prepare(kpc_channel channel, const char *text)
{
    kpc_channel_query *query = NULL;
    if (text == NULL) {
        OK(kpc_read_channel(client, channel, NULL, -1, KPC_SOON, &query, &error));
    } else {
        OK(kpc_write_channel(client, channel, (const uint8_t *)text, strlen(text), KPC_SOON, &query, &error));
    }
    return query;
}

/* The channel's next write or read is about the box of this query. */
static int stands_at(kpc_channel channel, const kpc_channel_query *query)
{
    kpc_channel_query *other = prepare(channel, kpc_channel_query_is_read(query) ? NULL : "another");
    kpc_box_index here, there;
    OK(kpc_channel_query_current_index(query, &here, &error));
    OK(kpc_channel_query_current_index(other, &there, &error));
    kpc_channel_query_free(other);
    return memcmp(&here, &there, sizeof here) == 0;
}

/* Prepares a write and sends it; where the next one goes. */
static kpc_box_index written(kpc_channel channel, const char *text)
{
    kpc_channel_query *query = prepare(channel, text);
    kpc_box_index next;
    kpc_buffer_free(send(channel, query));
    OK(kpc_channel_query_next_index(query, &next, &error));
    kpc_channel_query_free(query);
    return next;
}

static int finds(kpc_channel channel, const kpc_channel_query *query, const char *text)
{
    int i, same = 0, found = 0;
    for (i = 0; i < ATTEMPTS && !found; i++) {
        kpc_buffer *payload = send(channel, query);
        found = kpc_buffer_len(payload) > 0;
        same = kpc_buffer_len(payload) == strlen(text) &&
               memcmp(kpc_buffer_data(payload), text, strlen(text)) == 0;
        kpc_buffer_free(payload);
    }
    return same;
}

/* Prepares a read and sends it until it finds this; where the next one goes. */
static kpc_box_index read_next(kpc_channel channel, const char *text)
{
    kpc_channel_query *query = prepare(channel, NULL);
    kpc_box_index next;
    CHECK(finds(channel, query, text));
    OK(kpc_channel_query_next_index(query, &next, &error));
    kpc_channel_query_free(query);
    return next;
}

/* What a program finds on its disk after a crash. */
static kpc_channel_query *stored(kpc_channel_query *query)
{
    kpc_buffer *bytes = NULL;
    kpc_channel_query *loaded = NULL;
    OK(kpc_channel_query_to_bytes(query, &bytes, &error));
    OK(kpc_channel_query_from_bytes(kpc_buffer_data(bytes), kpc_buffer_len(bytes), &loaded, &error));
    kpc_buffer_free(bytes);
    kpc_channel_query_free(query);
    return loaded;
}

static kpc_client *new_client(void)
{
    kpc_config *config = NULL;
    kpc_client *made = NULL;
    OK(kpc_config_load_file("thinclient.toml", &config, &error));
    OK(kpc_client_new(config, &made, &error));
    kpc_config_free(config);
    OK(kpc_client_connect(made, KPC_SOON, &error));
    OK(kpc_client_get_service(made, "courier", &courier, &error));
    return made;
}

static void crash(void)
{
    kpc_client_free(client);
    client = new_client();
}

static kpc_channel create(kpc_write_cap *write_cap, kpc_read_cap *read_cap)
{
    kpc_channel channel = 0;
    OK(kpc_create_write_channel(client, KPC_SOON, &channel, read_cap, write_cap, &error));
    return channel;
}

static kpc_channel reader_of(const kpc_read_cap *read_cap)
{
    kpc_channel channel = 0;
    OK(kpc_create_read_channel(client, read_cap, KPC_SOON, &channel, &error));
    return channel;
}

/* 1: never written to. */
static void resume_write_channel(void)
{
    kpc_write_cap write_cap;
    kpc_read_cap read_cap;
    kpc_channel channel = 0;
    kpc_box_index next;

    create(&write_cap, &read_cap);
    crash();
    OK(kpc_resume_write_channel(client, &write_cap, NULL, KPC_SOON, &channel, &error));
    CHECK(channel != 0);
    next = written(channel, "one");
    read_next(reader_of(&read_cap), "one");
    channel = 7;
    ERROR(KPC_ERR_ARG_NULL, kpc_resume_write_channel(client, NULL, &next, KPC_SOON, &channel, &error));
    CHECK(channel == 0);
    write_cap.bytes[0] ^= 1; /* the public half no longer belongs to the seed */
    ERROR(KPC_ERR_INVALID_CAPABILITY,
          kpc_resume_write_channel(client, &write_cap, &next, KPC_SOON, &channel, &error));
    CHECK(channel == 0);
}

/* 3: after a query was sent. */
static void resume_write_channel_result(void)
{
    kpc_write_cap write_cap;
    kpc_read_cap read_cap;
    kpc_channel channel = 0, reader;
    kpc_box_index next;
    kpc_op op = 0;
    kpc_result *result;

    next = written(create(&write_cap, &read_cap), "one");
    crash();
    OK(kpc_resume_write_channel_async(client, &write_cap, &next, KPC_SOON, NULL, &op, &error));
    result = WAIT_FOR(client, op);
    ERROR(KPC_ERR_ARG_VALUE, kpc_close_channel_result(result, &error));
    OK(kpc_resume_write_channel_result(result, &channel, &error));
    kpc_result_free(result);
    written(channel, "two");
    reader = reader_of(&read_cap);
    read_next(reader, "one");
    read_next(reader, "two");
}

/* 2: never read from. */
static void resume_read_channel(void)
{
    kpc_write_cap write_cap;
    kpc_read_cap read_cap;
    kpc_channel reader = 0;
    kpc_box_index next;

    written(create(&write_cap, &read_cap), "one");
    reader_of(&read_cap);
    crash();
    OK(kpc_resume_read_channel(client, &read_cap, NULL, -1, KPC_SOON, &reader, &error));
    next = read_next(reader, "one");
    ERROR(KPC_ERR_ARG_VALUE, kpc_resume_read_channel(client, &read_cap, &next, 2, KPC_SOON, &reader, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_resume_read_channel(client, NULL, &next, -1, KPC_SOON, &reader, &error));
    CHECK(reader == 0);
}

/* 4: after a query was sent; and with the replica that is to be asked. */
static void resume_read_channel_result(void)
{
    kpc_write_cap write_cap;
    kpc_read_cap read_cap;
    kpc_channel channel, reader = 0;
    kpc_channel_query *query;
    kpc_box_index next;
    int32_t replica;

    channel = create(&write_cap, &read_cap);
    written(channel, "one");
    written(channel, "two");
    next = read_next(reader_of(&read_cap), "one");
    for (replica = -1; replica < 2; replica++) {
        kpc_op op = 0;
        kpc_result *result;
        crash();
        OK(kpc_resume_read_channel_async(client, &read_cap, &next, replica, KPC_SOON, NULL, &op, &error));
        result = WAIT_FOR(client, op);
        ERROR(KPC_ERR_ARG_VALUE, kpc_close_channel_result(result, &error));
        OK(kpc_resume_read_channel_result(result, &reader, &error));
        kpc_result_free(result);
        query = prepare(reader, NULL);
        CHECK(kpc_channel_query_reply_index(query) == replica);
        kpc_channel_query_free(query);
    }
    OK(kpc_resume_read_channel(client, &read_cap, &next, -1, KPC_SOON, &reader, &error));
    read_next(reader, "two");
}

/* 5: prepared and not sent. */
static void resume_write_channel_query(void)
{
    kpc_write_cap write_cap;
    kpc_read_cap read_cap;
    kpc_channel channel, reader;
    kpc_channel_query *query, *read;

    channel = create(&write_cap, &read_cap);
    query = stored(prepare(channel, "unsent"));
    crash();
    OK(kpc_resume_write_channel_query(client, &write_cap, query, KPC_SOON, &channel, &error));
    CHECK(stands_at(channel, query));
    kpc_buffer_free(send(channel, query));
    written(channel, "second");
    reader = reader_of(&read_cap);
    read_next(reader, "unsent");
    read_next(reader, "second");
    read = prepare(reader, NULL);
    ERROR(KPC_ERR_ARG_VALUE, kpc_resume_write_channel_query(client, &write_cap, read, KPC_SOON, &channel, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_resume_write_channel_query(client, &write_cap, NULL, KPC_SOON, &channel, &error));
    CHECK(channel == 0);
    kpc_channel_query_free(read);
    kpc_channel_query_free(query);
}

/* It was sent, and may be sent again: the channel stands at the query until it is answered. */
static void resume_write_channel_query_result(void)
{
    kpc_write_cap write_cap;
    kpc_read_cap read_cap;
    kpc_channel channel, reader;
    kpc_channel_query *query;
    kpc_op op = 0;
    kpc_result *result;

    channel = create(&write_cap, &read_cap);
    query = stored(prepare(channel, "sent"));
    kpc_buffer_free(send(channel, query));
    crash();
    OK(kpc_resume_write_channel_query_async(client, &write_cap, query, KPC_SOON, NULL, &op, &error));
    result = WAIT_FOR(client, op);
    ERROR(KPC_ERR_ARG_VALUE, kpc_close_channel_result(result, &error));
    OK(kpc_resume_write_channel_query_result(result, &channel, &error));
    kpc_result_free(result);
    kpc_buffer_free(send(channel, query));
    written(channel, "after it");
    reader = reader_of(&read_cap);
    read_next(reader, "sent");
    read_next(reader, "after it");
    kpc_channel_query_free(query);
}

/* 6: prepared and not sent. */
static void resume_read_channel_query(void)
{
    kpc_write_cap write_cap;
    kpc_read_cap read_cap;
    kpc_channel channel, reader;
    kpc_channel_query *query, *write;

    channel = create(&write_cap, &read_cap);
    written(channel, "one");
    written(channel, "two");
    reader = reader_of(&read_cap);
    query = stored(prepare(reader, NULL));
    write = stored(prepare(channel, "three"));
    crash();
    OK(kpc_resume_read_channel_query(client, &read_cap, query, KPC_SOON, &reader, &error));
    CHECK(stands_at(reader, query));
    CHECK(finds(reader, query, "one"));
    read_next(reader, "two");
    ERROR(KPC_ERR_ARG_VALUE, kpc_resume_read_channel_query(client, &read_cap, write, KPC_SOON, &reader, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_resume_read_channel_query(client, &read_cap, NULL, KPC_SOON, &reader, &error));
    CHECK(reader == 0);
    kpc_channel_query_free(write);
    kpc_channel_query_free(query);
}

/* The answer of a query that an earlier life sent is understood. */
static void resume_read_channel_query_result(void)
{
    kpc_write_cap write_cap;
    kpc_read_cap read_cap;
    kpc_channel channel, reader;
    kpc_channel_query *query;
    kpc_op op = 0;
    kpc_result *result;

    channel = create(&write_cap, &read_cap);
    written(channel, "one");
    written(channel, "two");
    reader = reader_of(&read_cap);
    query = stored(prepare(reader, NULL));
    kpc_buffer_free(send(reader, query));
    crash();
    OK(kpc_resume_read_channel_query_async(client, &read_cap, query, KPC_SOON, NULL, &op, &error));
    result = WAIT_FOR(client, op);
    ERROR(KPC_ERR_ARG_VALUE, kpc_close_channel_result(result, &error));
    OK(kpc_resume_read_channel_query_result(result, &reader, &error));
    kpc_result_free(result);
    CHECK(finds(reader, query, "one"));
    read_next(reader, "two");
    kpc_channel_query_free(query);
}

/* In one piece, in parts, and what is no query; freed. */
static void channel_query_objects(void)
{
    kpc_write_cap write_cap;
    kpc_read_cap read_cap;
    kpc_channel reading;
    kpc_channel_query *query = NULL, *copy = NULL;
    kpc_buffer *saved = NULL, *payload = NULL, *descriptor = NULL, *other = NULL;
    kpc_box_index current, next;
    kpc_hash hash, of_copy;

    create(&write_cap, &read_cap);
    reading = reader_of(&read_cap);
    OK(kpc_read_channel(client, reading, NULL, 0, KPC_SOON, &query, &error));
    OK(kpc_channel_query_to_bytes(query, &saved, &error));
    OK(kpc_channel_query_payload(query, &payload, &error));
    OK(kpc_channel_query_envelope_descriptor(query, &descriptor, &error));
    OK(kpc_channel_query_envelope_hash(query, &hash, &error));
    OK(kpc_channel_query_current_index(query, &current, &error));
    OK(kpc_channel_query_next_index(query, &next, &error));

    OK(kpc_channel_query_from_bytes(kpc_buffer_data(saved), kpc_buffer_len(saved), &copy, &error));
    OK(kpc_channel_query_envelope_hash(copy, &of_copy, &error));
    CHECK(memcmp(&hash, &of_copy, sizeof hash) == 0 && kpc_channel_query_reply_index(copy) == 0);
    kpc_channel_query_free(copy);
    ERROR(KPC_ERR_ARG_VALUE, kpc_channel_query_from_bytes(kpc_buffer_data(saved), 3, &copy, &error));

    OK(kpc_channel_query_from_parts(true, kpc_buffer_data(payload), kpc_buffer_len(payload), &current, &next, 0,
                                    &hash, kpc_buffer_data(descriptor), kpc_buffer_len(descriptor), &copy,
                                    &error));
    OK(kpc_channel_query_to_bytes(copy, &other, &error));
    CHECK(kpc_buffer_len(other) == kpc_buffer_len(saved) &&
          memcmp(kpc_buffer_data(other), kpc_buffer_data(saved), kpc_buffer_len(saved)) == 0);
    kpc_buffer_free(other);
    kpc_channel_query_free(copy);
    ERROR(KPC_ERR_ARG_VALUE, /* the indices mixed up */
          kpc_channel_query_from_parts(true, kpc_buffer_data(payload), kpc_buffer_len(payload), &next, &current, 0,
                                       &hash, kpc_buffer_data(descriptor), kpc_buffer_len(descriptor), &copy,
                                       &error));
    ERROR(KPC_ERR_ARG_EMPTY, kpc_channel_query_from_parts(true, NULL, 0, &current, &next, 0, &hash,
                                                          kpc_buffer_data(descriptor), 1, &copy, &error));

    kpc_channel_query_free(query);
    ERROR(KPC_ERR_BAD_HANDLE, kpc_channel_query_payload(query, &other, &error));
    CHECK(!kpc_channel_query_is_read(query) && kpc_channel_query_reply_index(query) == -1);
    kpc_channel_query_free(query);
    kpc_channel_query_free(NULL);
    kpc_buffer_free(saved);
    kpc_buffer_free(payload);
    kpc_buffer_free(descriptor);
}

static void everything(const char *options)
{
    kpc_sim_start(&sim, options);
    client = new_client();
    resume_write_channel();
    resume_write_channel_result();
    resume_read_channel();
    resume_read_channel_result();
    resume_write_channel_query();
    resume_write_channel_query_result();
    resume_read_channel_query();
    resume_read_channel_query_result();
    channel_query_objects();
    kpc_client_free(client);
    kpc_sim_stop(&sim);
}

int main(void)
{
    everything("--instant --late-close 0 --config-out thinclient.toml");
    everything("--instant --late-close 0 --config-out thinclient.toml --protocol v0.0.72");
    return kpc_test_end();
}
