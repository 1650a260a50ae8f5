/* How to delete boxes with tombstones.
 *
 *   $ howto_07_delete_with_tombstones thinclient.toml
 *   wrote 5 boxes
 *   read box ...: note 0
 *   5 tombstones sent
 *   box ...: KPC_ERR_TOMBSTONE
 *   box ...: KPC_ERR_TOMBSTONE
 *   box ...: KPC_ERR_TOMBSTONE
 *   box ...: KPC_ERR_TOMBSTONE
 *   box ...: KPC_ERR_TOMBSTONE
 *   box ...: KPC_ERR_BOX_ID_NOT_FOUND
 *
 * A tombstone is a signed mark that replaces the content of a box. Readers can distinguish a deleted
 * box from one that was never written, and verify that its writer deleted it. */
#include "example.h"

enum { BOXES = 5 };

static unsigned long long number_of(const kpc_box_index *index)
{
    kpc_error *error = NULL;
    uint64_t number;

    must(kpc_get_message_box_index_counter(index, &number, &error), &error, "the number");
    return (unsigned long long)number;
}

int main(int argc, char **argv)
{
    kpc_error *error = NULL;
    kpc_write_cap write_cap;
    kpc_read_cap read_cap;
    kpc_box_index first, index, next;
    kpc_buffer *plaintext = NULL;
    kpc_client *client;
    int i;

    need(argc == 2, "usage: howto_07_delete_with_tombstones THINCLIENT.TOML");
    client = example_connect(argv[1]);
    example_channel(&write_cap, &read_cap, &first);

    index = first;
    for (i = 0; i < BOXES; i++) {
        char text[16];
        int length = snprintf(text, sizeof text, "note %d", i);
        /* &index twice: where to write, and where the next index goes if it succeeds. */
        must(kpc_write_box(client, &write_cap, &index, (const uint8_t *)text, (size_t)length, 0,
                           PATIENCE_MS, &index, &error),
             &error, "writing");
    }
    printf("wrote %d boxes\n", BOXES);
    must(kpc_read_box(client, &read_cap, &first, 0, PATIENCE_MS, &plaintext, &next, &error), &error,
         "reading");
    printf("read box %llu: %.*s\n", number_of(&first), (int)kpc_buffer_len(plaintext),
           (const char *)kpc_buffer_data(plaintext));
    kpc_buffer_free(plaintext);

    index = first;
    for (i = 0; i < BOXES; i++) {
        must(kpc_tombstone_box(client, &write_cap, &index, PATIENCE_MS, &index, &error), &error,
             "deleting");
    }
    printf("%d tombstones sent\n", BOXES);

    /* A read of a deleted box fails with a status of its own, which is an outcome to be expected.
     * KPC_START_NO_RETRY: do not wait for the last one, which was never written. */
    index = first;
    for (i = 0; i <= BOXES; i++) {
        kpc_status status = kpc_read_box(client, &read_cap, &index, KPC_START_NO_RETRY,
                                         PATIENCE_MS, &plaintext, &next, &error);
        need(kpc_status_is_expected_outcome(status), kpc_error_message(error));
        printf("box %llu: %s\n", number_of(&index), kpc_status_name(status));
        kpc_error_free(error);
        must(kpc_next_message_box_index(&index, &index, &error), &error, "the next index");
    }

    example_leave(client);
    kpc_wipe(&write_cap, sizeof write_cap);
    return 0;
}
