/* How to send a long payload to a channel at once, with a copy command to a courier.
 *
 *   $ howto_08_send_atomically thinclient.toml
 *   the payload has 5000 bytes; as a copy stream it takes ... boxes
 *   wrote the temporary stream
 *   the courier is through
 *   the reader has all 5000 bytes of it, from ... boxes
 *   the temporary stream is deleted
 *
 * A courier writes the boxes of the destination from a temporary stream. Readers see nothing before
 * the client sends the command; after that the client need not stay. If an envelope of the stream
 * fails, the courier stops there, and what it wrote before stays. This example does it step by step.
 * A kpc_copy_builder does all of it, and can continue after a crash. */
#include "example.h"

enum { SIZE = 5000 };

/* Writes each element of a copy stream to a box of its own; index moves on. */
static void write_elements(kpc_client *client, const kpc_stream_elements *elements,
                           const kpc_write_cap *stream, kpc_box_index *index)
{
    kpc_error *error = NULL;
    size_t i;

    for (i = 0; i < kpc_stream_elements_count(elements); i++) {
        kpc_buffer *element = NULL;
        must(kpc_stream_elements_at(elements, i, &element, &error), &error, "an element");
        must(kpc_write_box(client, stream, index, kpc_buffer_data(element),
                           kpc_buffer_len(element), KPC_WRITE_UNCHECKED, PATIENCE_MS, index, &error),
             &error, "writing an element");
        kpc_buffer_free(element);
    }
}

int main(int argc, char **argv)
{
    kpc_error *error = NULL;
    kpc_write_cap writer, stream;
    kpc_read_cap reader, unused;
    kpc_box_index first, begin, index;
    kpc_stream_elements *elements = NULL;
    kpc_client *client;
    uint8_t payload[SIZE];
    size_t i, boxes;

    need(argc == 2, "usage: howto_08_send_atomically THINCLIENT.TOML");
    client = example_connect(argv[1]);
    for (i = 0; i < SIZE; i++) {
        payload[i] = (uint8_t)(i % 251);
    }
    example_channel(&writer, &reader, &first);
    /* The stream that the courier reads. It has the courier's instructions, in plain for everyone
     * who has its capability, so it is used once and for nothing else. */
    example_channel(&stream, &unused, &begin);

    must(kpc_create_courier_envelopes_from_payload(client, payload, SIZE, &writer, &first, true,
                                                   true, PATIENCE_MS, &elements, &error),
         &error, "making the stream");
    boxes = kpc_stream_elements_count(elements);
    printf("the payload has %d bytes; as a copy stream it takes %lu boxes\n", (int)SIZE,
           (unsigned long)boxes);
    index = begin;
    write_elements(client, elements, &stream, &index);
    printf("wrote the temporary stream\n");
    kpc_stream_elements_free(elements);

    must(kpc_start_resending_copy_command(client, &stream, NULL, PATIENCE_MS, &error), &error,
         "the copy");
    printf("the courier is through\n");
    printf("the reader has all %d bytes of it, from %d boxes\n", (int)SIZE,
           example_read_payload(client, &reader, first, payload, SIZE));

    index = begin;
    for (i = 0; i < boxes; i++) {
        must(kpc_tombstone_box(client, &stream, &index, PATIENCE_MS, &index, &error), &error,
             "deleting");
    }
    printf("the temporary stream is deleted\n");

    example_leave(client);
    kpc_wipe(&writer, sizeof writer);
    kpc_wipe(&stream, sizeof stream);
    return 0;
}
