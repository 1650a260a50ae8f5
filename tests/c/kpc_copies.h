/* What the tests of copy streams share: payloads, boxes read back.
 *
 * To be included like kpc_sim.h, after a feature macro. The program defines what is declared here. */
#ifndef KPC_COPIES_H
#define KPC_COPIES_H

#include "kpc_sim.h"

/* What one box of a destination takes of a payload, at the simulator's geometry. */
#define KPC_CHUNK 1545

static kpc_error *error;
static kpc_sim sim;
static kpc_client *client;

/* Runs an asynchronous call, gives its result to `take`, and ends it. */
#define ASYNC(begin, take)                              \
    do {                                                \
        kpc_op op = 0;                                  \
        kpc_result *result;                             \
        OK(begin);                                      \
        result = WAIT_FOR(client, op);                  \
        OK(take);                                       \
        kpc_result_free(result);                        \
    } while (0)

/* A payload in which every place differs from its neighbours; the caller frees it. */
static inline uint8_t *kpc_copies_payload(size_t size)
{
    uint8_t *bytes = (uint8_t *)malloc(size);
    size_t i;
    if (bytes == NULL) {
        kpc_sim_give_up("no memory");
    }
    for (i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(i * 7 + i / 251);
    }
    return bytes;
}

/* The index so many boxes further on. */
static inline kpc_box_index kpc_copies_ahead(const kpc_box_index *index, size_t count)
{
    kpc_box_index at = *index;
    while (count-- > 0) {
        OK(kpc_next_message_box_index(&at, &at, &error));
    }
    return at;
}

/* Whether the last element took the rest of what was added. */
static inline int kpc_copies_nothing_left(const kpc_stream_elements *made)
{
    kpc_buffer *buffer = NULL;
    int nothing;
    OK(kpc_stream_elements_buffer(made, &buffer, &error));
    nothing = buffer != NULL && kpc_buffer_len(buffer) == 0;
    kpc_buffer_free(buffer);
    return nothing;
}

static inline int kpc_copies_same(const kpc_box_index *one, const kpc_box_index *two)
{
    return memcmp(one, two, sizeof *one) == 0;
}

/* Takes over the buffer. */
static inline int kpc_copies_holds(kpc_buffer *buffer, const void *bytes, size_t size)
{
    int same = buffer != NULL && kpc_buffer_len(buffer) == size &&
               memcmp(kpc_buffer_data(buffer), bytes, size) == 0;
    kpc_buffer_free(buffer);
    return same;
}

/* Whether the boxes of a stream hold this payload. */
static inline int kpc_copies_arrived(const kpc_test_stream *stream, const uint8_t *payload, size_t size)
{
    kpc_box_index at = stream->first;
    size_t done = 0;
    while (done < size) {
        size_t part = size - done < KPC_CHUNK ? size - done : KPC_CHUNK;
        kpc_buffer *plaintext = NULL;
        if (!OK(kpc_read_box(client, &stream->reader, &at, KPC_START_NO_RETRY, KPC_SOON, &plaintext, &at,
                             &error))) {
            return 0;
        }
        if (!kpc_copies_holds(plaintext, payload + done, part)) {
            return 0;
        }
        done += part;
    }
    return 1;
}

/* Whether a box was deleted. */
static inline int kpc_copies_deleted(const kpc_test_stream *stream, const kpc_box_index *index)
{
    kpc_box_index next;
    kpc_buffer *plaintext = NULL;
    kpc_status status = kpc_read_box(client, &stream->reader, index, KPC_START_NO_RETRY, KPC_SOON, &plaintext,
                                     &next, NULL);
    kpc_buffer_free(plaintext);
    return status == KPC_ERR_TOMBSTONE;
}

/* Writes every element to a stream, from `at` on, which is moved. Takes the elements over. */
static inline void kpc_copies_write(const kpc_test_stream *to, kpc_box_index *at, kpc_stream_elements *envelopes)
{
    size_t i;
    for (i = 0; i < kpc_stream_elements_count(envelopes); i++) {
        kpc_buffer *element = NULL;
        OK(kpc_stream_elements_at(envelopes, i, &element, &error));
        OK(kpc_write_box(client, &to->writer, at, kpc_buffer_data(element), kpc_buffer_len(element), 0, KPC_SOON,
                         at, &error));
        kpc_buffer_free(element);
    }
    kpc_stream_elements_free(envelopes);
}

/* Has a courier perform a stream. */
static inline void kpc_copies_perform(const kpc_test_stream *temporary)
{
    OK(kpc_start_resending_copy_command(client, &temporary->writer, NULL, KPC_SOON, &error));
}

#endif
