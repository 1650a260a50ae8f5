/* Resumption 6 of 6: a read channel whose last query was prepared and not sent.
 *
 *   $ channel_13_resume_unsent_read thinclient.toml
 *   Bob stored ... bytes before he sent anything
 *   Bob reads: Message from Alice
 *   it is Alice's message
 *
 * The stored query contains what decrypts its answer, so the resumed channel can read it. */
#include "channels.h"

int main(int argc, char **argv)
{
    static const char message[] = "Message from Alice";
    kpc_error *error = NULL;
    kpc_channel writing, reading, resumed;
    kpc_channel_query *query = NULL, *loaded = NULL;
    kpc_buffer *stored = NULL;
    kpc_write_cap write_cap;
    kpc_read_cap read_cap;
    kpc_service courier;
    kpc_client *alice, *bob;
    int attempt, same = 0;

    need(argc == 2, "usage: channel_13_resume_unsent_read THINCLIENT.TOML");
    alice = example_connect(argv[1]);
    bob = example_connect(argv[1]);
    courier = example_courier(alice);

    /* 1. Alice creates a write channel, 2. and writes a message. */
    must(kpc_create_write_channel(alice, PATIENCE_MS, &writing, &read_cap, &write_cap, &error),
         &error, "a channel to write to");
    kpc_channel_query_free(example_write(alice, writing, message, &courier));

    /* 3. Bob creates a read channel, 4. and prepares a read, which he stores. */
    must(kpc_create_read_channel(bob, &read_cap, PATIENCE_MS, &reading, &error), &error,
         "a channel to read");
    must(kpc_read_channel(bob, reading, NULL, -1, PATIENCE_MS, &query, &error), &error,
         "preparing a read");
    must(kpc_channel_query_to_bytes(query, &stored, &error), &error, "storing the query");
    kpc_channel_query_free(query);
    printf("Bob stored %u bytes before he sent anything\n", (unsigned)kpc_buffer_len(stored));

    /* 5. Bob closes the channel, and his client, as a crash would. */
    must(kpc_close_channel(bob, reading, PATIENCE_MS, &error), &error, "closing");
    kpc_client_close(bob, KPC_FOREVER, NULL);
    kpc_client_free(bob);
    bob = example_connect(argv[1]);

    /* 6. Bob resumes the channel with the query. */
    must(kpc_channel_query_from_bytes(kpc_buffer_data(stored), kpc_buffer_len(stored), &loaded,
                                      &error),
         &error, "loading the query");
    must(kpc_resume_read_channel_query(bob, &read_cap, loaded, PATIENCE_MS, &resumed, &error),
         &error, "resuming");

    /* 7. Bob sends the query until something is there. */
    for (attempt = 0; attempt < ATTEMPTS && !same; attempt++) {
        kpc_buffer *found = example_send(bob, resumed, loaded, &courier);
        size_t length = kpc_buffer_len(found);
        if (length > 0) {
            printf("Bob reads: %.*s\n", (int)length, (const char *)kpc_buffer_data(found));
            same = length == strlen(message) &&
                   memcmp(kpc_buffer_data(found), message, length) == 0;
            need(same, "this is another message");
        }
        kpc_buffer_free(found);
    }
    need(same, "nothing was found");
    printf("it is Alice's message\n");

    kpc_channel_query_free(loaded);
    kpc_buffer_free(stored);
    must(kpc_close_channel(alice, writing, PATIENCE_MS, &error), &error, "closing");
    must(kpc_close_channel(bob, resumed, PATIENCE_MS, &error), &error, "closing");
    kpc_client_close(alice, KPC_FOREVER, NULL);
    kpc_client_free(alice);
    kpc_client_close(bob, KPC_FOREVER, NULL);
    kpc_client_free(bob);
    kpc_wipe(&write_cap, sizeof write_cap);
    return 0;
}
