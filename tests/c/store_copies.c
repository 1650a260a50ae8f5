/* Large messages of a channel that go by copy stream. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_stores.h"

/* More boxes than the limit that the tests set. */
#define LARGE 20000
#define LIMIT 4

static uint8_t large[LARGE];

/* Whether the next message is the large one; it is acknowledged. */
static int takes_large(kpc_reader *reader, uint64_t number)
{
    kpc_message *message = receives(reader);
    kpc_buffer *data = NULL;
    int same;

    OK(kpc_message_data(message, &data, &error));
    same = kpc_message_arrival(message) == KPC_ARRIVAL_MESSAGE && kpc_message_number(message) == number &&
           kpc_buffer_len(data) == LARGE && memcmp(kpc_buffer_data(data), large, LARGE) == 0;
    kpc_buffer_free(data);
    kpc_message_free(message);
    OK(kpc_reader_acknowledge(reader, number, KPC_SOON, &error));
    return same;
}

static void sends_large(kpc_writer *writer)
{
    OK(kpc_writer_send(writer, KPC_MESSAGE_KIND, large, LARGE, KPC_SOON, NULL, &error));
}

/* It comes whole and in its place, and its progress is told; later it is erased like others. */
static void writer_set_copy_above(void)
{
    person alice = comes("alice"), bob = comes("bob");
    kpc_writer *writer = creates(&alice, "large");
    kpc_reader *reader = follows(&bob, "large", writer), *late;
    kpc_event_sink *sink = NULL;
    kpc_message *message;
    kpc_event *event;
    uint64_t needed, written = 0;
    int is_copying = 0, at;

    OK(kpc_event_sink_open(alice.client, 4096, &sink, &error));
    OK(kpc_writer_set_copy_above(writer, LIMIT, &error));
    sends(writer, "before");
    OK(kpc_writer_wait_stored(writer, 1, KPC_SOON, &error));
    kpc_sim_say(&sim, "hold");
    CHECK(kpc_writer_copy_needed(writer) == 0 && kpc_writer_copy_written(writer) == 0);
    sends_large(writer);
    sends(writer, "behind");
    /* The look whether the first box is free, and nothing of the stream. */
    while (kpc_writer_copy_needed(writer) == 0) {
        kpc_sim_say(&sim, "step 1");
    }
    needed = kpc_writer_copy_needed(writer);
    CHECK(needed > LIMIT && kpc_writer_copy_written(writer) < needed);
    kpc_sim_say(&sim, "release");
    do {
        event = EVENT_OF(sink, KPC_EVENT_COPY_PROGRESS);
        CHECK(kpc_event_boxes_written(event) >= written && kpc_event_boxes_written(event) <= needed);
        written = kpc_event_boxes_written(event);
        is_copying = kpc_event_is_copying(event);
        kpc_event_free(event);
    } while (!is_copying);
    CHECK(written == needed);

    CHECK(takes(reader, 1, "before") && takes_large(reader, 2) && takes(reader, 3, "behind"));
    OK(kpc_writer_wait_stored(writer, 3, KPC_SOON, &error));
    CHECK(kpc_writer_copy_needed(writer) == 0 && kpc_writer_copy_written(writer) == 0);
    OK(kpc_writer_erase_before(writer, 3, KPC_SOON, &error));
    OK(kpc_writer_wait_erased(writer, 3, KPC_SOON, &error));
    late = follows(&bob, "late", writer);
    for (at = 0; at == 0 || kpc_message_arrival(message) == KPC_ARRIVAL_TOMBSTONE; at++) {
        if (at > 0) {
            kpc_message_free(message);
        }
        message = receives(late);
        OK(kpc_reader_acknowledge(late, kpc_message_number(message), KPC_SOON, &error));
    }
    CHECK(at > LIMIT + 1 && is_text(message, (uint64_t)at, "behind"));

    kpc_event_sink_free(sink);
    kpc_reader_free(reader);
    kpc_reader_free(late);
    kpc_writer_free(writer);
    leaves(&alice);
    leaves(&bob);
}

/* Without a limit that it exceeds, a message goes box by box; so it does where couriers fail. */
static void box_by_box(void)
{
    person alice = comes("alice"), bob = comes("bob");
    kpc_writer *writer = creates(&alice, "alone");
    kpc_reader *reader = follows(&bob, "alone", writer);
    kpc_event_sink *sink = NULL;
    kpc_event *event = NULL;

    OK(kpc_event_sink_open(alice.client, 4096, &sink, &error));
    sends_large(writer);
    CHECK(takes_large(reader, 1));
    OK(kpc_writer_set_copy_above(writer, 0, &error));
    sends_large(writer);
    CHECK(takes_large(reader, 2));
    OK(kpc_writer_wait_stored(writer, 2, KPC_SOON, &error));
    while (kpc_event_sink_next(sink, KPC_NO_WAIT, &event, NULL) == KPC_OK) {
        CHECK(kpc_event_kind(event) != KPC_EVENT_COPY_PROGRESS);
        kpc_event_free(event);
    }
    kpc_sim_say(&sim, "fault copy 5");
    OK(kpc_writer_set_copy_above(writer, LIMIT, &error));
    sends_large(writer);
    event = EVENT_OF(sink, KPC_EVENT_CHANNEL_RETRYING);
    kpc_event_free(event);
    CHECK(takes_large(reader, 3));
    ERROR(KPC_ERR_BAD_HANDLE, kpc_writer_set_copy_above((kpc_writer *)reader, LIMIT, &error));
    CHECK(kpc_writer_copy_needed(NULL) == 0 && kpc_writer_copy_written(NULL) == 0);

    kpc_event_sink_free(sink);
    kpc_reader_free(reader);
    kpc_writer_free(writer);
    leaves(&alice);
    leaves(&bob);
}

int main(void)
{
    size_t at;
    for (at = 0; at < LARGE; at++) {
        large[at] = (uint8_t)(at * 7 % 251);
    }
    kpc_sim_start(&sim, "--instant");
    writer_set_copy_above();
    box_by_box();
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
