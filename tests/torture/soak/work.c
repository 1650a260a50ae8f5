/* What workers do with boxes, messages and questions. */
#define _POSIX_C_SOURCE 200809L
#include "soak.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

static kpc_client *some_client(dice *dice)
{
    return soak_clients[roll(dice, CLIENTS)];
}

/* Mostly enough time, now and then too little. */
static int32_t some_limit(dice *dice)
{
    return roll(dice, 8) == 0 ? (int32_t)roll(dice, BRIEF) : LONG;
}

static void conclude(kpc_status status)
{
    count(status == KPC_OK ? DONE : IN_VAIN);
}

/* Any of a stream's boxes that may hold something; no matter which. */
static int some_box(dice *dice, unsigned *stream, unsigned *box)
{
    unsigned used;
    *stream = roll(dice, WORKERS);
    used = used_of(*stream);
    if (used == 0) {
        return 0;
    }
    *box = roll(dice, used);
    return 1;
}

/* The worker's next box; one of which nobody knows whether it was written is written again. */
static void write_one(unsigned worker, dice *dice)
{
    unsigned box = used_of(worker);
    kpc_box_index index, next;
    char text[96];
    size_t len;
    int32_t limit;
    kpc_status status;
    if (box + 1 >= BOXES) {
        return;
    }
    index = index_of(worker, box);
    len = text_of(worker, box, text, sizeof text);
    limit = state_of(worker, box) == UNSURE ? LONG : some_limit(dice);
    set_state(worker, box, UNSURE);
    begins(worker, "write_box", limit);
    status = kpc_write_box(some_client(dice), writer_of(worker), &index, (const uint8_t *)text, len, 0, limit, &next,
                           NULL);
    ends(worker);
    conclude(status);
    if (status == KPC_OK) {
        take_box(worker);
        set_state(worker, box, FULL);
        count(WRITTEN);
    } else if (status != KPC_ERR_TIMEOUT) {
        found(WRONG, "write_box of box %u of stream %u: %s", box, worker, kpc_status_name(status));
    }
}

static void read_one(unsigned worker, dice *dice)
{
    unsigned stream, box;
    kpc_buffer *bytes = NULL;
    kpc_box_index index, next;
    box_state before;
    kpc_status status;
    int32_t limit = some_limit(dice);
    if (!some_box(dice, &stream, &box)) {
        return;
    }
    before = state_of(stream, box);
    index = index_of(stream, box);
    begins(worker, "read_box", limit);
    status = kpc_read_box(some_client(dice), reader_of(stream), &index, KPC_START_NO_RETRY, limit, &bytes, &next,
                          NULL);
    ends(worker);
    count(DONE);
    judge_read(stream, box, before, status, bytes, "read_box");
    kpc_buffer_free(bytes);
}

static void bury_one(unsigned worker, dice *dice)
{
    unsigned used = used_of(worker), box;
    kpc_box_index index, next;
    kpc_status status;
    if (used < 8) {
        return;
    }
    box = roll(dice, used);
    index = index_of(worker, box);
    set_state(worker, box, BURYING);
    begins(worker, "tombstone_box", LONG);
    status = kpc_tombstone_box(some_client(dice), writer_of(worker), &index, LONG, &next, NULL);
    ends(worker);
    conclude(status);
    if (status == KPC_OK) {
        set_state(worker, box, DEAD);
        count(BURIED);
    } else {
        found(WRONG, "tombstone_box of box %u of stream %u: %s", box, worker, kpc_status_name(status));
    }
}

/* Another content for a box that has one. */
static void overwrite_one(unsigned worker, dice *dice)
{
    unsigned used = used_of(worker), box;
    kpc_box_index index, next;
    box_state before;
    kpc_status status;
    if (used == 0) {
        return;
    }
    box = roll(dice, used);
    before = state_of(worker, box);
    index = index_of(worker, box);
    begins(worker, "write_box", LONG);
    status = kpc_write_box(some_client(dice), writer_of(worker), &index, (const uint8_t *)"another", 7, 0, LONG,
                           &next, NULL);
    ends(worker);
    count(DONE);
    /* What replaced a content may be told by its name or as what it is. */
    if (status != KPC_ERR_BOX_ALREADY_EXISTS && !(before == DEAD && status == KPC_ERR_TOMBSTONE)) {
        found(WRONG, "another content for box %u of stream %u came to %s", box, worker, kpc_status_name(status));
    }
}

static void echo_one(unsigned worker, dice *dice)
{
    kpc_client *client = some_client(dice);
    kpc_service echo;
    kpc_buffer *reply = NULL;
    char text[64];
    size_t len = (size_t)snprintf(text, sizeof text, "%u says %u", worker, (unsigned)roll(dice, UINT32_MAX));
    kpc_status status;
    if (kpc_client_get_service(client, "echo", &echo, NULL) != KPC_OK) {
        return;
    }
    begins(worker, "send_message_await_reply", LONG);
    status = kpc_send_message_await_reply(client, &echo, (const uint8_t *)text, len, LONG, &reply, NULL);
    ends(worker);
    conclude(status);
    if (status == KPC_OK && (kpc_buffer_len(reply) < len || memcmp(kpc_buffer_data(reply), text, len) != 0)) {
        found(WRONG, "an echo of something else");
    } else if (status != KPC_OK && status != KPC_ERR_CONNECTION_LOST && status != KPC_ERR_OFFLINE &&
               status != KPC_ERR_TIMEOUT) {
        found(WRONG, "send_message_await_reply: %s", kpc_status_name(status));
    }
    kpc_buffer_free(reply);
}

static void ask_one(unsigned worker, dice *dice)
{
    kpc_box_index index = index_of(worker, 0), next, expected;
    int32_t limit = some_limit(dice);
    kpc_status status;
    begins(worker, "next_message_box_index_remote", limit);
    status = kpc_next_message_box_index_remote(some_client(dice), &index, limit, &next, NULL);
    ends(worker);
    conclude(status);
    if (status == KPC_OK && (kpc_next_message_box_index(&index, &expected, NULL) != KPC_OK ||
                             memcmp(&next, &expected, sizeof next) != 0)) {
        found(WRONG, "another index");
    } else if (status != KPC_OK && status != KPC_ERR_TIMEOUT) {
        found(WRONG, "next_message_box_index_remote: %s", kpc_status_name(status));
    }
}

/* Asynchronous reads, some of which are cancelled: each completes once. */
enum { BATCH = 8 };

typedef struct batch {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned began, calls, drops;
    struct item {
        struct batch *batch;
        unsigned stream, box, calls, drops;
        box_state before;
        kpc_op op;
    } items[BATCH];
} batch;

static void on_read(const kpc_result *result, void *user_data)
{
    struct item *item = (struct item *)user_data;
    kpc_buffer *bytes = NULL;
    kpc_box_index next;
    kpc_status status = kpc_read_box_result(result, &bytes, &next, NULL);
    judge_read(item->stream, item->box, item->before, status, bytes, "read_box_async");
    kpc_buffer_free(bytes);
    count(COMPLETIONS);
    pthread_mutex_lock(&item->batch->lock);
    item->calls += 1 + (soak_defect == DEFECT_DOUBLE && item->box == 3);
    item->batch->calls++;
    pthread_cond_signal(&item->batch->changed);
    pthread_mutex_unlock(&item->batch->lock);
}

static void on_drop(void *user_data)
{
    struct item *item = (struct item *)user_data;
    pthread_mutex_lock(&item->batch->lock);
    item->drops++;
    item->batch->drops++;
    pthread_cond_signal(&item->batch->changed);
    pthread_mutex_unlock(&item->batch->lock);
}

static void begin_read(struct item *item, dice *dice, kpc_client *client)
{
    kpc_completion done;
    kpc_box_index index = index_of(item->stream, item->box);
    kpc_status status;
    memset(&done, 0, sizeof done);
    done.fn = on_read;
    done.drop = on_drop;
    done.user_data = item;
    item->before = state_of(item->stream, item->box);
    status = kpc_read_box_async(client, reader_of(item->stream), &index, KPC_START_NO_RETRY, some_limit(dice), &done,
                                &item->op, NULL);
    if (status != KPC_OK) {
        found(WRONG, "read_box_async: %s", kpc_status_name(status));
        return;
    }
    item->batch->began++;
    count(DONE);
}

static void read_many(unsigned worker, dice *dice)
{
    batch batch;
    kpc_client *client = some_client(dice);
    unsigned i;
    memset(&batch, 0, sizeof batch);
    pthread_mutex_init(&batch.lock, NULL);
    pthread_cond_init(&batch.changed, NULL);
    begins(worker, "read_box_async", LONG);
    for (i = 0; i < BATCH; i++) {
        batch.items[i].batch = &batch;
        if (some_box(dice, &batch.items[i].stream, &batch.items[i].box)) {
            begin_read(&batch.items[i], dice, client);
        }
    }
    for (i = 0; i < BATCH; i++) {
        if (batch.items[i].op != 0 && roll(dice, 6) == 0) {
            (void)!kpc_op_cancel(client, batch.items[i].op, NULL);
        }
    }
    pthread_mutex_lock(&batch.lock);
    /* What never comes is the watch's business: this memory has to stay until then. */
    while (batch.calls < batch.began || batch.drops < batch.began) {
        pthread_cond_wait(&batch.changed, &batch.lock);
    }
    pthread_mutex_unlock(&batch.lock);
    ends(worker);
    for (i = 0; i < BATCH; i++) {
        if (batch.items[i].calls > 1 || batch.items[i].drops > 1) {
            found(DOUBLED, "a read completed %u times", batch.items[i].calls);
        }
    }
    pthread_cond_destroy(&batch.changed);
    pthread_mutex_destroy(&batch.lock);
}

/* Waits for a box that is not there and does not come. */
static void wait_in_vain(unsigned worker, dice *dice)
{
    kpc_box_index index = index_of(worker, used_of(worker)), next;
    kpc_buffer *bytes = NULL;
    kpc_status status;
    int32_t limit = (int32_t)roll(dice, BRIEF);
    if (state_of(worker, used_of(worker)) != EMPTY) {
        return;
    }
    begins(worker, "read_box", soak_defect == DEFECT_HANG ? -HUNG : limit);
    if (soak_defect == DEFECT_HANG) {
        limit = 3000;
    }
    status = kpc_read_box(some_client(dice), reader_of(worker), &index, 0, limit, &bytes, &next, NULL);
    ends(worker);
    count(IN_VAIN);
    if (status != KPC_ERR_TIMEOUT) {
        found(WRONG, "a box that nobody wrote: %s", kpc_status_name(status));
    }
    kpc_buffer_free(bytes);
}

/* A copy stream that writes the worker's next box. */
static void copy_one(unsigned worker, dice *dice)
{
    unsigned box = used_of(worker);
    kpc_copy_builder *builder = NULL;
    kpc_client *client = some_client(dice);
    kpc_box_index index, next;
    char text[96];
    size_t len;
    uint64_t boxes;
    kpc_status status;
    if (box + 1 >= BOXES || state_of(worker, box) != EMPTY) {
        return;
    }
    index = index_of(worker, box);
    len = text_of(worker, box, text, sizeof text);
    begins(worker, "copy_builder", 2 * LONG);
    status = kpc_copy_builder_new(client, &builder, NULL);
    if (status == KPC_OK) {
        status = kpc_copy_builder_add(client, builder, writer_of(worker), &index, (const uint8_t *)text, len, LONG,
                                      &next, NULL);
    }
    if (status == KPC_OK) {
        set_state(worker, box, UNSURE);
        status = kpc_copy_builder_finish(client, builder, NULL, LONG, &boxes, NULL);
    }
    ends(worker);
    conclude(status);
    if (status == KPC_OK) {
        take_box(worker);
        set_state(worker, box, FULL);
        count(WRITTEN);
    } else if (status != KPC_ERR_NO_PKI_DOCUMENT) {
        found(WRONG, "a copy stream: %s", kpc_status_name(status));
    }
    kpc_copy_builder_free(builder);
}

void work_once(unsigned worker, dice *dice)
{
    uint32_t what = roll(dice, 100);
    if (worker < CHANNELS && what < 40) {
        begins(worker, "writer_send", LONG);
        send_once(worker, dice);
        ends(worker);
    } else if (worker >= CHANNELS && worker < 2 * CHANNELS && what < 40) {
        begins(worker, "reader_receive", LONG);
        receive_once(worker - CHANNELS, dice);
        ends(worker);
    } else if (what < 55) {
        write_one(worker, dice);
    } else if (what < 70) {
        read_one(worker, dice);
    } else if (what < 80) {
        read_many(worker, dice);
    } else if (what < 84) {
        bury_one(worker, dice);
    } else if (what < 87) {
        overwrite_one(worker, dice);
    } else if (what < 91) {
        echo_one(worker, dice);
    } else if (what < 96) {
        ask_one(worker, dice);
    } else if (what < 98) {
        wait_in_vain(worker, dice);
    } else {
        copy_one(worker, dice);
    }
}

void look_again(unsigned worker, dice *dice, unsigned most)
{
    unsigned used = used_of(worker), i;
    for (i = 0; i < used && i < most; i++) {
        unsigned box = used <= most ? i : roll(dice, used);
        box_state before = state_of(worker, box);
        kpc_box_index index = index_of(worker, box), next;
        kpc_buffer *bytes = NULL;
        kpc_status status;
        begins(worker, "read_box", LONG);
        status = kpc_read_box(some_client(dice), reader_of(worker), &index, KPC_START_NO_RETRY, LONG, &bytes, &next,
                              NULL);
        ends(worker);
        count(DONE);
        if (status == KPC_ERR_TIMEOUT) {
            found(LOST, "box %u of stream %u cannot be read in the end", box, worker);
        }
        judge_read(worker, box, before, status, bytes, "in the end");
        kpc_buffer_free(bytes);
    }
}
