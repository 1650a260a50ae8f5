/* A program whose system refuses something: it connects, asks, writes, reads, keeps a channel. Each call ends well or
 * says why, and what was accepted arrives.
 *
 * To be included after a feature macro, like kpc_stores.h. */
#ifndef KPC_FAILING_H
#define KPC_FAILING_H

#include "kpc_stores.h"

enum { KPC_LIVES = 1 << 17 };

/* What became of each life's message, in memory that processes share. */
typedef struct kpc_lives {
    uint8_t accepted[KPC_LIVES];
    /* Calls that failed, in all lives. */
    int failures;
} kpc_lives;

/* A failure has a reason that a program can act upon. Whether there was none;
 * `all` no longer holds after one. No call runs into its time limit; but who waits for the reply to a message is told
 * so where its connection was given up, and the reply came to that one. */
static inline int kpc_goes_well(kpc_lives *lives, kpc_status status, kpc_error **why, const char *call, int *all)
{
    int is_lost = status == KPC_ERR_TIMEOUT && strstr(kpc_error_message(*why), "reply block") != NULL;
    if (status != KPC_OK) {
        *all = 0;
        __atomic_add_fetch(&lives->failures, 1, __ATOMIC_SEQ_CST);
        if (!CHECK(status != KPC_ERR_INTERNAL && status != KPC_ERR_PANIC && (status != KPC_ERR_TIMEOUT || is_lost))) {
            printf("    %s: %s, %s\n", call, kpc_status_name(status), kpc_error_message(*why));
        }
        /* The object may be what there was no room for. */
        CHECK(*why != NULL || status == KPC_ERR_NO_MEMORY);
    }
    kpc_error_free(*why);
    *why = NULL;
    return status == KPC_OK;
}

/* One life, in which message `number` is sent. Whether all of it went well. */
static inline int kpc_life(kpc_lives *lives, const kpc_config *config, const char *database, int number)
{
    kpc_client *client = NULL;
    kpc_store *store = NULL;
    kpc_writer *writer = NULL;
    kpc_buffer *reply = NULL, *found = NULL;
    kpc_error *why = NULL;
    kpc_test_stream stream;
    kpc_box_index next;
    kpc_service echo;
    uint8_t seed[KPC_SEED_SIZE] = {0};
    char text[16];
    int well = 1;
#define WELL(call) kpc_goes_well(lives, (call), &why, #call, &well)
    snprintf(text, sizeof text, "%d", number);
    memcpy(seed, text, sizeof text);
    if (WELL(kpc_client_new(config, &client, &why)) && WELL(kpc_client_connect(client, KPC_SOON, &why)) &&
        WELL(kpc_new_keypair(seed, sizeof seed, &stream.writer, &stream.reader, &stream.first, &why))) {
        if (WELL(kpc_client_get_service(client, "echo", &echo, &why)) &&
            WELL(kpc_send_message_await_reply(client, &echo, bytes(text), sizeof text, KPC_SOON, &reply, &why))) {
            CHECK(kpc_buffer_len(reply) >= sizeof text &&
                  memcmp(kpc_buffer_data(reply), text, sizeof text) == 0);
        }
        if (WELL(kpc_write_box(client, &stream.writer, &stream.first, bytes(text), 3, 0, KPC_SOON, &next, &why)) &&
            WELL(kpc_read_box(client, &stream.reader, &stream.first, 0, KPC_SOON, &found, &next, &why))) {
            CHECK(kpc_buffer_len(found) == 3 && memcmp(kpc_buffer_data(found), text, 3) == 0);
        }
        if (WELL(kpc_store_open(client, database, KPC_SOON, &store, &why)) &&
            WELL(kpc_store_open_writer(store, "channel", KPC_SOON, &writer, &why)) &&
            WELL(kpc_writer_send(writer, KPC_MESSAGE_KIND, bytes(text), strlen(text), KPC_SOON, NULL, &why))) {
            lives->accepted[number] = 1;
            WELL(kpc_writer_wait_stored(writer, kpc_writer_last_message(writer), KPC_SOON, &why));
        }
    }
    kpc_buffer_free(reply);
    kpc_buffer_free(found);
    kpc_writer_free(writer);
    if (store != NULL) {
        WELL(kpc_store_close(store, KPC_SOON, &why));
    }
    kpc_store_free(store);
    if (client != NULL) {
        WELL(kpc_client_close(client, KPC_SOON, &why));
    }
    kpc_client_free(client);
#undef WELL
    return well;
}

/* Makes the channel that all lives go on with. */
static inline void kpc_lives_begin(const char *name)
{
    person alice = comes(name);
    kpc_writer *writer = creates(&alice, "channel");
    sends(writer, "begin");
    kpc_writer_free(writer);
    leaves(&alice);
}

/* Everything that was accepted is in the channel, in order; nothing is there twice. */
static inline void kpc_lives_end(const kpc_lives *lives, const char *name)
{
    person alice = comes(name), bob = comes("bob");
    kpc_writer *writer = NULL;
    kpc_reader *reader;
    int last = -1, at, lost = 0, twice = 0;
    uint64_t number = 1;

    OK(kpc_store_open_writer(alice.store, "channel", KPC_SOON, &writer, &error));
    reader = follows(&bob, "channel", writer);
    CHECK(takes(reader, number, "begin"));
    sends(writer, "end");
    for (;;) {
        kpc_message *message = receives(reader);
        kpc_buffer *data = NULL;
        char text[16] = {0};

        if (!CHECK(kpc_message_number(message) == ++number) || !CHECK(kpc_message_data(message, &data, NULL) == KPC_OK)) {
            break;
        }
        memcpy(text, kpc_buffer_data(data), kpc_buffer_len(data) < 15 ? kpc_buffer_len(data) : 15);
        kpc_buffer_free(data);
        kpc_message_free(message);
        OK(kpc_reader_acknowledge(reader, number, KPC_SOON, &error));
        at = strcmp(text, "end") == 0 ? KPC_LIVES : atoi(text);
        twice += at <= last;
        while (++last < at) {
            lost += lives->accepted[last];
        }
        if (at == KPC_LIVES) {
            break;
        }
    }
    CHECK(lost == 0 && twice == 0);
    kpc_reader_free(reader);
    kpc_writer_free(writer);
    leaves(&bob);
    leaves(&alice);
}

/* Which number comes after this one: each, or one of so many. */
static inline int kpc_next_number(int number, int of_so_many)
{
    return getenv("KPC_EACH_FAULT") != NULL ? number + 1 : number + 1 + number / of_so_many;
}

#endif
