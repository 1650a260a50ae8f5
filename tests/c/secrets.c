/* Log lines at the most talkative level and the texts of errors hold no capability, seed, index,
 * plaintext or payload, neither as bytes nor written out, whatever goes wrong. */
/* c_suite: needs sim */
#define _GNU_SOURCE
#include "kpc_sim.h"

#include <ctype.h>

static kpc_sim sim;

/* Everything that the library ever said. */
static char said[1 << 20];
static size_t said_length;
static int lines;

static void hear(const char *text)
{
    size_t length = strlen(text);
    pthread_mutex_lock(&kpc_seen_mutex);
    if (CHECK(said_length + length + 1 < sizeof said)) {
        memcpy(said + said_length, text, length);
        said_length += length;
        said[said_length++] = '\n';
    }
    lines++;
    pthread_mutex_unlock(&kpc_seen_mutex);
}

static void on_line(int32_t level, const char *text, void *user_data)
{
    CHECK(level >= KPC_LOG_ERROR && level <= KPC_LOG_TRACE && user_data == &lines);
    CHECK(text[0] != 0 && strchr(text, '\n') == NULL);
    hear(text);
}

/* Takes over the error, which may be NULL. */
static void hear_error(kpc_error **error)
{
    if (*error != NULL) {
        hear(kpc_error_message(*error));
        hear(kpc_status_text(kpc_error_status(*error)));
        kpc_error_free(*error);
        *error = NULL;
    }
}

static int contains(const char *bytes, size_t length)
{
    int found;
    pthread_mutex_lock(&kpc_seen_mutex);
    found = memmem(said, said_length, bytes, length) != NULL;
    pthread_mutex_unlock(&kpc_seen_mutex);
    return found;
}

/* The names in a structure are no secret. */
static int is_a_word(const uint8_t *bytes, size_t length)
{
    size_t i;
    for (i = 0; i < length && isalpha(bytes[i]); i++) {
    }
    return i == length;
}

/* Any six bytes in a row, as they are, in hexadecimal, or as a list of numbers. */
static void was_kept(const char *what, const void *secret, size_t size)
{
    enum { ROW = 6 };
    static const char *const formats[] = {"%02x", "%02X", "%d, ", "%d ", "%02x ", "%02x:", "\\x%02x"};
    const uint8_t *bytes = (const uint8_t *)secret;
    size_t at, k, f;

    for (at = 0; at + ROW <= size; at += ROW / 2) {
        int kept = is_a_word(bytes + at, ROW) || !contains((const char *)bytes + at, ROW);
        for (f = 0; f < sizeof formats / sizeof formats[0]; f++) {
            char text[64];
            size_t length = 0;
            for (k = 0; k < ROW; k++) {
                length += (size_t)snprintf(text + length, sizeof text - length, formats[f], bytes[at + k]);
            }
            kept &= !contains(text, length);
        }
        if (!CHECK(kept)) {
            printf("    %s, from byte %lu\n", what, (unsigned long)at);
            return;
        }
    }
}

static kpc_client *talkative_client(void)
{
    kpc_config *config = kpc_sim_config(&sim);
    kpc_client *client = NULL;
    STATUS(KPC_OK, kpc_config_set_log(config, KPC_LOG_TRACE, on_line, &lines, NULL, NULL));
    STATUS(KPC_OK, kpc_client_new(config, &client, NULL));
    kpc_config_free(config);
    return client;
}

/* What each of the events says of failures. */
static void hear_events(kpc_event_sink *sink)
{
    kpc_event *event = NULL;
    while (kpc_event_sink_next(sink, KPC_NO_WAIT, &event, NULL) == KPC_OK) {
        kpc_error *error = kpc_event_error(event);
        hear_error(&error);
        kpc_event_free(event);
    }
}

/* Whatever it is, what it says is heard. */
#define HEAR(call) \
    do { \
        kpc_status heard = (call); \
        CHECK((heard == KPC_OK) == (error == NULL)); \
        hear_error(&error); \
    } while (0)

int main(void)
{
    uint8_t seed[KPC_SEED_SIZE], plaintext[64], payload[64];
    kpc_test_stream s;
    kpc_write_cap broken_writer, remote_writer;
    kpc_read_cap broken_reader, remote_reader;
    kpc_box_index next, first;
    kpc_buffer *buffer = NULL, *descriptor = NULL, *bytes = NULL;
    kpc_envelope *envelope = NULL;
    kpc_event_sink *sink = NULL;
    kpc_service echo;
    kpc_error *error = NULL;
    kpc_client *client;
    uint64_t counter;
    size_t i;
    int code;

    for (i = 0; i < sizeof seed; i++) {
        seed[i] = (uint8_t)(7 * i + 131);
    }
    for (i = 0; i < sizeof plaintext; i++) {
        plaintext[i] = (uint8_t)(11 * i + 29);
        payload[i] = (uint8_t)(13 * i + 57);
    }
    kpc_sim_start(&sim, "--instant --grace 1");
    client = talkative_client();
    OK(kpc_client_connect(client, KPC_SOON, &error));
    OK(kpc_event_sink_open(client, 64, &sink, &error));
    OK(kpc_client_get_service(client, "echo", &echo, &error));
    OK(kpc_new_keypair(seed, sizeof seed, &s.writer, &s.reader, &s.first, &error));

    /* What works. */
    HEAR(kpc_new_keypair_remote(client, seed, sizeof seed, KPC_SOON, &remote_writer, &remote_reader, &first, &error));
    HEAR(kpc_next_message_box_index_remote(client, &s.first, KPC_SOON, &next, &error));
    HEAR(kpc_get_message_box_index_counter_remote(client, &s.first, KPC_SOON, &counter, &error));
    HEAR(kpc_write_box(client, &s.writer, &s.first, plaintext, sizeof plaintext, 0, KPC_SOON, &next, &error));
    HEAR(kpc_read_box(client, &s.reader, &s.first, 0, KPC_SOON, &buffer, &next, &error));
    CHECK(kpc_buffer_len(buffer) == sizeof plaintext);
    kpc_buffer_free(buffer);
    HEAR(kpc_send_message_await_reply(client, &echo, payload, sizeof payload, KPC_SOON, &buffer, &error));
    kpc_buffer_free(buffer);
    OK(kpc_encrypt_read(client, &s.reader, &s.first, KPC_SOON, &envelope, &error));
    OK(kpc_envelope_descriptor(envelope, &descriptor, &error));
    OK(kpc_envelope_to_bytes(envelope, &bytes, &error));

    /* What is refused here: broken by one bit, too short, too long. */
    broken_writer = s.writer;
    broken_writer.bytes[0] ^= 1;
    broken_reader = s.reader;
    do {
        broken_reader.bytes[0]++; /* about every second number is no point of the curve */
    } while (kpc_read_cap_from_bytes(broken_reader.bytes, sizeof broken_reader.bytes, &remote_reader, NULL) == KPC_OK);
    HEAR(kpc_write_cap_from_bytes(broken_writer.bytes, sizeof broken_writer.bytes, &remote_writer, &error));
    HEAR(kpc_write_cap_from_bytes(s.writer.bytes, 167, &remote_writer, &error));
    HEAR(kpc_read_cap_from_bytes(broken_reader.bytes, sizeof broken_reader.bytes, &remote_reader, &error));
    HEAR(kpc_read_cap_from_bytes(s.reader.bytes, 135, &remote_reader, &error));
    HEAR(kpc_new_keypair(seed, 31, &remote_writer, &remote_reader, &first, &error));
    HEAR(kpc_write_box(client, &broken_writer, &s.first, plaintext, sizeof plaintext, 0, KPC_SOON, &next, &error));
    HEAR(kpc_read_box(client, &broken_reader, &s.first, 0, KPC_SOON, &buffer, &next, &error));
    HEAR(kpc_write_box(client, &s.writer, &s.first, plaintext, SIZE_MAX / 2, 0, KPC_SOON, &next, &error));
    HEAR(kpc_envelope_from_bytes(kpc_buffer_data(bytes), 60, &(kpc_envelope *){NULL}, &error));

    /* What the daemon, the couriers and the replicas refuse. */
    for (code = 1; code < 36; code++) {
        if (code != 24 && code != 32) {
            kpc_sim_say(&sim, "error start_resending_encrypted_message %d", code);
            HEAR(kpc_write_box(client, &s.writer, &s.first, plaintext, sizeof plaintext, 0, KPC_SOON, &next, &error));
        }
        kpc_sim_say(&sim, "error encrypt_write %d", code);
        HEAR(kpc_write_box(client, &s.writer, &s.first, plaintext, sizeof plaintext, 0, KPC_SOON, &next, &error));
        kpc_sim_say(&sim, "error new_keypair %d", code);
        HEAR(kpc_new_keypair_remote(client, seed, sizeof seed, KPC_SOON, &remote_writer, &remote_reader, &first,
                                    &error));
    }
    HEAR(kpc_start_resending_copy_command(client, &s.writer, NULL, 30, &error));

    /* What is lost, cut, garbled, started again. */
    kpc_sim_say(&sim, "hold");
    for (i = 0; i < 4; i++) {
        static const char *const ways[] = {"cut", "garbage", "restart", "oversize"};
        OK(kpc_write_box_async(client, &s.writer, &s.first, plaintext, sizeof plaintext, 0, 200, NULL, NULL, &error));
        OK(kpc_send_message_await_reply_async(client, &echo, payload, sizeof payload, 200, NULL, NULL, &error));
        OK(kpc_next_message_box_index_remote(client, &s.first, KPC_SOON, &next, &error));
        kpc_sim_say(&sim, "%s", ways[i]);
        OK(kpc_next_message_box_index_remote(client, &s.first, KPC_SOON, &next, &error));
        while (!kpc_client_is_connected(client)) {
            kpc_test_nap();
        }
    }
    hear_events(sink);
    kpc_event_sink_free(sink);
    kpc_client_free(client);

    CHECK(lines > 50);
    was_kept("the seed", seed, sizeof seed);
    was_kept("the write capability", &s.writer, sizeof s.writer);
    was_kept("the read capability", &s.reader, sizeof s.reader);
    was_kept("a broken write capability", &broken_writer, sizeof broken_writer);
    was_kept("the index", &s.first, sizeof s.first);
    was_kept("the plaintext", plaintext, sizeof plaintext);
    was_kept("the payload", payload, sizeof payload);
    was_kept("the descriptor", kpc_buffer_data(descriptor), kpc_buffer_len(descriptor));
    was_kept("the envelope", kpc_buffer_data(bytes), kpc_buffer_len(bytes));
    /* The search itself finds what is there. */
    hear("ab cd 1a2b3c4d5e6f");
    CHECK(contains("1a2b3c4d5e6f", 12));
    kpc_envelope_free(envelope);
    kpc_buffer_free(descriptor);
    kpc_buffer_free(bytes);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
