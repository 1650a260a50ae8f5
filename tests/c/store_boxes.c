/* What lies in the boxes of a channel besides messages: tombstones, boxes of other programs, holes;
 * and the calls on single boxes, with the capability of the channel. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_stores.h"

/* Whether the next message is of this kind and holds this; it is acknowledged. */
static int comes_as(kpc_reader *reader, int32_t arrival, const char *text)
{
    kpc_message *message = receives(reader);
    kpc_buffer *data = NULL;
    int same = kpc_message_arrival(message) == arrival;

    OK(kpc_message_data(message, &data, &error));
    OK(kpc_reader_acknowledge(reader, kpc_message_number(message), KPC_SOON, &error));
    if (arrival != KPC_ARRIVAL_MESSAGE) {
        CHECK(kpc_message_kind(message) == 0);
    }
    kpc_message_free(message);
    return holds(data, text) && same;
}

static void writer_tombstone(void)
{
    person alice = comes("alice"), bob = comes("bob");
    kpc_writer *writer = creates(&alice, "diary");
    kpc_reader *reader = follows(&bob, "diary", writer);
    uint64_t number = 0;

    sends(writer, "before");
    OK(kpc_writer_tombstone(writer, 1, KPC_SOON, &number, &error));
    CHECK(number == 2);
    OK(kpc_writer_tombstone(writer, 3, KPC_SOON, NULL, &error));
    sends(writer, "behind");
    ERROR(KPC_ERR_ARG_VALUE, kpc_writer_tombstone(writer, 0, KPC_SOON, &number, &error));
    CHECK(comes_as(reader, KPC_ARRIVAL_MESSAGE, "before"));
    CHECK(comes_as(reader, KPC_ARRIVAL_TOMBSTONE, "") && comes_as(reader, KPC_ARRIVAL_TOMBSTONE, ""));
    CHECK(comes_as(reader, KPC_ARRIVAL_TOMBSTONE, "") && comes_as(reader, KPC_ARRIVAL_TOMBSTONE, ""));
    CHECK(comes_as(reader, KPC_ARRIVAL_MESSAGE, "behind"));
    kpc_reader_free(reader);
    kpc_writer_free(writer);
    leaves(&alice);
    leaves(&bob);
}

/* The box that the writer is at; its position stays where it is. */
static void write_box(void)
{
    person alice = comes("alice"), bob = comes("bob");
    kpc_writer *writer = creates(&alice, "raw");
    kpc_reader *reader = follows(&bob, "raw", writer);
    kpc_write_cap cap;
    kpc_box_index at, next;

    OK(kpc_writer_write_cap(writer, &cap, &error));
    OK(kpc_writer_next_index(writer, &at, &error));
    OK(kpc_write_box(alice.client, &cap, &at, bytes("raw"), 3, 0, KPC_SOON, &next, &error));
    OK(kpc_writer_next_index(writer, &next, &error));
    CHECK(same_index(&at, &next));
    CHECK(comes_as(reader, KPC_ARRIVAL_FOREIGN, "raw"));
    kpc_reader_free(reader);
    kpc_writer_free(writer);
    leaves(&alice);
    leaves(&bob);
}

/* A box that was read before is read again; the reader's position stays where it is. */
static void read_box(void)
{
    person alice = comes("alice"), bob = comes("bob");
    kpc_writer *writer = creates(&alice, "again");
    kpc_reader *reader = follows(&bob, "again", writer);
    kpc_read_cap cap;
    kpc_box_index first, at, next;
    kpc_buffer *plaintext = NULL;

    sends(writer, "one");
    CHECK(takes(reader, 1, "one"));
    OK(kpc_reader_read_cap(reader, &cap, &error));
    OK(kpc_read_cap_first_index(&cap, &first, &error));
    OK(kpc_reader_next_index(reader, &at, &error));
    OK(kpc_read_box(bob.client, &cap, &first, 0, KPC_SOON, &plaintext, &next, &error));
    CHECK(kpc_buffer_len(plaintext) > 3 &&
          memcmp(kpc_buffer_data(plaintext) + kpc_buffer_len(plaintext) - 3, "one", 3) == 0);
    kpc_buffer_free(plaintext);
    CHECK(same_index(&at, &next));
    OK(kpc_reader_next_index(reader, &next, &error));
    CHECK(same_index(&at, &next));
    kpc_reader_free(reader);
    kpc_writer_free(writer);
    leaves(&alice);
    leaves(&bob);
}

/* Old messages are deleted, from the mixnet too: who comes later is told of tombstones. */
static void writer_erase_before(void)
{
    person alice = comes("alice"), bob = comes("bob");
    kpc_writer *writer = creates(&alice, "erased");
    kpc_reader *early = follows(&bob, "early", writer), *late;

    sends(writer, "one");
    sends(writer, "two");
    sends(writer, "three");
    CHECK(takes(early, 1, "one"));
    OK(kpc_writer_wait_stored(writer, 3, KPC_SOON, &error));
    OK(kpc_writer_erase_before(writer, 3, KPC_SOON, &error));
    OK(kpc_writer_wait_erased(writer, 3, KPC_SOON, &error));
    late = follows(&bob, "late", writer);
    CHECK(comes_as(late, KPC_ARRIVAL_TOMBSTONE, "") && comes_as(late, KPC_ARRIVAL_TOMBSTONE, ""));
    CHECK(comes_as(late, KPC_ARRIVAL_MESSAGE, "three"));
    kpc_reader_free(late);
    kpc_reader_free(early);
    kpc_writer_free(writer);
    leaves(&alice);
    leaves(&bob);
}

/* Boxes that hold messages are deleted with the capability of their writer. */
static void tombstone_range(void)
{
    person alice = comes("alice"), bob = comes("bob");
    kpc_writer *writer = creates(&alice, "gone");
    kpc_tombstones *tombstones = NULL;
    kpc_reader *reader;
    kpc_write_cap cap;
    kpc_box_index first;
    size_t i;

    sends(writer, "one");
    sends(writer, "two");
    sends(writer, "three");
    OK(kpc_writer_wait_stored(writer, 3, KPC_SOON, &error));
    OK(kpc_writer_write_cap(writer, &cap, &error));
    OK(kpc_write_cap_first_index(&cap, &first, &error));
    OK(kpc_tombstone_range(alice.client, &cap, &first, 2, KPC_SOON, &tombstones, &error));
    CHECK(kpc_tombstones_count(tombstones) == 2);
    for (i = 0; i < kpc_tombstones_count(tombstones); i++) {
        kpc_envelope *envelope = NULL;
        OK(kpc_tombstones_envelope_at(tombstones, i, &envelope, &error));
        OK(kpc_start_resending_encrypted_message(alice.client, NULL, &cap, NULL, -1, envelope, 0, KPC_SOON, NULL,
                                                 NULL, &error));
        kpc_envelope_free(envelope);
    }
    kpc_tombstones_free(tombstones);
    reader = follows(&bob, "gone", writer);
    CHECK(comes_as(reader, KPC_ARRIVAL_TOMBSTONE, "") && comes_as(reader, KPC_ARRIVAL_TOMBSTONE, ""));
    CHECK(comes_as(reader, KPC_ARRIVAL_MESSAGE, "three"));
    kpc_reader_free(reader);
    kpc_writer_free(writer);
    leaves(&alice);
    leaves(&bob);
}

/* A channel whose boxes were filled with the elements of a copy stream is what a courier performs. */
static void start_resending_copy_command(void)
{
    person alice = comes("alice");
    kpc_writer *writer = creates(&alice, "stream");
    kpc_test_stream to = kpc_test_stream_of(7);
    kpc_stream_elements *elements = NULL;
    kpc_buffer *plaintext = NULL;
    kpc_write_cap cap;
    kpc_box_index at, next;
    size_t i;

    OK(kpc_writer_write_cap(writer, &cap, &error));
    OK(kpc_writer_next_index(writer, &at, &error));
    OK(kpc_create_courier_envelopes_from_payload(alice.client, bytes("by courier"), 10, &to.writer, &to.first, true,
                                                 true, KPC_SOON, &elements, &error));
    for (i = 0; i < kpc_stream_elements_count(elements); i++) {
        kpc_buffer *element = NULL;
        OK(kpc_stream_elements_at(elements, i, &element, &error));
        OK(kpc_write_box(alice.client, &cap, &at, kpc_buffer_data(element), kpc_buffer_len(element),
                         KPC_WRITE_UNCHECKED, KPC_SOON, &at, &error));
        kpc_buffer_free(element);
    }
    kpc_stream_elements_free(elements);
    OK(kpc_start_resending_copy_command(alice.client, &cap, NULL, KPC_SOON, &error));
    OK(kpc_read_box(alice.client, &to.reader, &to.first, 0, KPC_SOON, &plaintext, &next, &error));
    CHECK(holds(plaintext, "by courier"));
    kpc_writer_free(writer);
    leaves(&alice);
}

/* A hole is passed over when the program says so; so is a box that cannot be opened. */
static void reader_receive(void)
{
    person alice = comes("alice"), bob = comes("bob");
    kpc_writer *writer = creates(&alice, "holes");
    kpc_reader *reader = follows(&bob, "holes", writer);
    kpc_message *message = NULL;
    kpc_write_cap cap;
    kpc_box_index at;

    ERROR(KPC_ERR_TIMEOUT, kpc_reader_receive(reader, 1, &message, &error));
    ERROR(KPC_ERR_TIMEOUT, kpc_reader_receive(reader, KPC_NO_WAIT, &message, &error));
    CHECK(message == NULL);
    OK(kpc_writer_write_cap(writer, &cap, &error));
    OK(kpc_writer_next_index(writer, &at, &error));
    OK(kpc_next_message_box_index(&at, &at, &error));
    OK(kpc_write_box(alice.client, &cap, &at, bytes("behind"), 6, 0, KPC_SOON, &at, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_reader_skip(reader, &at, &error));
    skips(reader);
    CHECK(comes_as(reader, KPC_ARRIVAL_SKIPPED, ""));
    CHECK(comes_as(reader, KPC_ARRIVAL_FOREIGN, "behind"));
    kpc_reader_free(reader);
    kpc_writer_free(writer);
    leaves(&alice);
    leaves(&bob);
}

int main(void)
{
    kpc_sim_start(&sim, "--instant");
    writer_tombstone();
    write_box();
    read_box();
    writer_erase_before();
    tombstone_range();
    start_resending_copy_command();
    reader_receive();
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
