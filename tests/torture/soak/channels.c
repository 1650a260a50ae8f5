/* Channels that remember: two stores, each on a client of its own, that write to each other. What
 * one takes the other has to give, once and in order. */
#define _POSIX_C_SOURCE 200809L
#include "soak.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#ifdef KPC_WITHOUT_STORE
void channels_start(const char *directory)
{
    (void)directory;
}

void send_once(unsigned channel, dice *dice)
{
    (void)channel;
    (void)dice;
}

void receive_once(unsigned channel, dice *dice)
{
    send_once(channel, dice);
}

void drain(unsigned channel)
{
    (void)channel;
}

void channels_end(void)
{
}
#else

static kpc_store *stores[STORES];
static char paths[STORES][256];

static struct channel {
    kpc_writer *writer;
    kpc_reader *reader;
    /* How many were taken, and how many were given and acknowledged. */
    uint64_t sent, received;
} channels[CHANNELS];

static void must(kpc_status status, const char *what)
{
    if (status != KPC_OK) {
        found(WRONG, "%s: %s", what, kpc_status_name(status));
        give_up(what);
    }
}

void channels_start(const char *directory)
{
    unsigned i;
    for (i = 0; i < STORES; i++) {
        snprintf(paths[i], sizeof paths[i], "%s/store-%u.db", directory, i);
        must(kpc_store_open(soak_clients[i], paths[i], LONG, &stores[i], NULL), "store_open");
    }
    for (i = 0; i < CHANNELS; i++) {
        kpc_read_cap cap;
        char name[16];
        snprintf(name, sizeof name, "channel %u", i);
        must(kpc_store_create_writer(stores[i % STORES], name, NULL, 0, LONG, &channels[i].writer, NULL), "writer");
        must(kpc_writer_read_cap(channels[i].writer, &cap, NULL), "read_cap");
        must(kpc_store_import_reader(stores[(i + 1) % STORES], name, &cap, NULL, LONG, &channels[i].reader, NULL),
             "reader");
    }
}

static size_t text_of_message(unsigned channel, uint64_t number, char *out, size_t size)
{
    return (size_t)snprintf(out, size, "message %lu of channel %u", (unsigned long)number, channel);
}

static uint64_t sent_of(unsigned channel)
{
    return __atomic_load_n(&channels[channel].sent, __ATOMIC_SEQ_CST);
}

/* Not so many that the end takes long to come. */
void send_once(unsigned channel, dice *dice)
{
    struct channel *c = &channels[channel];
    uint64_t number = 0, expected = sent_of(channel) + 1;
    char text[64];
    size_t len = text_of_message(channel, expected, text, sizeof text);
    kpc_status status;
    if (expected > __atomic_load_n(&c->received, __ATOMIC_SEQ_CST) + 32) {
        return;
    }
    status = kpc_writer_send(c->writer, KPC_MESSAGE_KIND, (const uint8_t *)text, len, LONG, &number, NULL);
    if (status != KPC_OK || number != expected) {
        found(WRONG, "writer_send: %s, number %lu", kpc_status_name(status), (unsigned long)number);
        return;
    }
    __atomic_store_n(&c->sent, expected, __ATOMIC_SEQ_CST);
    count(DONE);
    if (roll(dice, 8) == 0) {
        status = kpc_writer_wait_stored(c->writer, number, LONG, NULL);
        count(status == KPC_OK ? DONE : IN_VAIN);
    }
}

/* Whether there was one. */
static int take_one(unsigned channel, int32_t limit)
{
    struct channel *c = &channels[channel];
    kpc_message *message = NULL;
    kpc_buffer *data = NULL;
    char text[64];
    uint64_t number;
    size_t len = text_of_message(channel, c->received + 1, text, sizeof text);
    kpc_status status = kpc_reader_receive(c->reader, limit, &message, NULL);
    if (status != KPC_OK) {
        count(IN_VAIN);
        if (status != KPC_ERR_TIMEOUT) {
            found(WRONG, "reader_receive: %s", kpc_status_name(status));
        }
        return 0;
    }
    number = kpc_message_number(message);
    must(kpc_message_data(message, &data, NULL), "message_data");
    if (number <= c->received) {
        found(DOUBLED, "message %lu of channel %u came again", (unsigned long)number, channel);
    } else if (number != c->received + 1) {
        found(LOST, "message %lu of channel %u came after %lu", (unsigned long)number, channel,
              (unsigned long)c->received);
    } else if (kpc_buffer_len(data) != len || memcmp(kpc_buffer_data(data), text, len) != 0) {
        found(WRONG, "message %lu of channel %u is another", (unsigned long)number, channel);
    }
    kpc_buffer_free(data);
    kpc_message_free(message);
    must(kpc_reader_acknowledge(c->reader, number, LONG, NULL), "acknowledge");
    __atomic_store_n(&c->received, number, __ATOMIC_SEQ_CST);
    count(DONE);
    count(MESSAGES);
    return 1;
}

void receive_once(unsigned channel, dice *dice)
{
    take_one(channel, (int32_t)roll(dice, 4 * BRIEF));
}

void drain(unsigned channel)
{
    while (channels[channel].received < sent_of(channel)) {
        if (!take_one(channel, LONG)) {
            found(LOST, "message %lu of channel %u does not come", (unsigned long)channels[channel].received + 1,
                  channel);
            return;
        }
    }
}

void channels_end(void)
{
    unsigned i;
    for (i = 0; i < CHANNELS; i++) {
        kpc_writer_free(channels[i].writer);
        kpc_reader_free(channels[i].reader);
    }
    for (i = 0; i < STORES; i++) {
        must(kpc_store_close(stores[i], LONG, NULL), "store_close");
        kpc_store_free(stores[i]);
        unlink(paths[i]);
    }
}
#endif
