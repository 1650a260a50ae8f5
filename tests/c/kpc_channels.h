/* What the tests of channels share: a client, a courier, and queries sent until something comes back.
 *
 * To be included after a feature macro, _POSIX_C_SOURCE 200809L or more. */
#ifndef KPC_CHANNELS_H
#define KPC_CHANNELS_H

#include "kpc_sim.h"

/* A read of v0.0.72 asks one of two replicas each time; so often is more than enough. */
#define ATTEMPTS 50

static kpc_error *error;
static kpc_sim sim;
static kpc_client *client;
static kpc_service courier;

static inline kpc_id new_id(void)
{
    kpc_id id;
    OK(kpc_new_message_id(&id, &error));
    return id;
}

/* Sends a query and says whether this came back. */
static inline int gives(kpc_channel channel, const kpc_channel_query *query, const char *text, int attempts)
{
    int same = 0, i;
    for (i = 0; i < attempts && !same; i++) {
        kpc_id id = new_id();
        kpc_buffer *payload = NULL;
        int32_t replica = 7;
        OK(kpc_send_channel_query_await_reply(client, channel, query, &courier, &id, KPC_SOON, &payload,
                                              &replica, &error));
        same = kpc_buffer_len(payload) == strlen(text) &&
               memcmp(kpc_buffer_data(payload), text, strlen(text)) == 0;
        CHECK(replica >= -1 && replica <= 1);
        kpc_buffer_free(payload);
    }
    return same;
}

#endif
