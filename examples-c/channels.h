/* What the examples about channels share: sending a query, once or until something is found.
 * channel_06 shows it at length. */
#ifndef KPC_EXAMPLE_CHANNELS_H
#define KPC_EXAMPLE_CHANNELS_H

#include "example.h"

/* A daemon up to v0.0.72 asks one of two replicas each time; so often is more than enough. */
#define ATTEMPTS 40
/* So often a read is sent before it is prepared anew. Couriers of that time look for the box when
 * a query first comes, answer from the second time on, and repeat for ever what they found then:
 * a query that came before the write finds nothing however often it is sent. */
#define SENDINGS 3

/* A courier, for all queries of one program. */
static inline kpc_service example_courier(kpc_client *client)
{
    kpc_error *error = NULL;
    kpc_service courier;

    must(kpc_client_get_service(client, "courier", &courier, &error), &error, "a courier");
    return courier;
}

/* Sends a query and gives what came back: nothing for a write, and where nothing is there yet. */
static inline kpc_buffer *example_send(kpc_client *client, kpc_channel channel,
                                       const kpc_channel_query *query, const kpc_service *courier)
{
    kpc_error *error = NULL;
    kpc_buffer *payload = NULL;

    must(kpc_send_channel_query_await_reply(client, channel, query, courier, NULL, PATIENCE_MS,
                                            &payload, NULL, &error),
         &error, "a query");
    return payload;
}

/* Prepares a write and sends it; the query is what a program stores. */
static inline kpc_channel_query *example_write(kpc_client *client, kpc_channel channel,
                                               const char *text, const kpc_service *courier)
{
    kpc_error *error = NULL;
    kpc_channel_query *query = NULL;

    must(kpc_write_channel(client, channel, (const uint8_t *)text, strlen(text), PATIENCE_MS,
                           &query, &error),
         &error, "preparing a write");
    kpc_buffer_free(example_send(client, channel, query, courier));
    return query;
}

/* Sends a read a few times. True if it found something, which is printed. */
static inline int example_found(kpc_client *client, kpc_channel channel,
                                const kpc_channel_query *query, const kpc_service *courier)
{
    int sending;

    for (sending = 0; sending < SENDINGS; sending++) {
        kpc_buffer *found = example_send(client, channel, query, courier);
        size_t length = kpc_buffer_len(found);
        if (length > 0) {
            printf("Bob reads: %.*s\n", (int)length, (const char *)kpc_buffer_data(found));
        }
        kpc_buffer_free(found);
        if (length > 0) {
            return 1;
        }
    }
    return 0;
}

/* Sends a read, and further ones prepared for the same box, until something is found, and prints
 * that. */
static inline void example_fetch(kpc_client *client, kpc_channel channel,
                                 const kpc_channel_query *query, const kpc_service *courier)
{
    kpc_error *error = NULL;
    kpc_box_index index;
    int found, attempt;

    must(kpc_channel_query_current_index(query, &index, &error), &error, "the index");
    found = example_found(client, channel, query, courier);
    for (attempt = 1; attempt < ATTEMPTS && !found; attempt++) {
        kpc_channel_query *anew = NULL;
        must(kpc_read_channel(client, channel, &index, -1, PATIENCE_MS, &anew, &error), &error,
             "preparing a read");
        found = example_found(client, channel, anew, courier);
        kpc_channel_query_free(anew);
    }
    need(found, "nothing was found");
}

/* Prepares the read of a channel's next box, sends it until something is found, and prints that. */
static inline void example_read(kpc_client *client, kpc_channel channel,
                                const kpc_service *courier)
{
    kpc_error *error = NULL;
    kpc_channel_query *query = NULL;

    must(kpc_read_channel(client, channel, NULL, -1, PATIENCE_MS, &query, &error), &error,
         "preparing a read");
    example_fetch(client, channel, query, courier);
    kpc_channel_query_free(query);
}

#endif
