/* The copy builder: many destinations, progress, saving and restoring, and a process that is
 * killed in the middle and gone on for by another. */
/* c_suite: needs sim */
/* c_suite: not valgrind (it takes what the child that is killed holds for lost) */
#define _POSIX_C_SOURCE 200809L
#include "kpc_copies.h"

static void copy_builder_add(kpc_copy_builder *builder, uint8_t number, const uint8_t *payload, size_t size)
{
    kpc_test_stream to = kpc_test_stream_of(number);
    kpc_box_index next = to.first, expected = kpc_copies_ahead(&to.first, (size + KPC_CHUNK - 1) / KPC_CHUNK);
    OK(kpc_copy_builder_add(client, builder, &to.writer, &next, payload, size, KPC_SOON, &next, &error));
    CHECK(kpc_copies_same(&next, &expected));
}

static int arrived(uint8_t number, const uint8_t *payload, size_t size)
{
    kpc_test_stream to = kpc_test_stream_of(number);
    return kpc_copies_arrived(&to, payload, size);
}

/* What was performed was, also for whoever loads the builder after its stream was deleted. */
static int still_finished(const kpc_copy_builder *builder)
{
    kpc_buffer *saved = NULL;
    kpc_copy_builder *loaded = NULL;
    int finished;

    OK(kpc_copy_builder_save(builder, &saved, &error));
    OK(kpc_copy_builder_restore(kpc_buffer_data(saved), kpc_buffer_len(saved), &loaded, &error));
    finished = kpc_copy_builder_is_finished(loaded);
    CHECK(finished == kpc_copy_builder_is_finished(builder));
    kpc_copy_builder_free(loaded);
    kpc_buffer_free(saved);
    return finished;
}

static void copy_builder_finish(void)
{
    uint8_t *payload = kpc_copies_payload(20000);
    kpc_test_stream old = kpc_test_stream_of(3), one = kpc_test_stream_of(4);
    kpc_copy_builder *builder = NULL;
    uint64_t written, needed, boxes = 0;
    kpc_box_index position, next;
    kpc_write_cap temporary;
    kpc_read_cap reader;
    kpc_service courier;
    kpc_buffer *buffer;

    OK(kpc_write_box(client, &old.writer, &old.first, payload, 1, 0, KPC_SOON, &next, &error));
    OK(kpc_copy_builder_new(client, &builder, &error));
    ERROR(KPC_ERR_ARG_EMPTY, kpc_copy_builder_finish(client, builder, NULL, KPC_SOON, NULL, &error));
    OK(kpc_copy_builder_buffer(builder, &buffer, &error));
    CHECK(kpc_buffer_len(buffer) == 0);
    kpc_buffer_free(buffer);
    copy_builder_add(builder, 1, payload, 20000);
    copy_builder_add(builder, 2, payload, 1);
    OK(kpc_copy_builder_add_tombstones(client, builder, &old.writer, &old.first, 1, KPC_SOON, NULL, &error));
    ASYNC(kpc_copy_builder_add_async(client, builder, &one.writer, &one.first, payload, 10, KPC_SOON, NULL, &op,
                                     &error),
          kpc_copy_builder_add_result(result, &next, &error));
    ASYNC(kpc_copy_builder_add_tombstones_async(client, builder, &one.writer, &next, 2, KPC_SOON, NULL, &op,
                                                &error),
          kpc_copy_builder_add_tombstones_result(result, &next, &error));
    OK(kpc_copy_builder_buffer(builder, &buffer, &error));
    CHECK(kpc_buffer_len(buffer) > 0);
    kpc_buffer_free(buffer);
    OK(kpc_copy_builder_progress(builder, &written, &needed, &error));
    CHECK(written == 0 && needed > 15);

    OK(kpc_copy_builder_write(client, builder, KPC_SOON, &error));
    ASYNC(kpc_copy_builder_write_async(client, builder, KPC_SOON, NULL, &op, &error),
          kpc_copy_builder_write_result(result, &error));
    OK(kpc_copy_builder_progress(builder, &written, NULL, &error));
    CHECK(written > 0 && written < needed);
    OK(kpc_copy_builder_temp_write_cap(builder, &temporary, &error));
    OK(kpc_copy_builder_position(builder, &position, &error));
    STATUS(KPC_OK, kpc_write_cap_first_index(&temporary, &next, NULL));
    next = kpc_copies_ahead(&next, (size_t)written);
    CHECK(kpc_copies_same(&position, &next));
    OK(kpc_copy_builder_courier(builder, &courier, &error));
    CHECK(courier.queue_len > 0 && !kpc_copy_builder_is_finished(builder));

    OK(kpc_copy_builder_finish(client, builder, &courier, KPC_SOON, &boxes, &error));
    CHECK(boxes == needed && kpc_copy_builder_is_finished(builder));
    ASYNC(kpc_copy_builder_finish_async(client, builder, NULL, KPC_SOON, NULL, &op, &error),
          kpc_copy_builder_finish_result(result, &boxes, &error));
    CHECK(boxes == needed);
    CHECK(arrived(1, payload, 20000) && arrived(2, payload, 1) && arrived(4, payload, 10));
    CHECK(kpc_copies_deleted(&old, &old.first));

    ERROR(KPC_ERR_ARG_VALUE, kpc_copy_builder_add(client, builder, &one.writer, &one.first, payload, 1, KPC_SOON,
                                                  NULL, &error));
    STATUS(KPC_OK, kpc_write_cap_read_cap(&temporary, &reader, NULL));
    STATUS(KPC_OK, kpc_write_cap_first_index(&temporary, &old.first, NULL));
    old.reader = reader;
    CHECK(!kpc_copies_deleted(&old, &old.first));
    OK(kpc_copy_builder_tombstone(client, builder, KPC_SOON, &error));
    CHECK(kpc_copies_deleted(&old, &old.first));
    ASYNC(kpc_copy_builder_tombstone_async(client, builder, KPC_SOON, NULL, &op, &error),
          kpc_copy_builder_tombstone_result(result, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_copy_builder_finish(client, builder, NULL, KPC_SOON, NULL, &error));
    CHECK(still_finished(builder));
    kpc_copy_builder_free(builder);
    kpc_copy_builder_free(builder);

    /* Deleted instead of performed. */
    OK(kpc_copy_builder_new(client, &builder, &error));
    OK(kpc_copy_builder_add(client, builder, &one.writer, &one.first, payload, 1, KPC_SOON, NULL, &error));
    OK(kpc_copy_builder_tombstone(client, builder, KPC_SOON, &error));
    CHECK(!still_finished(builder));
    kpc_copy_builder_free(builder);
    free(payload);
}

/* Boxes are told one by one, then that the courier is waited for. */
static void copy_builder_progress(void)
{
    uint8_t *payload = kpc_copies_payload(20000);
    kpc_copy_builder *builder = NULL;
    kpc_event_sink *sink = NULL;
    kpc_event *event = NULL;
    uint64_t written = 0, boxes = 0;
    kpc_write_cap temporary;
    kpc_hash stream, told;
    kpc_op op = 0;
    kpc_result *result;
    bool copying = false;

    OK(kpc_copy_builder_new(client, &builder, &error));
    OK(kpc_copy_builder_temp_write_cap(builder, &temporary, &error));
    STATUS(KPC_OK, kpc_write_cap_hash(&temporary, &stream, NULL));
    copy_builder_add(builder, 11, payload, 20000);
    OK(kpc_event_sink_open(client, 64, &sink, &error));
    OK(kpc_copy_builder_finish_async(client, builder, NULL, KPC_SOON, NULL, &op, &error));
    while (!copying && CHECK(kpc_event_sink_next(sink, KPC_SOON, &event, NULL) == KPC_OK)) {
        if (kpc_event_kind(event) == KPC_EVENT_COPY_PROGRESS) {
            OK(kpc_event_stream(event, &told, &error));
            CHECK(memcmp(&told, &stream, sizeof told) == 0);
            CHECK(kpc_event_boxes_written(event) >= written);
            written = kpc_event_boxes_written(event);
            boxes = kpc_event_boxes_needed(event);
            copying = kpc_event_is_copying(event);
        }
        kpc_event_free(event);
    }
    CHECK(written == boxes && boxes > 10);
    result = WAIT_FOR(client, op);
    OK(kpc_copy_builder_finish_result(result, NULL, &error));
    kpc_result_free(result);
    kpc_event_sink_free(sink);
    kpc_copy_builder_free(builder);
    free(payload);
}

static void cancelled(void)
{
    kpc_copy_builder *builder = NULL;
    kpc_result *result;
    kpc_op op = 0;

    OK(kpc_copy_builder_new(client, &builder, &error));
    OK(kpc_copy_builder_cancel(client, builder, &error));
    copy_builder_add(builder, 12, (const uint8_t *)"x", 1);
    kpc_sim_say(&sim, "hold");
    OK(kpc_copy_builder_finish_async(client, builder, NULL, KPC_FOREVER, NULL, &op, &error));
    ERROR(KPC_ERR_BUSY, kpc_copy_builder_write(client, builder, KPC_SOON, &error));
    OK(kpc_copy_builder_cancel(client, builder, &error));
    result = WAIT_FOR(client, op);
    ERROR(KPC_ERR_START_RESENDING_CANCELLED, kpc_copy_builder_finish_result(result, NULL, &error));
    kpc_result_free(result);
    kpc_sim_say(&sim, "release");
    OK(kpc_copy_builder_finish(client, builder, NULL, KPC_SOON, NULL, &error));
    CHECK(arrived(12, (const uint8_t *)"x", 1));
    kpc_copy_builder_free(builder);
}

/* In a process of its own: goes on with what was saved until it is killed. */
static void write_until_killed(const kpc_sim *other, const uint8_t *saved, size_t size)
{
    kpc_client *own = kpc_sim_client(other);
    kpc_copy_builder *builder = NULL;
    if (kpc_client_connect(own, KPC_SOON, NULL) == KPC_OK &&
        kpc_copy_builder_restore(saved, size, &builder, NULL) == KPC_OK) {
        (void)!kpc_copy_builder_finish(own, builder, NULL, KPC_SOON, NULL, NULL);
    }
    _exit(1);
}

static void copy_builder_save(void)
{
    size_t size = 60000;
    uint8_t *payload = kpc_copies_payload(size);
    kpc_copy_builder *builder = NULL;
    kpc_buffer *saved = NULL;
    const uint8_t *bytes;
    size_t length;
    int64_t end;
    int status, i;
    pid_t child;

    OK(kpc_copy_builder_new(client, &builder, &error));
    copy_builder_add(builder, 21, payload, size);
    copy_builder_add(builder, 22, payload, 700);
    OK(kpc_copy_builder_save(builder, &saved, &error));
    kpc_copy_builder_free(builder);

    /* Handles are of no use in the child, but the memory is there. */
    bytes = kpc_buffer_data(saved);
    length = kpc_buffer_len(saved);
    kpc_sim_say(&sim, "hold");
    fflush(stdout);
    child = fork();
    if (child == 0) {
        write_until_killed(&sim, bytes, length);
    }
    /* Let a few of its packets go, and no more. */
    end = kpc_test_now_ms() + KPC_SOON;
    for (i = 0; i < 12 && kpc_test_now_ms() < end;) {
        i += strncmp(kpc_sim_say(&sim, "step"), "1 ", 2) == 0;
    }
    CHECK(i == 12);
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
    kpc_sim_say(&sim, "release");

    OK(kpc_copy_builder_restore(kpc_buffer_data(saved), kpc_buffer_len(saved), &builder, &error));
    OK(kpc_copy_builder_finish(client, builder, NULL, KPC_SOON, NULL, &error));
    CHECK(arrived(21, payload, size) && arrived(22, payload, 700));
    kpc_copy_builder_free(builder);
    kpc_buffer_free(saved);
    free(payload);
}

static void damaged(void)
{
    kpc_copy_builder *builder = NULL;
    kpc_buffer *saved = NULL;
    uint8_t *bytes;
    size_t size;

    OK(kpc_copy_builder_new(client, &builder, &error));
    OK(kpc_copy_builder_save(builder, &saved, &error));
    kpc_copy_builder_free(builder);
    size = kpc_buffer_len(saved);
    bytes = (uint8_t *)malloc(size);
    if (bytes == NULL) {
        kpc_sim_give_up("no memory");
    }
    memcpy(bytes, kpc_buffer_data(saved), size);
    bytes[size / 2] ^= 1;
    ERROR(KPC_ERR_ARG_VALUE, kpc_copy_builder_restore(bytes, size, &builder, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_copy_builder_restore(kpc_buffer_data(saved), size - 1, &builder, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_copy_builder_restore(NULL, 0, &builder, &error));
    memcpy(bytes, kpc_buffer_data(saved), size);
    bytes[4]++;
    ERROR(KPC_ERR_UNSUPPORTED, kpc_copy_builder_restore(bytes, size, &builder, &error));
    CHECK(builder == NULL);
    kpc_buffer_free(saved);
    free(bytes);
}

int main(void)
{
    kpc_sim_start(&sim, "--instant");
    client = kpc_sim_connected(&sim);
    copy_builder_finish();
    copy_builder_progress();
    cancelled();
    copy_builder_save();
    damaged();
    kpc_client_free(client);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
