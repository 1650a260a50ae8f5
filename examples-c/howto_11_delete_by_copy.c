/* How to delete many boxes with one command: a courier writes the tombstones.
 *
 *   $ howto_11_delete_by_copy thinclient.toml
 *   wrote 10 boxes
 *   tombstones for 10 boxes, as a copy stream of ... boxes
 *   the courier is through
 *   10 boxes: KPC_ERR_TOMBSTONE
 *   the next box: KPC_ERR_BOX_ID_NOT_FOUND
 *
 * This is howto_07, but the client need not be connected while the courier works. */
#include "example.h"

enum { BOXES = 10 };

int main(int argc, char **argv)
{
    kpc_error *error = NULL;
    kpc_write_cap writer, stream;
    kpc_read_cap reader, unused;
    kpc_box_index first, index, next;
    kpc_stream_elements *elements = NULL;
    kpc_buffer *plaintext = NULL;
    kpc_client *client;
    int i, deleted = 0;

    need(argc == 2, "usage: howto_11_delete_by_copy THINCLIENT.TOML");
    client = example_connect(argv[1]);
    example_channel(&writer, &reader, &first);
    index = first;
    for (i = 0; i < BOXES; i++) {
        must(kpc_write_box(client, &writer, &index, (const uint8_t *)"note", 4, 0, PATIENCE_MS,
                           &index, &error),
             &error, "writing");
    }
    printf("wrote %d boxes\n", BOXES);

    must(kpc_create_courier_envelopes_from_tombstone_range(client, &writer, &first, BOXES, true,
                                                           true, NULL, 0, PATIENCE_MS, &elements,
                                                           &error),
         &error, "making the stream");
    printf("tombstones for %d boxes, as a copy stream of %lu boxes\n", BOXES,
           (unsigned long)kpc_stream_elements_count(elements));
    /* The box after the last one that is deleted. */
    must(kpc_stream_elements_next_index(elements, &next, &error), &error, "the next index");
    need(example_number(&next) == example_number(&index), "it is another box");

    example_channel(&stream, &unused, &index);
    example_write_elements(client, elements, &stream, &index);
    must(kpc_start_resending_copy_command(client, &stream, NULL, PATIENCE_MS, &error), &error,
         "the copy");
    printf("the courier is through\n");

    for (i = 0, index = first; i <= BOXES; i++) {
        kpc_status status = kpc_read_box(client, &reader, &index, KPC_START_NO_RETRY, PATIENCE_MS,
                                         &plaintext, &next, &error);
        need(kpc_status_is_expected_outcome(status), kpc_error_message(error));
        deleted += status == KPC_ERR_TOMBSTONE;
        if (i == BOXES) {
            printf("%d boxes: KPC_ERR_TOMBSTONE\n", deleted);
            printf("the next box: %s\n", kpc_status_name(status));
        }
        kpc_error_free(error);
        must(kpc_next_message_box_index(&index, &index, &error), &error, "the next index");
    }

    kpc_stream_elements_free(elements);
    example_leave(client);
    kpc_wipe(&writer, sizeof writer);
    kpc_wipe(&stream, sizeof stream);
    return 0;
}
