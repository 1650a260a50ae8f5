/* Resumption 3 of 6: a write channel whose last query was sent.
 *
 *   $ channel_10_resume_writer_after_sending thinclient.toml
 *   Bob reads: First message from Alice
 *   Bob reads: Second message from Alice
 *
 * Alice stores the capability and the index after the box that she wrote last. */
#include "channels.h"

int main(int argc, char **argv)
{
    kpc_error *error = NULL;
    kpc_channel writing, resumed, reading;
    kpc_channel_query *query;
    kpc_write_cap write_cap;
    kpc_read_cap read_cap;
    kpc_box_index next;
    kpc_service courier;
    kpc_client *alice, *bob;

    need(argc == 2, "usage: channel_10_resume_writer_after_sending THINCLIENT.TOML");
    alice = example_connect(argv[1]);
    bob = example_connect(argv[1]);
    courier = example_courier(alice);

    /* 1. Alice creates a write channel, 2. prepares a write, 3. and sends it. */
    must(kpc_create_write_channel(alice, PATIENCE_MS, &writing, &read_cap, &write_cap, &error),
         &error, "a channel to write to");
    query = example_write(alice, writing, "First message from Alice", &courier);
    must(kpc_channel_query_next_index(query, &next, &error), &error, "the next index");
    kpc_channel_query_free(query);

    /* 4. Alice closes the channel, 5. and resumes it at the next box. */
    must(kpc_close_channel(alice, writing, PATIENCE_MS, &error), &error, "closing");
    must(kpc_resume_write_channel(alice, &write_cap, &next, PATIENCE_MS, &resumed, &error), &error,
         "resuming");

    /* 6. Alice sends a second write. */
    kpc_channel_query_free(example_write(alice, resumed, "Second message from Alice", &courier));

    /* 7. Bob creates a read channel, 8. reads the first message, 9. and the second. */
    must(kpc_create_read_channel(bob, &read_cap, PATIENCE_MS, &reading, &error), &error,
         "a channel to read");
    example_read(bob, reading, &courier);
    example_read(bob, reading, &courier);

    kpc_client_close(alice, KPC_FOREVER, NULL);
    kpc_client_free(alice);
    kpc_client_close(bob, KPC_FOREVER, NULL);
    kpc_client_free(bob);
    kpc_wipe(&write_cap, sizeof write_cap);
    kpc_wipe(&next, sizeof next);
    return 0;
}
