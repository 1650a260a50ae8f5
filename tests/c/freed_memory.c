/* No secret is left in memory, whatever was done with it: capabilities, indices, seeds, voucher keys,
 * plaintexts. After each workflow the client is freed, the program's own copies are wiped, and all
 * memory of the process is searched. What lies in the kernel, in the buffers of a socket, is out of
 * reach. */
/* c_suite: needs sim */
/* c_suite: not valgrind (its own memory holds copies of registers and of freed blocks) */
/* c_suite: not asan (what it keeps of the stacks is not the library's) */
#define _GNU_SOURCE
#include "kpc_boxes.h"
#include "kpc_scan.h"

#include <dirent.h>

#define MANY 40
#define PLAINTEXT 100

/* A plaintext of its own for each number. */
static void fill(uint8_t *plaintext, int number)
{
    uint32_t state = 0x9e3779b9u * (uint32_t)(number + 1);
    size_t i;
    for (i = 0; i < PLAINTEXT; i++) {
        state = state * 1664525u + 1013904223u;
        plaintext[i] = (uint8_t)(state >> 24);
    }
}

/* The keys of an index; its counter is none. */
static void secret_index(const char *name, const kpc_box_index *index)
{
    kpc_scan_secret(name, index->bytes + 8);
    kpc_scan_secret(name, index->bytes + 40);
    kpc_scan_secret(name, index->bytes + 72);
}

static void secret_cap(const char *name, const kpc_write_cap *cap)
{
    kpc_box_index first;
    kpc_scan_secret(name, cap->bytes);
    STATUS(KPC_OK, kpc_write_cap_first_index(cap, &first, NULL));
    secret_index("the index of a capability", &first);
    kpc_wipe(&first, sizeof first);
}

static void secret_buffer(const char *name, const kpc_buffer *buffer)
{
    const uint8_t *data = kpc_buffer_data(buffer);
    size_t len = kpc_buffer_len(buffer);
    if (CHECK(len >= KPC_SCAN_NEEDLE)) {
        kpc_scan_secret(name, data);
        kpc_scan_secret(name, data + len - KPC_SCAN_NEEDLE);
    }
}

/* Each workflow has streams of its own. */
static int first_stream;

/* A stream whose secrets are remembered; the caller wipes it. */
static kpc_test_stream stream_of(int number)
{
    kpc_test_stream stream;
    kpc_box_index next;
    uint8_t seed[KPC_SEED_SIZE];
    int i;
    for (i = 0; i < KPC_SEED_SIZE; i++) {
        seed[i] = (uint8_t)((first_stream + number) * (2 * i + 7) + (first_stream + number) / 256 + i * i);
    }
    OK(kpc_new_keypair(seed, sizeof seed, &stream.writer, &stream.reader, &stream.first, &error));
    OK(kpc_next_message_box_index(&stream.first, &next, &error));
    kpc_scan_secret("a seed", seed);
    secret_cap("a write capability", &stream.writer);
    secret_index("the next index", &next);
    kpc_wipe(&next, sizeof next);
    kpc_wipe(seed, sizeof seed);
    return stream;
}

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
    ERROR(KPC_ERR_TIMEOUT, kpc_read_box(client, &never.reader, &next, 0, 50, &found, &next, &error));
    kpc_wipe(&stream, sizeof stream);
    kpc_wipe(&never, sizeof never);
    kpc_wipe(plaintext, sizeof plaintext);
    kpc_wipe(&next, sizeof next);
}

static void tombstones(void)
{
    kpc_test_stream stream = stream_of(3);
    kpc_tombstones *range = NULL;
    kpc_envelope *envelope = NULL;
    kpc_box_index next;

    OK(kpc_tombstone_box(client, &stream.writer, &stream.first, KPC_SOON, &next, &error));
    OK(kpc_tombstone_range(client, &stream.writer, &next, 5, KPC_SOON, &range, &error));
    OK(kpc_tombstones_envelope_at(range, 0, &envelope, &error));
    OK(kpc_start_resending_encrypted_message(client, NULL, &stream.writer, &next, -1, envelope, 0, KPC_SOON, NULL,
                                             NULL, &error));
    kpc_envelope_free(envelope);
    OK(kpc_tombstones_box_index_at(range, 4, &next, &error));
    secret_index("a tombstone's index", &next);
    kpc_tombstones_free(range);
    kpc_wipe(&stream, sizeof stream);
    kpc_wipe(&next, sizeof next);
}

static void stored_envelopes(void)
{
    kpc_test_stream stream = stream_of(4);
    kpc_envelope *envelope = NULL, *again = NULL;
    kpc_buffer *saved = NULL, *descriptor = NULL;
    uint8_t plaintext[PLAINTEXT];

    fill(plaintext, 8);
    kpc_scan_secret("a plaintext", plaintext);
    OK(kpc_encrypt_write(client, &stream.writer, &stream.first, plaintext, PLAINTEXT, KPC_SOON, &envelope, &error));
    OK(kpc_envelope_to_bytes(envelope, &saved, &error));
    OK(kpc_envelope_from_bytes(kpc_buffer_data(saved), kpc_buffer_len(saved), &again, &error));
    OK(kpc_envelope_descriptor(again, &descriptor, &error));
    secret_buffer("a descriptor", descriptor);
    OK(kpc_start_resending_encrypted_message(client, NULL, &stream.writer, &stream.first, -1, again, 0, KPC_SOON,
                                             NULL, NULL, &error));
    kpc_envelope_free(envelope);
    kpc_envelope_free(again);
    kpc_buffer_free(saved);
    kpc_buffer_free(descriptor);
    kpc_wipe(&stream, sizeof stream);
    kpc_wipe(plaintext, sizeof plaintext);
}

static void copy_builder(void)
{
    kpc_test_stream to = stream_of(5);
    static uint8_t payload[50 * PLAINTEXT];
    kpc_copy_builder *builder = NULL, *restored = NULL;
    kpc_buffer *saved = NULL;
    kpc_write_cap temporary;
    kpc_box_index next;
    int i;

    for (i = 0; i < 50; i++) {
        fill(payload + i * PLAINTEXT, 100 + i);
        kpc_scan_secret("a part of a payload", payload + i * PLAINTEXT);
    }
    OK(kpc_copy_builder_new(client, &builder, &error));
    OK(kpc_copy_builder_temp_write_cap(builder, &temporary, &error));
    secret_cap("a temporary write capability", &temporary);
    OK(kpc_copy_builder_add(client, builder, &to.writer, &to.first, payload, sizeof payload, KPC_SOON, &next, &error));
    OK(kpc_copy_builder_write(client, builder, KPC_SOON, &error));
    OK(kpc_copy_builder_save(builder, &saved, &error));
    kpc_copy_builder_free(builder);
    OK(kpc_copy_builder_restore(kpc_buffer_data(saved), kpc_buffer_len(saved), &restored, &error));
    secret_buffer("a saved builder", saved);
    kpc_buffer_free(saved);
    OK(kpc_copy_builder_finish(client, restored, NULL, KPC_SOON, NULL, &error));
    OK(kpc_copy_builder_tombstone(client, restored, KPC_SOON, &error));
    kpc_copy_builder_free(restored);
    kpc_wipe(&to, sizeof to);
    kpc_wipe(payload, sizeof payload);
    kpc_wipe(&temporary, sizeof temporary);
    kpc_wipe(&next, sizeof next);
}

static void elements(void)
{
    kpc_test_stream to = stream_of(6), temporary = stream_of(7);
    kpc_stream_elements *made = NULL;
    static uint8_t payload[30 * PLAINTEXT];
    kpc_buffer *element = NULL;
    kpc_box_index at = temporary.first;
    size_t i;

    for (i = 0; i < 30; i++) {
        fill(payload + i * PLAINTEXT, 200 + (int)i);
        kpc_scan_secret("a part of a payload", payload + i * PLAINTEXT);
    }
    OK(kpc_create_courier_envelopes_from_payload(client, payload, sizeof payload, &to.writer, &to.first, true, true,
                                                 KPC_SOON, &made, &error));
    for (i = 0; i < kpc_stream_elements_count(made); i++) {
        OK(kpc_stream_elements_at(made, i, &element, &error));
        secret_buffer("an element", element);
        OK(kpc_write_box(client, &temporary.writer, &at, kpc_buffer_data(element), kpc_buffer_len(element), 0,
                         KPC_SOON, &at, &error));
        kpc_buffer_free(element);
    }
    OK(kpc_start_resending_copy_command(client, &temporary.writer, NULL, KPC_SOON, &error));
    kpc_stream_elements_free(made);
    kpc_wipe(&to, sizeof to);
    kpc_wipe(&temporary, sizeof temporary);
    kpc_wipe(&at, sizeof at);
    kpc_wipe(payload, sizeof payload);
}

static void nested_copy(void)
{
    kpc_test_stream to = stream_of(10);
    kpc_services *couriers = NULL;
    kpc_service path[2];
    static uint8_t payload[20 * PLAINTEXT];
    kpc_box_index next;
    int i;

    for (i = 0; i < 20; i++) {
        fill(payload + i * PLAINTEXT, 500 + i);
        kpc_scan_secret("a part of a payload", payload + i * PLAINTEXT);
    }
    OK(kpc_client_distinct_couriers(client, 2, &couriers, &error));
    for (i = 0; i < 2; i++) {
        OK(kpc_services_at(couriers, (size_t)i, &path[i], &error));
    }
    kpc_services_free(couriers);
    OK(kpc_send_nested_copy(client, payload, sizeof payload, &to.writer, &to.first, path, 2, KPC_SOON, &next, &error));
    kpc_wipe(&to, sizeof to);
    kpc_wipe(payload, sizeof payload);
    kpc_wipe(&next, sizeof next);
}

static void vouchers(void)
{
    kpc_test_stream messages = stream_of(8);
    kpc_voucher *minted = NULL, *derived_from = NULL, *opened = NULL;
    kpc_write_cap writer, derived, joined;
    kpc_read_cap reader, other;
    kpc_buffer *secret_key = NULL, *payload = NULL, *sealed = NULL;
    kpc_hash voucher;
    static uint8_t who[PLAINTEXT];

    fill(who, 300);
    kpc_scan_secret("who we are", who);
    OK(kpc_voucher_mint(client, &messages.writer, "Alice", 5, KPC_SOON, &minted, &error));
    OK(kpc_voucher_hash(minted, &voucher, &error));
    OK(kpc_voucher_payload(minted, &payload, &error));
    OK(kpc_voucher_stream(minted, &writer, &reader, &error));
    OK(kpc_voucher_keys(minted, &secret_key, NULL, &error));
    secret_cap("a voucher's write capability", &writer);
    secret_buffer("a voucher's secret key", secret_key);
    OK(kpc_voucher_derive_stream(client, &voucher, KPC_SOON, &derived, &other, &error));
    OK(kpc_voucher_induct(client, &voucher, kpc_buffer_data(payload), kpc_buffer_len(payload), who, sizeof who,
                          KPC_SOON, &derived_from, &error));
    OK(kpc_voucher_sealed_reply(derived_from, &sealed, &error));
    OK(kpc_voucher_open(client, kpc_buffer_data(secret_key), kpc_buffer_len(secret_key), kpc_buffer_data(sealed),
                        kpc_buffer_len(sealed), &messages.writer, KPC_SOON, &opened, &error));
    OK(kpc_voucher_message_write_cap(opened, &joined, &error));
    secret_cap("the write capability of a voucher's end", &joined);
    kpc_voucher_free(minted);
    kpc_voucher_free(derived_from);
    kpc_voucher_free(opened);
    kpc_buffer_free(secret_key);
    kpc_buffer_free(payload);
    kpc_buffer_free(sealed);
    kpc_wipe(&messages, sizeof messages);
    kpc_wipe(&writer, sizeof writer);
    kpc_wipe(&derived, sizeof derived);
    kpc_wipe(&joined, sizeof joined);
    kpc_wipe(&reader, sizeof reader);
    kpc_wipe(&other, sizeof other);
    kpc_wipe(who, sizeof who);
}

/* Of the older API; both generations of daemons have them. */
static void channels(void)
{
    kpc_channel writing = 0, reading = 0;
    kpc_write_cap writer;
    kpc_read_cap reader;
    kpc_box_index next;
    kpc_channel_query *query = NULL, *again = NULL;
    kpc_buffer *saved = NULL, *descriptor = NULL, *found = NULL;
    kpc_service courier;
    uint8_t plaintext[PLAINTEXT];
    kpc_id id;
    int32_t replica;
    int i;

    fill(plaintext, 400);
    kpc_scan_secret("a plaintext", plaintext);
    OK(kpc_client_courier(client, &courier, &error));
    OK(kpc_create_write_channel(client, KPC_SOON, &writing, &reader, &writer, &error));
    secret_cap("a channel's write capability", &writer);
    OK(kpc_create_read_channel(client, &reader, KPC_SOON, &reading, &error));
    OK(kpc_write_channel(client, writing, plaintext, PLAINTEXT, KPC_SOON, &query, &error));
    OK(kpc_channel_query_next_index(query, &next, &error));
    secret_index("a query's next index", &next);
    OK(kpc_channel_query_envelope_descriptor(query, &descriptor, &error));
    secret_buffer("a query's descriptor", descriptor);
    OK(kpc_channel_query_to_bytes(query, &saved, &error));
    OK(kpc_channel_query_from_bytes(kpc_buffer_data(saved), kpc_buffer_len(saved), &again, &error));
    kpc_buffer_free(saved);
    kpc_buffer_free(descriptor);
    OK(kpc_new_message_id(&id, &error));
    OK(kpc_send_channel_query_await_reply(client, writing, again, &courier, &id, KPC_SOON, &found, &replica, &error));
    kpc_buffer_free(found);
    kpc_channel_query_free(query);
    kpc_channel_query_free(again);
    OK(kpc_read_channel(client, reading, NULL, -1, KPC_SOON, &query, &error));
    for (i = 0; i < 20; i++) {
        found = NULL;
        OK(kpc_new_message_id(&id, &error));
        OK(kpc_send_channel_query_await_reply(client, reading, query, &courier, &id, KPC_SOON, &found, &replica,
                                              &error));
        kpc_buffer_free(found);
    }
    kpc_channel_query_free(query);
    OK(kpc_close_channel(client, writing, KPC_SOON, &error));
    kpc_wipe(&writer, sizeof writer);
    kpc_wipe(&reader, sizeof reader);
    kpc_wipe(&next, sizeof next);
    kpc_wipe(plaintext, sizeof plaintext);
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

/* Until the threads of the library are over, and what they held with them. */
static void await_silence(void)
{
    int threads;
    do {
        DIR *tasks = opendir("/proc/self/task");
        if (!CHECK(tasks != NULL)) {
            return;
        }
        for (threads = -2; readdir(tasks) != NULL; threads++) {
        }
        closedir(tasks);
    } while (threads > 1);
}

/* After which nothing of it is left. */
static void leaves_nothing(const char *name, void (*workflow)(void))
{
    size_t found;
    kpc_scan_forget();
    first_stream += MANY;
    client = kpc_sim_connected(&sim);
    workflow();
    kpc_client_free(client);
    await_silence();
    CHECK(kpc_scan_count > 0);
    found = kpc_scan();
    if (!CHECK(found == 0)) {
        printf("%s: %lu copies are left of %lu secrets\n", name, (unsigned long)found,
               (unsigned long)kpc_scan_count);
    }
}
#define LEAVES_NOTHING(workflow) leaves_nothing(#workflow, workflow)

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
    LEAVES_NOTHING(tombstones);
    LEAVES_NOTHING(stored_envelopes);
    LEAVES_NOTHING(copy_builder);
    LEAVES_NOTHING(elements);
    LEAVES_NOTHING(nested_copy);
    LEAVES_NOTHING(vouchers);
    LEAVES_NOTHING(channels);
    kpc_sim_stop(&sim);
    kpc_sim_start(&sim, "--instant --protocol v0.0.72");
    LEAVES_NOTHING(channels);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
