/* Boxes that the network has lost: they are reported, and passed over. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_stores.h"

/* The format promises that so many boxes at most are begun before the first of them is stored. */
enum { WINDOW = 32, KEPT = 3 };

/* The next arrival, which is acknowledged; the reader never rests until it comes. */
static kpc_message *hurries(kpc_reader *reader)
{
    int64_t end = kpc_test_now_ms() + KPC_SOON;
    kpc_message *message;

    while (kpc_reader_waiting(reader) == 0 && kpc_test_now_ms() < end) {
        OK(kpc_reader_poll_now(reader, &error));
        kpc_test_nap();
    }
    message = receives(reader);
    OK(kpc_reader_acknowledge(reader, kpc_message_number(message), KPC_SOON, &error));
    return message;
}

static void message_missing_boxes(void)
{
    person alice = comes("alice"), bob = comes("bob");
    kpc_event_sink *sink = NULL;
    kpc_writer *writer = creates(&alice, "worn");
    kpc_reader *reader;
    kpc_message *message;
    kpc_messages *history = NULL;
    kpc_buffer *why = NULL;
    kpc_event *event;
    int i;

    OK(kpc_event_sink_open(bob.client, 64, &sink, &error));
    for (i = 1; i <= KEPT; i++) {
        char text[2] = {(char)('0' + i), 0};
        OK(kpc_writer_wait_stored(writer, sends(writer, text), KPC_SOON, &error));
    }
    for (i = 0; i < WINDOW; i++) {
        sends(writer, "more");
    }
    OK(kpc_writer_wait_stored(writer, KEPT + WINDOW, KPC_SOON, &error));
    CHECK(strcmp(kpc_sim_say(&sim, "lose 2"), "1 boxes") == 0);

    reader = follows(&bob, "worn", writer);
    CHECK(is_text(hurries(reader), 1, "1"));
    message = hurries(reader);
    CHECK(kpc_message_arrival(message) == KPC_ARRIVAL_MISSING && kpc_message_number(message) == 2);
    CHECK(kpc_message_missing_boxes(message) == 1 && kpc_message_kind(message) == 0);
    OK(kpc_message_data(message, &why, &error));
    CHECK(kpc_buffer_len(why) > 0);
    kpc_buffer_free(why);
    kpc_message_free(message);
    message = hurries(reader);
    CHECK(kpc_message_missing_boxes(message) == 0);
    CHECK(is_text(message, 3, "3"));

    /* It is told of and kept like all that arrives. */
    for (i = 1; i <= 3; i++) {
        event = EVENT_OF(sink, KPC_EVENT_RECEIVED);
        CHECK(kpc_event_message_number(event) == (uint64_t)i);
        kpc_event_free(event);
    }
    OK(kpc_reader_messages(reader, 2, 1, KPC_SOON, &history, &error));
    OK(kpc_messages_at(history, 0, &message, &error));
    CHECK(kpc_message_missing_boxes(message) == 1 && kpc_message_is_acknowledged(message));
    kpc_message_free(message);
    CHECK(kpc_message_missing_boxes(NULL) == 0);
    kpc_messages_free(history);
    kpc_event_sink_free(sink);
    kpc_reader_free(reader);
    kpc_writer_free(writer);
    leaves(&alice);
    leaves(&bob);
}

int main(void)
{
    kpc_sim_start(&sim, "--instant");
    message_missing_boxes();
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
