/* The player's calls about copy streams and copy commands. */
#ifndef PLAYER_COPIES_H
#define PLAYER_COPIES_H

#include "player_boxes.h"

#define MAX_DESTINATIONS 8

/* Says what the copy stream consists of, and ends it. */
static void say_elements(struct call *call, kpc_stream_elements *made)
{
    kpc_buffer *element, *buffer = NULL;
    char name[32];
    size_t i;

    for (i = 0; i < kpc_stream_elements_count(made); i++) {
        element = NULL;
        TAKE(kpc_stream_elements_at(made, i, &element, &call->error));
        snprintf(name, sizeof name, "envelopes.%lu", (unsigned long)i);
        say_buffer(call, name, element);
    }
    TAKE(kpc_stream_elements_buffer(made, &buffer, &call->error));
    if (kpc_buffer_len(buffer) > 0) {
        say_buffer(call, "buffer", buffer);
    } else {
        kpc_buffer_free(buffer);
    }
}

/* Says where the one destination goes on. */
static void say_next(struct call *call, kpc_stream_elements *made)
{
    kpc_box_index next;

    TAKE(kpc_stream_elements_next_index(made, &next, &call->error));
    SAY_VALUE("next_dest_index", next);
    kpc_stream_elements_free(made);
}

static void create_courier_envelopes_from_payload(struct call *call)
{
    struct bytes payload = bytes(call, "payload");
    kpc_write_cap cap = a_write_cap(call, "dest_write_cap");
    kpc_box_index start = an_index(call, "dest_start_index");
    kpc_stream_elements *made = NULL;

    PLAY(kpc_create_courier_envelopes_from_payload,
         IN(payload.data, payload.len, &cap, &start, flag(call, "is_start"), flag(call, "is_last")),
         OUT(&made));
    say_elements(call, made);
    say_next(call, made);
}

static void create_courier_envelopes_from_tombstone_range(struct call *call)
{
    kpc_write_cap cap = a_write_cap(call, "dest_write_cap");
    kpc_box_index start = an_index(call, "dest_start_index");
    struct bytes buffer = bytes(call, "buffer");
    uint32_t count = (uint32_t)number(call, "max_count", 0);
    kpc_stream_elements *made = NULL;

    PLAY(kpc_create_courier_envelopes_from_tombstone_range,
         IN(&cap, &start, count, flag(call, "is_start"), flag(call, "is_last"), buffer.data,
            buffer.len),
         OUT(&made));
    say_elements(call, made);
    say_next(call, made);
}

/* The destinations that the call names; how many. */
static size_t destinations(struct call *call, kpc_destination *to)
{
    size_t count;

    for (count = 0; count < MAX_DESTINATIONS; count++) {
        struct bytes payload;
        char name[3][48];
        snprintf(name[0], sizeof name[0], "destinations.%lu.write_cap", (unsigned long)count);
        snprintf(name[1], sizeof name[1], "destinations.%lu.start_index", (unsigned long)count);
        snprintf(name[2], sizeof name[2], "destinations.%lu.payload", (unsigned long)count);
        if (!has(call, name[0])) {
            break;
        }
        payload = bytes(call, name[2]);
        to[count].write_cap = a_write_cap(call, name[0]);
        to[count].start_index = an_index(call, name[1]);
        to[count].payload = payload.data;
        to[count].payload_len = payload.len;
    }
    return count;
}

static void create_courier_envelopes_from_multi_payload(struct call *call)
{
    kpc_destination to[MAX_DESTINATIONS];
    size_t i, count = destinations(call, to);
    struct bytes buffer = bytes(call, "buffer");
    kpc_stream_elements *made = NULL;
    kpc_box_index next;
    char name[48];

    PLAY(kpc_create_courier_envelopes_from_multi_payload,
         IN(to, count, flag(call, "is_start"), flag(call, "is_last"), buffer.data, buffer.len),
         OUT(&made));
    say_elements(call, made);
    for (i = 0; i < count; i++) {
        TAKE(kpc_stream_elements_next_index_at(made, i, &next, &call->error));
        snprintf(name, sizeof name, "next_dest_indices.%lu", (unsigned long)i);
        SAY_VALUE(name, next);
    }
    kpc_stream_elements_free(made);
}

static void start_resending_copy_command(struct call *call)
{
    kpc_write_cap cap = a_write_cap(call, "write_cap");

    if (has(call, "courier_identity_hash")) {
        kpc_service courier = a_service(call, "courier_identity_hash", "courier_queue_id");
        PLAY(kpc_start_resending_copy_command_with_courier, IN(&cap, &courier), NONE);
    } else {
        PLAY(kpc_start_resending_copy_command, IN(&cap, NULL), NONE);
    }
}

static void cancel_resending_copy_command(struct call *call)
{
    kpc_hash hash = a_hash(call, "write_cap_hash");

    PLAY(kpc_cancel_resending_copy_command, IN(&hash), NONE);
}

#endif
