/* How to read a box from both storage replicas that hold it.
 *
 *   $ channel_07_both_replicas thinclient.toml
 *   Bob reads: Message from Alice
 *   replica 0: Message from Alice
 *   replica 1: Message from Alice
 *
 * Every box is stored twice. A daemon up to v0.0.72 asks one replica, so after an empty reply the
 * other replica may still have the box. Today's couriers ask both and ignore the reply index. */
#include "channels.h"

/* Reads one box from one replica. A query of an older daemon may name another replica than the
 * two that hold the box, so each attempt is prepared anew. */
static void read_from(kpc_client *bob, kpc_channel channel, const kpc_box_index *index,
                      int32_t replica, const kpc_service *courier)
{
    int attempt;
    size_t length = 0;

    for (attempt = 0; attempt < ATTEMPTS && length == 0; attempt++) {
        kpc_error *error = NULL;
        kpc_channel_query *query = NULL;
        kpc_buffer *found;
        must(kpc_read_channel(bob, channel, index, replica, PATIENCE_MS, &query, &error), &error,
             "preparing a read");
        need(kpc_channel_query_reply_index(query) == replica, "this is another replica");
        /* The first time the courier takes the query, the second time it has the answer. */
        kpc_buffer_free(example_send(bob, channel, query, courier));
        found = example_send(bob, channel, query, courier);
        length = kpc_buffer_len(found);
        if (length > 0) {
            printf("replica %d: %.*s\n", (int)replica, (int)length,
                   (const char *)kpc_buffer_data(found));
        }
        kpc_buffer_free(found);
        kpc_channel_query_free(query);
    }
    need(length > 0, "nothing was found there");
}

int main(int argc, char **argv)
{
    kpc_error *error = NULL;
    kpc_channel writing, reading;
    kpc_channel_query *query = NULL;
    kpc_write_cap write_cap;
    kpc_read_cap read_cap;
    kpc_box_index index;
    kpc_service courier;
    kpc_client *alice, *bob;

    need(argc == 2, "usage: channel_07_both_replicas THINCLIENT.TOML");
    alice = example_connect(argv[1]);
    bob = example_connect(argv[1]);
    courier = example_courier(alice);

    /* Alice writes. */
    must(kpc_create_write_channel(alice, PATIENCE_MS, &writing, &read_cap, &write_cap, &error),
         &error, "a channel to write to");
    kpc_channel_query_free(example_write(alice, writing, "Message from Alice", &courier));

    /* Bob's first read leaves the replica open (-1). */
    must(kpc_create_read_channel(bob, &read_cap, PATIENCE_MS, &reading, &error), &error,
         "a channel to read");
    must(kpc_read_channel(bob, reading, NULL, -1, PATIENCE_MS, &query, &error), &error,
         "preparing a read");
    example_fetch(bob, reading, query, &courier);

    /* The same box once more, from each replica: the index is that of the first query. The
     * channel itself has moved on, and is not moved back by this. */
    must(kpc_channel_query_current_index(query, &index, &error), &error, "the index");
    read_from(bob, reading, &index, 0, &courier);
    read_from(bob, reading, &index, 1, &courier);

    kpc_channel_query_free(query);
    kpc_client_close(alice, KPC_FOREVER, NULL); /* closes its channels too */
    kpc_client_free(alice);
    kpc_client_close(bob, KPC_FOREVER, NULL);
    kpc_client_free(bob);
    kpc_wipe(&write_cap, sizeof write_cap);
    return 0;
}
