/* No secret of a box is left in memory, whatever becomes of the operation that writes or reads it:
 * capabilities, indices, seeds, plaintexts. kpc_freed.h says how that is searched for. */
/* c_suite: needs sim */
/* c_suite: not valgrind (its own memory holds copies of registers and of freed blocks) */
/* c_suite: not asan (what it keeps of the stacks is not the library's) */
#define _GNU_SOURCE
#include "kpc_freed.h"

struct many {
    kpc_test_stream streams[MANY];
    uint8_t plaintexts[MANY][PLAINTEXT];
    kpc_op ops[MANY];
};
static struct many many;

static void begin_many(int count)
{
    int i;
    for (i = 0; i < count; i++) {
        many.streams[i] = stream_of(i);
        fill(many.plaintexts[i], i);
        kpc_scan_secret("a plaintext", many.plaintexts[i]);
        kpc_scan_secret("a plaintext's end", many.plaintexts[i] + PLAINTEXT - KPC_SCAN_NEEDLE);
        OK(kpc_write_box_async(client, &many.streams[i].writer, &many.streams[i].first, many.plaintexts[i],
                               PLAINTEXT, 0, KPC_SOON, NULL, &many.ops[i], &error));
    }
}

static void end_many(int count, kpc_status expected)
{
    int i;
    for (i = 0; i < count; i++) {
        kpc_result *result = WAIT_FOR(client, many.ops[i]);
        kpc_box_index next;
        ERROR(expected, kpc_write_box_result(result, &next, &error));
        kpc_wipe(&next, sizeof next);
        kpc_result_free(result);
    }
    kpc_wipe(&many, sizeof many);
}

/* Some of them are at the daemon when this returns, the others not yet. */
static void hold_many(void)
{
    long begun = kpc_sim_count(&sim, "start_resending_encrypted_message");
    kpc_sim_say(&sim, "hold");
    begin_many(MANY);
    CHECK(kpc_sim_at_least(&sim, "start_resending_encrypted_message", begun + 1));
}

static void writes_at_once(void)
{
    begin_many(MANY);
    end_many(MANY, KPC_OK);
}

static void writes_one_after_the_other(void)
{
    int i;
    for (i = 0; i < 5; i++) {
        begin_many(1);
        end_many(1, KPC_OK);
    }
}

static void cancelled_writes(void)
{
    int i;
    hold_many();
    for (i = 0; i < MANY; i++) {
        OK(kpc_op_cancel(client, many.ops[i], &error));
    }
    end_many(MANY, KPC_ERR_CANCELLED);
    kpc_sim_say(&sim, "release");
}

/* Of boxes that hold something else. */
static void failed_writes(void)
{
    int i;
    for (i = 0; i < 5; i++) {
        kpc_test_stream stream = stream_of(i);
        kpc_box_index next;
        OK(kpc_write_box(client, &stream.writer, &stream.first, bytes("before"), 6, 0, KPC_SOON, &next, &error));
        kpc_wipe(&stream, sizeof stream);
        kpc_wipe(&next, sizeof next);
    }
    begin_many(5);
    end_many(5, KPC_ERR_BOX_ALREADY_EXISTS);
}

static void replayed_writes(void)
{
    hold_many();
    kpc_sim_say(&sim, "cut");
    kpc_sim_say(&sim, "release");
    end_many(MANY, KPC_OK);
}

/* The client is freed while they are on their way. */
static void abandoned_writes(void)
{
    hold_many();
    kpc_wipe(&many, sizeof many);
    kpc_client_free(client);
    client = NULL;
    kpc_sim_say(&sim, "release");
}

/* Nobody takes the results. */
static void kept_results(void)
{
    kpc_stats stats;
    int i;
    begin_many(MANY);
    for (i = 0; i < MANY; i++) {
        kpc_box_index index = many.streams[i].first;
        OK(kpc_read_box_async(client, &many.streams[i].reader, &index, 0, KPC_SOON, NULL, &many.ops[i], &error));
        kpc_wipe(&index, sizeof index);
    }
    do {
        OK(kpc_client_stats(client, &stats, sizeof stats, &error));
    } while (stats.operations_running > 0);
    CHECK(stats.results_kept == 2 * MANY);
    kpc_wipe(&many, sizeof many);
}

static void reads(void)
{
    long begun;
    kpc_test_stream stream = stream_of(1), never = stream_of(2);
    uint8_t plaintext[PLAINTEXT];
    kpc_box_index next;
    kpc_buffer *found = NULL;
    kpc_envelope *envelope = NULL;
    kpc_op op = 0;

    fill(plaintext, 7);
    kpc_scan_secret("a plaintext", plaintext);
    OK(kpc_write_box(client, &stream.writer, &stream.first, plaintext, PLAINTEXT, 0, KPC_SOON, &next, &error));
    OK(kpc_read_box(client, &stream.reader, &stream.first, 0, KPC_SOON, &found, &next, &error));
    CHECK(kpc_buffer_len(found) == PLAINTEXT);
    kpc_buffer_free(found);
    OK(kpc_encrypt_read(client, &stream.reader, &stream.first, KPC_SOON, &envelope, &error));
    OK(kpc_start_resending_encrypted_message(client, &stream.reader, NULL, &stream.first, -1, envelope, 0,
                                             KPC_SOON, &found, NULL, &error));
    kpc_buffer_free(found);
    kpc_envelope_free(envelope);
    begun = kpc_sim_count(&sim, "start_resending_encrypted_message");
    OK(kpc_read_box_async(client, &never.reader, &never.first, 0, KPC_FOREVER, NULL, &op, &error));
    CHECK(kpc_sim_at_least(&sim, "start_resending_encrypted_message", begun + 1));
    OK(kpc_op_cancel(client, op, &error));
    ERROR(KPC_ERR_TIMEOUT, kpc_read_box(client, &never.reader, &never.first, 0, 50, &found, &next, &error));
    kpc_wipe(&stream, sizeof stream);
    kpc_wipe(&never, sizeof never);
    kpc_wipe(plaintext, sizeof plaintext);
    kpc_wipe(&next, sizeof next);
}

/* Where the stack of the next call will be. */
static __attribute__((noinline)) void leave_on_the_stack(const uint8_t *secret)
{
    uint8_t stack[8 << 10];
    size_t at;
    for (at = 0; at + KPC_SCAN_NEEDLE <= sizeof stack; at += KPC_SCAN_NEEDLE) {
        memcpy(stack + at, secret, KPC_SCAN_NEEDLE);
    }
    __asm__ volatile("" : : "r"(stack) : "memory");
}

/* The dynamic linker does so: it saves the registers when it looks up a function. */
static void what_the_program_left_on_its_stack(void)
{
    kpc_test_stream stream = stream_of(1);
    kpc_buffer *found = NULL;
    kpc_box_index next = stream.first;
    leave_on_the_stack(stream.writer.bytes);
    OK(kpc_tombstone_box(client, &stream.writer, &stream.first, KPC_SOON, &next, &error));
    leave_on_the_stack(stream.writer.bytes);
    ERROR(KPC_ERR_TIMEOUT, kpc_read_box(client, &stream.reader, &next, 0, 50, &found, &next, &error));
    kpc_wipe(&stream, sizeof stream);
    kpc_wipe(&next, sizeof next);
}

/* The search finds what is held, and what was freed without being wiped. */
static void the_search_finds(void)
{
    kpc_test_stream stream = stream_of(9);
    kpc_buffer *buffer = NULL;
    uint8_t *leaked = (uint8_t *)malloc(5000);

    kpc_scan_forget();
    kpc_scan_secret("a leak", stream.writer.bytes);
    OK(kpc_buffer_new(stream.writer.bytes, sizeof stream.writer, &buffer, &error));
    if (CHECK(leaked != NULL)) {
        memcpy(leaked + 1000, stream.writer.bytes, sizeof stream.writer);
        free(leaked);
    }
    kpc_wipe(&stream, sizeof stream);
    CHECK(kpc_scan() == 2);
    kpc_buffer_free(buffer);
    CHECK(kpc_scan() == 1);
}

int main(void)
{
    if (getenv("KPC_LIB_FOR_DEBUGGING") != NULL) {
        kpc_test_skip("without optimisation values are copied on every way");
    }
    the_search_finds();
    kpc_sim_start(&sim, "--instant");
    LEAVES_NOTHING(writes_at_once);
    LEAVES_NOTHING(writes_one_after_the_other);
    LEAVES_NOTHING(cancelled_writes);
    LEAVES_NOTHING(failed_writes);
    LEAVES_NOTHING(replayed_writes);
    LEAVES_NOTHING(abandoned_writes);
    LEAVES_NOTHING(kept_results);
    LEAVES_NOTHING(reads);
    LEAVES_NOTHING(what_the_program_left_on_its_stack);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
