/* The connection is cut 0.2 s after a write was begun, in every way: the write is done all the
 * same, once, and the daemon is left with nothing to do. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

static kpc_error *error;
static kpc_sim sim;

static kpc_op begin_write(kpc_client *client, const kpc_test_stream *stream, const char *text, uint32_t flags,
                          const kpc_completion *done)
{
    kpc_op op = 0;
    OK(kpc_write_box_async(client, &stream->writer, &stream->first, (const uint8_t *)text, strlen(text), flags,
                           KPC_FOREVER, done, &op, &error));
    return op;
}

static void is_written(kpc_client *client, const kpc_test_stream *stream, const char *text)
{
    kpc_buffer *plaintext = NULL;
    kpc_box_index next, expected;

    OK(kpc_read_box(client, &stream->reader, &stream->first, 0, KPC_SOON, &plaintext, &next, &error));
    CHECK(kpc_buffer_len(plaintext) == strlen(text));
    CHECK(memcmp(kpc_buffer_data(plaintext), text, kpc_buffer_len(plaintext)) == 0);
    OK(kpc_next_message_box_index(&stream->first, &expected, &error));
    CHECK(memcmp(&next, &expected, sizeof next) == 0);
    kpc_buffer_free(plaintext);
}

/* Time is the subject here: so long ago the write was begun when the connection goes. */
static void a_fifth_of_a_second(void)
{
    struct timespec nap = {0, 200000000};
    nanosleep(&nap, NULL);
}

static void cut_so(uint8_t number, const char *command, uint32_t flags)
{
    kpc_client *client = kpc_sim_connected(&sim), *reader;
    kpc_test_stream stream = kpc_test_stream_of(number);
    kpc_seen seen;
    kpc_completion done = kpc_seen_by(&seen);
    long begun = kpc_sim_count(&sim, "start_resending_encrypted_message");

    kpc_sim_say(&sim, "latency 300");
    begin_write(client, &stream, command, flags, &done);
    CHECK(kpc_sim_until(&sim, "start_resending_encrypted_message", begun + 1));
    a_fifth_of_a_second();
    CHECK(kpc_seen_now(&seen.calls) == 0);
    kpc_sim_say(&sim, command);
    CHECK(kpc_seen_until(&seen.drops, 1));
    CHECK(seen.calls == 1);
    STATUS(KPC_OK, seen.status);

    kpc_sim_say(&sim, "latency 0");
    reader = kpc_sim_connected(&sim);
    is_written(reader, &stream, command);
    kpc_client_free(reader);
    kpc_client_free(client);
    CHECK(kpc_sim_until(&sim, "arq_entries", 0));
}

/* While the daemon is away a write is cancelled: its caller hears at once, and the daemon, which
 * may have kept it, in the end. */
static void cancelled_while_away(void)
{
    kpc_client *client = kpc_sim_connected(&sim);
    kpc_test_stream stream = kpc_test_stream_of(20);
    kpc_seen seen;
    kpc_completion done = kpc_seen_by(&seen);
    long begun = kpc_sim_count(&sim, "start_resending_encrypted_message");
    kpc_box_index next;
    kpc_op op;

    kpc_sim_say(&sim, "hold");
    op = begin_write(client, &stream, "never", 0, &done);
    CHECK(kpc_sim_until(&sim, "start_resending_encrypted_message", begun + 1));
    kpc_sim_say(&sim, "down");
    kpc_sim_say(&sim, "cut");
    STATUS(KPC_OK, kpc_op_cancel(client, op, NULL));
    CHECK(kpc_seen_until(&seen.drops, 1));
    CHECK(seen.calls == 1 && seen.status == KPC_ERR_CANCELLED);
    kpc_sim_say(&sim, "up");
    kpc_sim_say(&sim, "release");
    OK(kpc_next_message_box_index_remote(client, &stream.first, KPC_SOON, &next, &error));
    CHECK(kpc_sim_until(&sim, "arq_entries", 0));
    kpc_client_free(client);
    CHECK(kpc_sim_until(&sim, "arq_entries", 0));
}

int main(void)
{
    kpc_sim_start(&sim, "--instant --grace 1");
    cut_so(10, "cut", KPC_WRITE_UNCHECKED);
    cut_so(11, "cut-mid-frame", 0);
    cut_so(12, "garbage", 0);
    cut_so(13, "restart", 0);
    cut_so(14, "restart 100", 0);
    /* It may meet itself, and finds out. */
    cut_so(15, "cut", 0);
    cancelled_while_away();
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
