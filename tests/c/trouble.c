/* While the daemon and its connections fail in every way that leads to a new start, writers write,
 * readers read and others ask the daemon, all waiting in threads of their own: every box arrives as
 * it was written, every answer belongs to its question, every time limit is kept, and nothing is
 * left at the daemon in the end. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

enum { STREAMS = 4, BOXES = 12, CALLERS = 4, THREADS = 2 * STREAMS + CALLERS };

/* A call with a time limit has ended this long after it at the latest, however busy the machine. */
#define LATE_MS 20000

static kpc_sim sim;
static kpc_client *client;
static kpc_test_stream streams[STREAMS];
static int over;
static int running;
static int in_time, too_late;

static int is_over(void)
{
    return __atomic_load_n(&over, __ATOMIC_SEQ_CST);
}

static size_t content_of(int stream, int box, char *out, size_t size)
{
    return (size_t)snprintf(out, size, "box %d of stream %d", box, stream);
}

static void *write_all(void *argument)
{
    int number = (int)((kpc_test_stream *)argument - streams), box;
    kpc_box_index index = streams[number].first, next;
    kpc_error *error = NULL;

    for (box = 0; box < BOXES; box++) {
        char content[64];
        size_t length = content_of(number, box, content, sizeof content);
        OK(kpc_write_box(client, &streams[number].writer, &index, (const uint8_t *)content, length, 0, KPC_FOREVER,
                         &next, &error));
        index = next;
    }
    __atomic_sub_fetch(&running, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

static void *read_all(void *argument)
{
    int number = (int)((kpc_test_stream *)argument - streams), box;
    kpc_box_index index = streams[number].first, next;
    kpc_error *error = NULL;

    for (box = 0; box < BOXES; box++) {
        char content[64];
        size_t length = content_of(number, box, content, sizeof content);
        kpc_buffer *found = NULL;
        OK(kpc_read_box(client, &streams[number].reader, &index, 0, KPC_FOREVER, &found, &next, &error));
        CHECK(kpc_buffer_len(found) == length && memcmp(kpc_buffer_data(found), content, length) == 0);
        kpc_buffer_free(found);
        index = next;
    }
    __atomic_sub_fetch(&running, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

/* Asks for the next index again and again, now with a little time and now with all of it. */
static void *ask(void *argument)
{
    kpc_test_stream *stream = (kpc_test_stream *)argument;
    kpc_box_index index = stream->first, expected, next;
    int32_t limit = 0;

    while (!is_over()) {
        int64_t begun = kpc_test_now_ms();
        kpc_status status;
        limit = (limit + 1) % 8;
        STATUS(KPC_OK, kpc_next_message_box_index(&index, &expected, NULL));
        status = kpc_next_message_box_index_remote(client, &index, limit == 7 ? KPC_FOREVER : limit, &next, NULL);
        if (status == KPC_OK) {
            CHECK(memcmp(&next, &expected, sizeof next) == 0);
            index = next;
            __atomic_add_fetch(&in_time, 1, __ATOMIC_SEQ_CST);
        } else {
            STATUS(KPC_ERR_TIMEOUT, status);
            CHECK(limit != 7 && kpc_test_now_ms() - begun < LATE_MS);
            __atomic_add_fetch(&too_late, 1, __ATOMIC_SEQ_CST);
        }
    }
    return NULL;
}

static uint32_t seed;

static uint32_t a_number(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
}

/* Everything here is mended again by itself or by the second word. */
static const char *const troubles[][2] = {
    {"cut", NULL},          {"cut-mid-frame", NULL},     {"garbage", NULL},
    {"oversize", NULL},     {"empty", NULL},             {"split 3", "split off"},
    {"slow 1", "slow off"}, {"reorder 3", "clear"},      {"twice start_resending_encrypted_message_reply", "clear"},
    {"restart 20", NULL},   {"restart 5 graceful", NULL}, {"offline", "online"},
    {"down", "up"},         {"hold-first-frame 10", "hold-first-frame 0"},
};

static void make_trouble(void)
{
    size_t which = a_number(sizeof troubles / sizeof troubles[0]);
    uint32_t naps = a_number(8);
    const char *mend = troubles[which][1];

    kpc_sim_say(&sim, "%s", troubles[which][0]);
    /* How far the calls get in between is what differs from one run to the next. */
    while (naps-- > 0) {
        kpc_test_nap();
    }
    if (mend != NULL) {
        kpc_sim_say(&sim, "%s", mend);
    }
}

int main(void)
{
    pthread_t threads[THREADS];
    kpc_error *error = NULL;
    int i;

    seed = (uint32_t)time(NULL) ^ (uint32_t)getpid();
    printf("seed %u\n", (unsigned)seed);
    kpc_sim_start(&sim, "--instant --grace 1");
    client = kpc_sim_connected(&sim);
    for (i = 0; i < STREAMS; i++) {
        streams[i] = kpc_test_stream_of((uint8_t)(i + 1));
    }
    running = 2 * STREAMS;
    for (i = 0; i < THREADS; i++) {
        void *(*const work)(void *) = i < STREAMS ? write_all : i < 2 * STREAMS ? read_all : ask;
        CHECK(pthread_create(&threads[i], NULL, work, &streams[i % STREAMS]) == 0);
    }
    for (i = 0; i < 60 && __atomic_load_n(&running, __ATOMIC_SEQ_CST) > 0; i++) {
        make_trouble();
        kpc_test_nap();
    }
    for (i = 0; i < 2 * STREAMS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    __atomic_store_n(&over, 1, __ATOMIC_SEQ_CST);
    for (; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    printf("%d answers in time, %d too late\n", in_time, too_late);
    CHECK(in_time > 0);
    OK(kpc_client_flush(client, KPC_SOON, &error));
    CHECK(kpc_sim_until(&sim, "arq_entries", 0));
    kpc_client_free(client);
    CHECK(kpc_sim_until(&sim, "sessions", 0));
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
