/* What the tests of boxes share, in one call or step by step: a client, and what came out.
 *
 * To be included after a feature macro, _POSIX_C_SOURCE 200809L or more. */
#ifndef KPC_BOXES_H
#define KPC_BOXES_H

#include "kpc_sim.h"

static kpc_error *error;
static kpc_sim sim;
static kpc_client *client;

/* Takes over the buffer. */
static inline int holds(kpc_buffer *buffer, const char *text)
{
    int same = buffer != NULL && kpc_buffer_len(buffer) == strlen(text) &&
               memcmp(kpc_buffer_data(buffer), text, strlen(text)) == 0;
    kpc_buffer_free(buffer);
    return same;
}

static inline int follows(const kpc_box_index *next, const kpc_box_index *index)
{
    kpc_box_index expected;
    OK(kpc_next_message_box_index(index, &expected, &error));
    return memcmp(&expected, next, sizeof expected) == 0;
}

#endif
