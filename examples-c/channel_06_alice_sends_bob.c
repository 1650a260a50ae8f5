/* How Alice sends Bob a message: a channel that she writes and he reads.
 *
 *   $ channel_06_alice_sends_bob thinclient.toml
 *   Alice wrote 10 bytes
 *   Bob reads: Hello Bob!
 *   it is Alice's message
 *
 * A channel is a sequence of boxes in the network's storage. The owner of the write capability
 * writes them one after the other; the owner of the read capability reads them. Neither learns who
 * or where the other is. Only sending a query causes traffic; the daemon does everything else. */
#include "example.h"

/* So many reads are prepared, and each is sent so often: see step 7. */
#define ATTEMPTS 40
#define SENDINGS 3

int main(int argc, char **argv)
{
    static const char message[] = "Hello Bob!";
    const size_t length = sizeof message - 1;
    kpc_error *error = NULL;
    kpc_channel writing, reading;
    kpc_channel_query *write = NULL, *read = NULL;
    kpc_write_cap write_cap;
    kpc_read_cap read_cap;
    kpc_service courier;
    kpc_buffer *payload = NULL;
    kpc_client *alice, *bob;
    kpc_id id;
    int attempt, sending, found = 0;

    need(argc == 2, "usage: channel_06_alice_sends_bob THINCLIENT.TOML");
    alice = example_connect(argv[1]);
    bob = example_connect(argv[1]);

    /* 1. Alice creates a write channel. She stores both capabilities; the channel's number is
     *    good for this client only. */
    must(kpc_create_write_channel(alice, PATIENCE_MS, &writing, &read_cap, &write_cap, &error),
         &error, "a channel to write to");

    /* 2. Alice prepares her message. Nothing is sent: now is the time to store the query. */
    must(kpc_write_channel(alice, writing, (const uint8_t *)message, length, PATIENCE_MS, &write,
                           &error),
         &error, "preparing a write");

    /* 3. Alice takes a courier, which passes queries on to the storage, and an id by which
     *    events name the query. Without one the library draws it. */
    must(kpc_client_get_service(alice, "courier", &courier, &error), &error, "a courier");
    must(kpc_new_message_id(&id, &error), &error, "an id");

    /* 4. Alice sends the query and waits until the courier has it. */
    must(kpc_send_channel_query_await_reply(alice, writing, write, &courier, &id, PATIENCE_MS,
                                            &payload, NULL, &error),
         &error, "sending the write");
    printf("Alice wrote %u bytes\n", (unsigned)length);
    kpc_buffer_free(payload);

    /* 5. Bob creates a read channel with Alice's read capability, which he got some other way. */
    must(kpc_create_read_channel(bob, &read_cap, PATIENCE_MS, &reading, &error), &error,
         "a channel to read");

    for (attempt = 0; attempt < ATTEMPTS && !found; attempt++) {
        /* 6. Bob prepares a read of the next box, from whichever of its two replicas. */
        kpc_channel_query_free(read);
        must(kpc_read_channel(bob, reading, NULL, -1, PATIENCE_MS, &read, &error), &error,
             "preparing a read");

        /* 7. Bob sends the query until something is there: an empty reply is no error. After a
         *    few times he prepares it anew, for a courier of v0.0.72 repeats for ever what it
         *    found when the query first came. */
        for (sending = 0; sending < SENDINGS && !found; sending++) {
            must(kpc_send_channel_query_await_reply(bob, reading, read, &courier, NULL, PATIENCE_MS,
                                                    &payload, NULL, &error),
                 &error, "sending the read");
            found = kpc_buffer_len(payload) > 0;
            if (!found) {
                kpc_buffer_free(payload);
            }
        }
    }
    need(found, "nothing was found");
    printf("Bob reads: %.*s\n", (int)kpc_buffer_len(payload),
           (const char *)kpc_buffer_data(payload));

    /* 8. Bob verifies that it is what Alice wrote. */
    need(kpc_buffer_len(payload) == length &&
             memcmp(kpc_buffer_data(payload), message, length) == 0,
         "this is another message");
    printf("it is Alice's message\n");

    kpc_buffer_free(payload);
    kpc_channel_query_free(write);
    kpc_channel_query_free(read);
    must(kpc_close_channel(alice, writing, PATIENCE_MS, &error), &error, "closing");
    must(kpc_close_channel(bob, reading, PATIENCE_MS, &error), &error, "closing");
    example_leave(alice);
    example_leave(bob);
    kpc_wipe(&write_cap, sizeof write_cap);
    return 0;
}
