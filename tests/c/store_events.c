/* What events say of channels, and the states in which something is wrong. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_stores.h"

/* Whether an event is about this channel. */
static int is_of(const kpc_event *event, bool is_writer, const char *name)
{
    kpc_buffer *told = NULL;
    OK(kpc_event_channel_name(event, &told, &error));
    return holds(told, name) && kpc_event_is_writer(event) == is_writer;
}

/* The next event of a kind, of this channel; a number and a status, which it takes apart. */
static void tells(kpc_event_sink *sink, int32_t kind, bool is_writer, const char *name, uint64_t number,
                  kpc_status status)
{
    kpc_event *event = EVENT_OF(sink, kind);
    kpc_error *trouble = kpc_event_error(event);
    kpc_buffer *line = NULL;

    CHECK(is_of(event, is_writer, name));
    CHECK(kpc_event_message_number(event) == number);
    CHECK((trouble != NULL) == (status != KPC_OK));
    if (status != KPC_OK) {
        STATUS(status, kpc_error_status(trouble));
    }
    OK(kpc_event_describe(event, &line, &error));
    /* No names in lines that may end in a log. */
    CHECK(kpc_buffer_len(line) > 0 && strstr((const char *)kpc_buffer_data(line), name) == NULL);
    kpc_buffer_free(line);
    kpc_error_free(trouble);
    kpc_event_free(event);
}

static void event_channel_name(void)
{
    person alice = comes("alice"), bob = comes("bob");
    kpc_event_sink *hers = NULL, *his = NULL;
    kpc_writer *writer = creates(&alice, "diary");
    kpc_reader *reader = follows(&bob, "of alice", writer);
    kpc_event *event;
    kpc_buffer *name = NULL;

    OK(kpc_event_sink_open(alice.client, 64, &hers, &error));
    OK(kpc_event_sink_open(bob.client, 64, &his, &error));
    sends(writer, "one");
    tells(hers, KPC_EVENT_STORED, true, "diary", 1, KPC_OK);
    tells(his, KPC_EVENT_RECEIVED, false, "of alice", 1, KPC_OK);
    CHECK(is_text(receives(reader), 1, "one"));
    kpc_writer_free(writer);
    kpc_reader_free(reader);
    leaves(&alice);
    leaves(&bob);
    /* Other events are of no channel. */
    event = EVENT_OF(hers, KPC_EVENT_CLOSED);
    ERROR(KPC_ERR_ARG_VALUE, kpc_event_channel_name(event, &name, &error));
    CHECK(name == NULL && !kpc_event_is_writer(event) && kpc_event_message_number(event) == 0);
    kpc_event_free(event);
    kpc_event_sink_free(hers);
    kpc_event_sink_free(his);
}

/* Somebody else has written to the box that comes next. */
static void event_channel_conflict(void)
{
    person alice = comes("alice"), bob = comes("bob");
    kpc_event_sink *sink = NULL;
    kpc_writer *writer = creates(&alice, "quince");
    kpc_reader *reader = follows(&bob, "quince", writer);
    kpc_message *message;
    kpc_error *trouble;
    kpc_write_cap cap;
    kpc_box_index at, next;

    OK(kpc_event_sink_open(alice.client, 64, &sink, &error));
    OK(kpc_writer_write_cap(writer, &cap, &error));
    OK(kpc_writer_next_index(writer, &at, &error));
    OK(kpc_write_box(bob.client, &cap, &at, bytes("mine"), 4, 0, KPC_SOON, &next, &error));
    sends(writer, "hers");
    tells(sink, KPC_EVENT_CHANNEL_CONFLICT, true, "quince", 0, KPC_ERR_BOX_ALREADY_EXISTS);
    AWAIT_STATE(kpc_writer_state(writer), KPC_WRITER_CONFLICT);
    trouble = kpc_writer_error(writer);
    STATUS(KPC_ERR_BOX_ALREADY_EXISTS, kpc_error_status(trouble));
    kpc_error_free(trouble);
    CHECK(kpc_writer_pending(writer) == 1);
    ERROR(KPC_ERR_TIMEOUT, kpc_writer_wait_stored(writer, 1, 1, &error));
    OK(kpc_writer_step_over(writer, KPC_SOON, &error));
    OK(kpc_writer_wait_stored(writer, 1, KPC_SOON, &error));
    message = receives(reader);
    CHECK(kpc_message_arrival(message) == KPC_ARRIVAL_FOREIGN);
    kpc_message_free(message);
    OK(kpc_reader_acknowledge(reader, 1, KPC_SOON, &error));
    CHECK(takes(reader, 2, "hers"));
    kpc_event_sink_free(sink);
    kpc_reader_free(reader);
    kpc_writer_free(writer);
    leaves(&alice);
    leaves(&bob);
}

/* A writer whose boxes no replica takes goes on trying. */
static void event_channel_retrying(void)
{
    person alice = comes("alice");
    kpc_event_sink *sink = NULL;
    kpc_writer *writer = creates(&alice, "plum");
    kpc_error *trouble;

    OK(kpc_event_sink_open(alice.client, 64, &sink, &error));
    CHECK(kpc_sim_verified(alice.client));
    kpc_sim_say(&sim, "storage-full on");
    sends(writer, "one");
    tells(sink, KPC_EVENT_CHANNEL_RETRYING, true, "plum", 0, KPC_ERR_STORAGE_FULL);
    AWAIT_STATE(kpc_writer_state(writer), KPC_WRITER_RETRYING);
    trouble = kpc_writer_error(writer);
    STATUS(KPC_ERR_STORAGE_FULL, kpc_error_status(trouble));
    kpc_error_free(trouble);
    kpc_sim_say(&sim, "storage-full off");
    OK(kpc_writer_wait_stored(writer, 1, KPC_SOON, &error));
    AWAIT_STATE(kpc_writer_state(writer), KPC_WRITER_IDLE);
    kpc_event_sink_free(sink);
    kpc_writer_free(writer);
    leaves(&alice);
}

/* A box that cannot be opened is passed over when the program says so. */
static void event_channel_stuck(void)
{
    person alice = comes("alice"), bob = comes("bob");
    kpc_event_sink *sink = NULL;
    kpc_writer *writer = creates(&alice, "pear");
    kpc_reader *reader;
    kpc_message *message;
    kpc_error *trouble;

    sends(writer, "bent");
    sends(writer, "whole");
    OK(kpc_writer_wait_stored(writer, 2, KPC_SOON, &error));
    OK(kpc_event_sink_open(bob.client, 64, &sink, &error));
    CHECK(kpc_sim_verified(bob.client));
    kpc_sim_say(&sim, "fault damaged-box 1000");
    reader = follows(&bob, "pear", writer);
    tells(sink, KPC_EVENT_CHANNEL_STUCK, false, "pear", 0, KPC_ERR_BACAP_DECRYPTION_FAILED);
    AWAIT_STATE(kpc_reader_state(reader), KPC_READER_STUCK);
    trouble = kpc_reader_error(reader);
    STATUS(KPC_ERR_BACAP_DECRYPTION_FAILED, kpc_error_status(trouble));
    kpc_error_free(trouble);
    kpc_sim_say(&sim, "clear");
    skips(reader);
    message = receives(reader);
    CHECK(kpc_message_arrival(message) == KPC_ARRIVAL_SKIPPED && kpc_message_number(message) == 1);
    kpc_message_free(message);
    OK(kpc_reader_acknowledge(reader, 1, KPC_SOON, &error));
    CHECK(takes(reader, 2, "whole"));
    AWAIT_STATE(kpc_reader_state(reader), KPC_READER_WAITING);
    kpc_event_sink_free(sink);
    kpc_reader_free(reader);
    kpc_writer_free(writer);
    leaves(&alice);
    leaves(&bob);
}

int main(void)
{
    kpc_sim_start(&sim, "--instant");
    event_channel_name();
    event_channel_conflict();
    event_channel_retrying();
    event_channel_stuck();
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
