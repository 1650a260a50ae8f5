/* The player's calls about channels of the older API. */
#ifndef PLAYER_CHANNELS_H
#define PLAYER_CHANNELS_H

#include "player_boxes.h"

/* Open channels, each by the number that the recorded daemon gave it. */
static struct {
    uint64_t number;
    kpc_channel channel;
} channels[MAX_KEPT];
static size_t channel_count;

/* Prepared queries, to be sent by their payload and resumed by their hash. */
static kpc_channel_query *queries[MAX_KEPT];
static size_t query_count;

static void keep_channel(struct call *call, kpc_channel channel)
{
    if (call->status != KPC_OK) {
        return;
    }
    pthread_mutex_lock(&mutex);
    if (channel_count == MAX_KEPT) {
        give_up("too many", "channels");
    }
    channels[channel_count].number = number(call, "channel_id", 0);
    channels[channel_count++].channel = channel;
    pthread_mutex_unlock(&mutex);
}

/* The channel that the call names; for one that was never opened, the number itself. */
static kpc_channel kept_channel(struct call *call)
{
    kpc_channel found = number(call, "channel_id", 0);
    size_t i;

    pthread_mutex_lock(&mutex);
    for (i = 0; i < channel_count; i++) {
        if (channels[i].number == number(call, "channel_id", 0)) {
            found = channels[i].channel;
        }
    }
    pthread_mutex_unlock(&mutex);
    return found;
}

static void keep_query(kpc_channel_query *query)
{
    pthread_mutex_lock(&mutex);
    if (query_count == MAX_KEPT) {
        give_up("too many", "queries");
    }
    queries[query_count++] = query;
    pthread_mutex_unlock(&mutex);
}

static bool has_payload(const kpc_channel_query *query, struct bytes wanted)
{
    kpc_buffer *payload = NULL;
    bool same = kpc_channel_query_payload(query, &payload, NULL) == KPC_OK &&
                kpc_buffer_len(payload) == wanted.len &&
                memcmp(kpc_buffer_data(payload), wanted.data, wanted.len) == 0;
    kpc_buffer_free(payload);
    return same;
}

static bool has_hash(const kpc_channel_query *query, const kpc_hash *wanted)
{
    kpc_hash hash;
    return kpc_channel_query_envelope_hash(query, &hash, NULL) == KPC_OK &&
           memcmp(&hash, wanted, sizeof hash) == 0;
}

/* The query that was prepared with the payload or, where none is given, the hash that the call
 * names. */
static const kpc_channel_query *kept_query(struct call *call)
{
    bool by_payload = has(call, "payload");
    struct bytes payload = bytes(call, "payload");
    const kpc_channel_query *found = NULL;
    kpc_hash hash;
    size_t i;

    memset(&hash, 0, sizeof hash);
    if (!by_payload) {
        hash = a_hash(call, "envelope_hash");
    }
    pthread_mutex_lock(&mutex);
    for (i = 0; i < query_count && found == NULL; i++) {
        if (by_payload ? has_payload(queries[i], payload) : has_hash(queries[i], &hash)) {
            found = queries[i];
        }
    }
    pthread_mutex_unlock(&mutex);
    return found;
}

/* The same query for the box that the call names, as a program has it that stored the parts. */
static const kpc_channel_query *query_for(struct call *call, const char *index_name)
{
    const kpc_channel_query *query = kept_query(call);
    kpc_box_index current = an_index(call, index_name), before, next;
    kpc_buffer *payload = NULL, *descriptor = NULL;
    kpc_channel_query *made = NULL;
    kpc_hash hash;

    TAKE(kpc_channel_query_current_index(query, &before, &call->error));
    if (call->status != KPC_OK || memcmp(&before, &current, sizeof current) == 0) {
        return query;
    }
    TAKE(kpc_next_message_box_index(&current, &next, &call->error));
    TAKE(kpc_channel_query_payload(query, &payload, &call->error));
    TAKE(kpc_channel_query_envelope_descriptor(query, &descriptor, &call->error));
    TAKE(kpc_channel_query_envelope_hash(query, &hash, &call->error));
    TAKE(kpc_channel_query_from_parts(
        kpc_channel_query_is_read(query), kpc_buffer_data(payload), kpc_buffer_len(payload),
        &current, &next, kpc_channel_query_reply_index(query), &hash, kpc_buffer_data(descriptor),
        kpc_buffer_len(descriptor), &made, &call->error));
    kpc_buffer_free(payload);
    kpc_buffer_free(descriptor);
    if (made != NULL) {
        keep_query(made);
    }
    return made;
}

static void free_queries(void)
{
    while (query_count > 0) {
        kpc_channel_query_free(queries[--query_count]);
    }
}

/* ---- Opening and closing ----------------------------------------------------------------------- */

static void create_write_channel(struct call *call)
{
    kpc_channel channel = 0;
    kpc_read_cap read_cap;
    kpc_write_cap write_cap;

    PLAY(kpc_create_write_channel, NONE, OUT(&channel, &read_cap, &write_cap));
    SAY_VALUE("read_cap", read_cap);
    SAY_VALUE("write_cap", write_cap);
    keep_channel(call, channel);
}

static void create_read_channel(struct call *call)
{
    kpc_read_cap read_cap = a_read_cap(call, "read_cap");
    kpc_channel channel = 0;

    PLAY(kpc_create_read_channel, IN(&read_cap), OUT(&channel));
    keep_channel(call, channel);
}

static void close_channel(struct call *call)
{
    PLAY(kpc_close_channel, IN(kept_channel(call)), NONE);
}

static void resume_write_channel(struct call *call)
{
    kpc_write_cap write_cap = a_write_cap(call, "write_cap");
    bool at_index = has(call, "message_box_index");
    kpc_box_index index;
    kpc_channel channel = 0;

    if (at_index) {
        index = an_index(call, "message_box_index");
    }
    PLAY(kpc_resume_write_channel, IN(&write_cap, at_index ? &index : NULL), OUT(&channel));
    keep_channel(call, channel);
}

static void resume_read_channel(struct call *call)
{
    kpc_read_cap read_cap = a_read_cap(call, "read_cap");
    bool at_index = has(call, "next_message_index");
    kpc_box_index index;
    kpc_channel channel = 0;

    if (at_index) {
        index = an_index(call, "next_message_index");
    }
    PLAY(kpc_resume_read_channel, IN(&read_cap, at_index ? &index : NULL, replica(call)),
         OUT(&channel));
    keep_channel(call, channel);
}

static void resume_write_channel_query(struct call *call)
{
    kpc_write_cap write_cap = a_write_cap(call, "write_cap");
    const kpc_channel_query *query = query_for(call, "message_box_index");
    kpc_channel channel = 0;

    PLAY(kpc_resume_write_channel_query, IN(&write_cap, query), OUT(&channel));
    keep_channel(call, channel);
}

static void resume_read_channel_query(struct call *call)
{
    kpc_read_cap read_cap = a_read_cap(call, "read_cap");
    const kpc_channel_query *query = query_for(call, "next_message_index");
    kpc_channel channel = 0;

    PLAY(kpc_resume_read_channel_query, IN(&read_cap, query), OUT(&channel));
    keep_channel(call, channel);
}

/* ---- Writing and reading ----------------------------------------------------------------------- */

/* Says what a query is made of, and keeps it. */
static void say_query(struct call *call, kpc_channel_query *query)
{
    kpc_buffer *payload = NULL, *descriptor = NULL;
    kpc_box_index current, next;
    kpc_hash hash;

    TAKE(kpc_channel_query_payload(query, &payload, &call->error));
    TAKE(kpc_channel_query_current_index(query, &current, &call->error));
    TAKE(kpc_channel_query_next_index(query, &next, &call->error));
    TAKE(kpc_channel_query_envelope_hash(query, &hash, &call->error));
    TAKE(kpc_channel_query_envelope_descriptor(query, &descriptor, &call->error));
    say_buffer(call, "send_message_payload", payload);
    SAY_VALUE("current_message_index", current);
    SAY_VALUE("next_message_index", next);
    SAY_VALUE("envelope_hash", hash);
    say_buffer(call, "envelope_descriptor", descriptor);
    if (query != NULL) {
        keep_query(query);
    }
}

static void write_channel(struct call *call)
{
    struct bytes payload = bytes(call, "payload");
    kpc_channel_query *query = NULL;

    PLAY(kpc_write_channel, IN(kept_channel(call), payload.data, payload.len), OUT(&query));
    say_query(call, query);
}

static void read_channel(struct call *call)
{
    bool at_index = has(call, "message_box_index");
    kpc_box_index index;
    kpc_channel_query *query = NULL;

    if (at_index) {
        index = an_index(call, "message_box_index");
    }
    PLAY(kpc_read_channel, IN(kept_channel(call), at_index ? &index : NULL, replica(call)),
         OUT(&query));
    say_query(call, query);
}

static void send_channel_query(struct call *call)
{
    const kpc_channel_query *query = kept_query(call);
    kpc_service courier = a_service(call, "destination_id_hash", "recipient_queue_id");
    kpc_id id = an_id(call, "message_id");
    kpc_buffer *payload = NULL;
    int32_t replied = -1;

    if (!flag(call, "awaited")) {
        PLAY_ONE_FORM(kpc_send_channel_query, IN(kept_channel(call), query, &courier, &id), NONE);
        return;
    }
    PLAY(kpc_send_channel_query_await_reply, IN(kept_channel(call), query, &courier, &id),
         OUT(&payload, &replied));
    say_buffer(call, "payload", payload);
    if (replied >= 0) {
        say_number(call, "reply_index", (uint64_t)replied);
    }
}

#endif
