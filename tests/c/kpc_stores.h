/* What the tests of channels that remember share: people with a client and a database each.
 *
 * To be included like kpc_sim.h, after a feature macro. */
#ifndef KPC_STORES_H
#define KPC_STORES_H

#include "kpc_sim.h"

#include <sys/stat.h>

static kpc_error *error;
static kpc_sim sim;

/* Somebody with a program that runs. */
typedef struct person {
    kpc_client *client;
    kpc_store *store;
} person;

/* Runs an asynchronous call, gives its result to `take`, and ends it. */
#define ASYNC(client, begin, take)             \
    do {                                       \
        kpc_op op = 0;                         \
        kpc_result *result;                    \
        OK(begin);                             \
        result = WAIT_FOR((client), op);       \
        OK(take);                              \
        kpc_result_free(result);               \
    } while (0)

/* Where somebody's database is. */
static inline const char *path_of(const char *name)
{
    static char path[512];
    const char *directory = getenv("KPC_TMP");
    snprintf(path, sizeof path, "%s/%s.db", directory != NULL ? directory : ".", name);
    return path;
}

/* Somebody starts a program, with the database from the last time. */
static inline person comes(const char *name)
{
    person somebody = {NULL, NULL};
    somebody.client = kpc_sim_connected(&sim);
    OK(kpc_store_open(somebody.client, path_of(name), KPC_SOON, &somebody.store, &error));
    return somebody;
}

/* And ends it. */
static inline void leaves(person *somebody)
{
    OK(kpc_store_close(somebody->store, KPC_SOON, &error));
    kpc_store_free(somebody->store);
    STATUS(KPC_OK, kpc_client_close(somebody->client, KPC_SOON, NULL));
    kpc_client_free(somebody->client);
}

static inline kpc_writer *creates(const person *somebody, const char *name)
{
    kpc_writer *writer = NULL;
    OK(kpc_store_create_writer(somebody->store, name, NULL, 0, KPC_SOON, &writer, &error));
    return writer;
}

/* A channel that its owner gives up in these moments. */
static inline kpc_writer *opens_when_free(kpc_store *store, const char *name)
{
    int64_t end = kpc_test_now_ms() + KPC_SOON;
    kpc_writer *writer = NULL;
    kpc_status status;
    do {
        status = kpc_store_open_writer(store, name, KPC_SOON, &writer, NULL);
    } while (status == KPC_ERR_BUSY && kpc_test_now_ms() < end);
    STATUS(KPC_OK, status);
    return writer;
}

/* Somebody follows a channel of somebody else's from its beginning. */
static inline kpc_reader *follows(const person *somebody, const char *name, const kpc_writer *writer)
{
    kpc_reader *reader = NULL;
    kpc_read_cap cap;
    OK(kpc_writer_read_cap(writer, &cap, &error));
    OK(kpc_store_import_reader(somebody->store, name, &cap, NULL, KPC_SOON, &reader, &error));
    return reader;
}

static inline uint64_t sends(kpc_writer *writer, const char *text)
{
    uint64_t number = 0;
    OK(kpc_writer_send(writer, KPC_MESSAGE_KIND, bytes(text), strlen(text), KPC_SOON, &number, &error));
    return number;
}

/* Whether a buffer holds this text. Takes over the buffer. */
static inline int holds(kpc_buffer *buffer, const char *text)
{
    int same = buffer != NULL && kpc_buffer_len(buffer) == strlen(text) &&
               memcmp(kpc_buffer_data(buffer), text, strlen(text)) == 0;
    kpc_buffer_free(buffer);
    return same;
}

/* Whether a message is this. Takes over the message. */
static inline int is_text(kpc_message *message, uint64_t number, const char *text)
{
    kpc_buffer *data = NULL;
    int same = kpc_message_arrival(message) == KPC_ARRIVAL_MESSAGE &&
               kpc_message_kind(message) == KPC_MESSAGE_KIND && kpc_message_number(message) == number;
    OK(kpc_message_data(message, &data, &error));
    kpc_message_free(message);
    return holds(data, text) && same;
}

/* The oldest message that is not acknowledged. */
static inline kpc_message *receives(kpc_reader *reader)
{
    kpc_message *message = NULL;
    OK(kpc_reader_receive(reader, KPC_SOON, &message, &error));
    return message;
}

/* Whether it is this; it is acknowledged. */
static inline int takes(kpc_reader *reader, uint64_t number, const char *text)
{
    int same = is_text(receives(reader), number, text);
    OK(kpc_reader_acknowledge(reader, number, KPC_SOON, &error));
    return same;
}

static inline int same_index(const kpc_box_index *one, const kpc_box_index *two)
{
    return memcmp(one, two, sizeof *one) == 0;
}

/* Passes over the box that a reader awaits. Where that was asked for just before, it may happen
 * between the two calls: then it is the box after it. */
static inline void skips(kpc_reader *reader)
{
    kpc_box_index at, now;
    kpc_status status;

    do {
        OK(kpc_reader_next_index(reader, &at, &error));
        status = kpc_reader_skip(reader, &at, NULL);
        OK(kpc_reader_next_index(reader, &now, &error));
    } while (status == KPC_ERR_ARG_VALUE && !same_index(&at, &now));
    STATUS(KPC_OK, status);
}

/* Waits until a writer or a reader is in this state. */
#define AWAIT_STATE(state_of, wanted)                                                  \
    do {                                                                               \
        int64_t end = kpc_test_now_ms() + KPC_SOON;                                    \
        while ((state_of) != (wanted) && kpc_test_now_ms() < end) {                    \
            kpc_test_nap();                                                            \
        }                                                                              \
        CHECK((state_of) == (wanted));                                                 \
    } while (0)

#endif
