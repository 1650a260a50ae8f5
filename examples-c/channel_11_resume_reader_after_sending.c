/* Resumption 4 of 6: a read channel whose last query was sent and answered.
 *
 *   $ channel_11_resume_reader_after_sending thinclient.toml
 *   Bob reads: First message from Alice
 *   Bob reads: Second message from Alice
 *
 * Bob stores the capability, the index after the box that he read last, and the replica that he
 * asked, if he chose one. */
#include "channels.h"

int main(int argc, char **argv)
{
    kpc_error *error = NULL;
    kpc_channel writing, reading, resumed;
    kpc_channel_query *query = NULL;
    kpc_write_cap write_cap;
    kpc_read_cap read_cap;
    kpc_box_index next;
    kpc_service courier;
    kpc_client *alice, *bob;
    int32_t replica;

    need(argc == 2, "usage: channel_11_resume_reader_after_sending THINCLIENT.TOML");
    alice = example_connect(argv[1]);
    bob = example_connect(argv[1]);
    courier = example_courier(alice);

    /* 1. Alice creates a write channel, 2. writes a first message, 3. and a second one. */
    must(kpc_create_write_channel(alice, PATIENCE_MS, &writing, &read_cap, &write_cap, &error),
         &error, "a channel to write to");
    kpc_channel_query_free(example_write(alice, writing, "First message from Alice", &courier));
    kpc_channel_query_free(example_write(alice, writing, "Second message from Alice", &courier));

    /* 4. Bob creates a read channel, 5. and reads the first message. */
    must(kpc_create_read_channel(bob, &read_cap, PATIENCE_MS, &reading, &error), &error,
         "a channel to read");
    must(kpc_read_channel(bob, reading, NULL, -1, PATIENCE_MS, &query, &error), &error,
         "preparing a read");
    example_fetch(bob, reading, query, &courier);
    must(kpc_channel_query_next_index(query, &next, &error), &error, "the next index");
    replica = kpc_channel_query_reply_index(query);
    kpc_channel_query_free(query);

    /* 6. Bob closes the channel, 7. and resumes it at the next box. */
    must(kpc_close_channel(bob, reading, PATIENCE_MS, &error), &error, "closing");
    must(kpc_resume_read_channel(bob, &read_cap, &next, replica, PATIENCE_MS, &resumed, &error),
         &error, "resuming");

    /* 8. Bob reads the second message. */
    example_read(bob, resumed, &courier);

    kpc_client_close(alice, KPC_FOREVER, NULL);
    kpc_client_free(alice);
    kpc_client_close(bob, KPC_FOREVER, NULL);
    kpc_client_free(bob);
    kpc_wipe(&write_cap, sizeof write_cap);
    kpc_wipe(&next, sizeof next);
    return 0;
}
