/* Resumption 5 of 6: a write channel whose last query was prepared and not sent.
 *
 *   $ channel_12_resume_unsent_write thinclient.toml
 *   Alice stored ... bytes before she sent anything
 *   Bob reads: Message from Alice
 *
 * The program stores a query as soon as it is prepared. After a crash it is unknown whether the
 * query was sent. Sending it again is harmless, because it writes the same content. */
#include "channels.h"

int main(int argc, char **argv)
{
    static const char message[] = "Message from Alice";
    kpc_error *error = NULL;
    kpc_channel writing, resumed, reading;
    kpc_channel_query *query = NULL, *loaded = NULL;
    kpc_buffer *stored = NULL;
    kpc_write_cap write_cap;
    kpc_read_cap read_cap;
    kpc_service courier;
    kpc_client *alice, *bob;

    need(argc == 2, "usage: channel_12_resume_unsent_write THINCLIENT.TOML");
    alice = example_connect(argv[1]);
    bob = example_connect(argv[1]);

    /* 1. Alice creates a write channel, 2. and prepares a write, which she stores. */
    must(kpc_create_write_channel(alice, PATIENCE_MS, &writing, &read_cap, &write_cap, &error),
         &error, "a channel to write to");
    must(kpc_write_channel(alice, writing, (const uint8_t *)message, sizeof message - 1,
                           PATIENCE_MS, &query, &error),
         &error, "preparing a write");
    must(kpc_channel_query_to_bytes(query, &stored, &error), &error, "storing the query");
    kpc_channel_query_free(query);
    printf("Alice stored %u bytes before she sent anything\n", (unsigned)kpc_buffer_len(stored));

    /* 3. Alice closes the channel. To make it a crash, she closes her client and begins anew. */
    must(kpc_close_channel(alice, writing, PATIENCE_MS, &error), &error, "closing");
    kpc_client_close(alice, KPC_FOREVER, NULL);
    kpc_client_free(alice);
    alice = example_connect(argv[1]);

    /* 4. Alice resumes the channel, with the query: it stands at that query's box. */
    must(kpc_channel_query_from_bytes(kpc_buffer_data(stored), kpc_buffer_len(stored), &loaded,
                                      &error),
         &error, "loading the query");
    must(kpc_resume_write_channel_query(alice, &write_cap, loaded, PATIENCE_MS, &resumed, &error),
         &error, "resuming");

    /* 5. Alice sends the query. */
    courier = example_courier(alice);
    kpc_buffer_free(example_send(alice, resumed, loaded, &courier));

    /* 6. Bob creates a read channel, 7. and reads the message. */
    must(kpc_create_read_channel(bob, &read_cap, PATIENCE_MS, &reading, &error), &error,
         "a channel to read");
    example_read(bob, reading, &courier);

    kpc_channel_query_free(loaded);
    kpc_buffer_free(stored); /* wipes it, for it is as secret as the box */
    must(kpc_close_channel(alice, resumed, PATIENCE_MS, &error), &error, "closing");
    must(kpc_close_channel(bob, reading, PATIENCE_MS, &error), &error, "closing");
    kpc_client_close(alice, KPC_FOREVER, NULL);
    kpc_client_free(alice);
    kpc_client_close(bob, KPC_FOREVER, NULL);
    kpc_client_free(bob);
    kpc_wipe(&write_cap, sizeof write_cap);
    return 0;
}
