/* Many threads use one client at once, in every way, and cancel what they began; each gets its own answers. Then they
 * all begin something more, close and free: each operation completes once. KPC_THREADS says how many there are. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

enum { THREADS = 16, MOST = 64, ROUNDS = 12, LAST = 5 };

static int threads = THREADS, connected;
static kpc_sim sim;
static kpc_client *client;
static kpc_service echo;
static pthread_barrier_t barrier;

/* Each thread has streams of its own, and a word of its own. */
typedef struct worker {
    pthread_t thread;
    int number;
    /* What it begins at last; whether it could. */
    kpc_seen last[LAST];
    int begun[LAST];
} worker;
static worker workers[MOST];

static kpc_test_stream stream_of(int thread, int round)
{
    uint8_t seed[KPC_SEED_SIZE] = {0};
    kpc_test_stream stream;
    seed[0] = (uint8_t)thread;
    seed[1] = (uint8_t)round;
    STATUS(KPC_OK, kpc_new_keypair(seed, sizeof seed, &stream.writer, &stream.reader, &stream.first, NULL));
    return stream;
}

static void own_answers(const worker *w, int round)
{
    kpc_error *error = NULL;
    kpc_test_stream s = stream_of(w->number, round);
    kpc_box_index next, expected;
    kpc_buffer *buffer = NULL;
    uint64_t remote = 0, local = 1;
    char word[32];
    kpc_op op = 0;

    snprintf(word, sizeof word, "thread %d round %d", w->number, round);
    OK(kpc_next_message_box_index_remote(client, &s.first, KPC_SOON, &next, &error));
    OK(kpc_next_message_box_index(&s.first, &expected, &error));
    CHECK(memcmp(&next, &expected, sizeof next) == 0);
    OK(kpc_get_message_box_index_counter_remote(client, &s.first, KPC_SOON, &remote, &error));
    OK(kpc_get_message_box_index_counter(&s.first, &local, &error));
    CHECK(remote == local);

    OK(kpc_write_box(client, &s.writer, &s.first, (const uint8_t *)word, strlen(word), 0, KPC_SOON, &next, &error));
    OK(kpc_read_box_async(client, &s.reader, &s.first, 0, KPC_SOON, NULL, &op, &error));
    OK(kpc_send_message_await_reply(client, &echo, (const uint8_t *)word, strlen(word), KPC_SOON, &buffer, &error));
    CHECK(kpc_buffer_len(buffer) > strlen(word) && strcmp((const char *)kpc_buffer_data(buffer), word) == 0);
    kpc_buffer_free(buffer);
    {
        kpc_result *result = WAIT_FOR(client, op);
        OK(kpc_read_box_result(result, &buffer, &next, &error));
        CHECK(kpc_buffer_len(buffer) == strlen(word) && memcmp(kpc_buffer_data(buffer), word, strlen(word)) == 0);
        CHECK(memcmp(&next, &expected, sizeof next) == 0);
        kpc_buffer_free(buffer);
        kpc_result_free(result);
    }
}

/* A read of what nobody writes, given up, with a result or before there can be one. */
static void cancelled(const worker *w, int round)
{
    kpc_error *error = NULL;
    kpc_test_stream never = stream_of(w->number, ROUNDS + round);
    kpc_result *result = NULL;
    kpc_op op = 0;

    OK(kpc_read_box_async(client, &never.reader, &never.first, 0, KPC_FOREVER, NULL, &op, &error));
    OK(kpc_op_cancel(client, op, &error));
    result = WAIT_FOR(client, op);
    STATUS(KPC_ERR_CANCELLED, kpc_result_status(result));
    kpc_result_free(result);
}

/* What is looked at meanwhile. */
static void look_around(void)
{
    kpc_error *error = NULL;
    kpc_pki_document *document = NULL;
    kpc_service service;
    kpc_event_sink *sink = NULL;
    kpc_event *event = NULL;

    OK(kpc_client_pki_document(client, &document, &error));
    CHECK(kpc_pki_document_epoch(document) != 0);
    kpc_pki_document_free(document);
    OK(kpc_client_get_service(client, "courier", &service, &error));
    OK(kpc_event_sink_open(client, 2, &sink, &error));
    OK(kpc_event_sink_next(sink, KPC_SOON, &event, &error));
    kpc_event_free(event);
    kpc_event_sink_free(sink);
    CHECK(kpc_client_is_connected(client));
}

static void *work(void *argument)
{
    const worker *w = (const worker *)argument;
    int round;
    pthread_barrier_wait(&barrier);
    for (round = 0; round < ROUNDS; round++) {
        own_answers(w, round);
        cancelled(w, round);
        look_around();
    }
    return NULL;
}

/* Connecting at once: one does, the others are told. */
static void *connect_too(void *unused)
{
    kpc_status status;
    (void)unused;
    pthread_barrier_wait(&barrier);
    status = kpc_client_connect(client, KPC_SOON, NULL);
    CHECK(status == KPC_OK || status == KPC_ERR_ALREADY_CONNECTED);
    if (status == KPC_OK) {
        kpc_seen_one_more(&connected);
    }
    return NULL;
}

/* One more operation, which may be refused as the client is closed meanwhile. */
static void begin_last(worker *w, int number)
{
    kpc_test_stream s = stream_of(w->number, 2 * ROUNDS + number);
    kpc_completion done = kpc_seen_by(&w->last[number]);
    kpc_status status;
    if (number % 2 == 0) {
        status = kpc_read_box_async(client, &s.reader, &s.first, 0, KPC_FOREVER, &done, NULL, NULL);
    } else {
        status = kpc_next_message_box_index_remote_async(client, &s.first, KPC_SOON, &done, NULL, NULL);
    }
    CHECK(status == KPC_OK || status == KPC_ERR_CLOSED || status == KPC_ERR_BAD_HANDLE);
    /* Nothing was begun where it failed: only the drop function is called. */
    w->begun[number] = status == KPC_OK;
}

/* Closing and freeing at once: everybody comes back from it. */
static void *end_too(void *argument)
{
    worker *w = (worker *)argument;
    kpc_status status;
    int i;

    pthread_barrier_wait(&barrier);
    for (i = 0; i < LAST; i++) {
        begin_last(w, i);
    }
    status = kpc_client_close(client, KPC_FOREVER, NULL);
    CHECK(status == KPC_OK || status == KPC_ERR_BAD_HANDLE);
    kpc_client_free(client);
    return NULL;
}

/* Each of the last operations completed once and let go of its user data once. */
static void last_are_over(void)
{
    int i, k;
    for (i = 0; i < threads; i++) {
        for (k = 0; k < LAST; k++) {
            const kpc_seen *seen = &workers[i].last[k];
            CHECK(kpc_seen_until(&seen->drops, 1));
            CHECK(seen->drops == 1 && seen->calls == workers[i].begun[k]);
            CHECK(seen->calls == 0 || seen->status == KPC_OK || seen->status == KPC_ERR_CLOSED);
        }
    }
}

static void on_all(void *(*body)(void *argument))
{
    int i;
    for (i = 0; i < threads; i++) {
        workers[i].number = i;
        CHECK(pthread_create(&workers[i].thread, NULL, body, &workers[i]) == 0);
    }
    for (i = 0; i < threads; i++) {
        CHECK(pthread_join(workers[i].thread, NULL) == 0);
    }
}

int main(void)
{
    const char *wanted = getenv("KPC_THREADS");
    kpc_error *error = NULL;

    if (wanted != NULL && (threads = atoi(wanted)) > MOST) {
        threads = MOST;
    }
    kpc_sim_start(&sim, "--instant");
    CHECK(threads > 0 && pthread_barrier_init(&barrier, NULL, (unsigned)threads) == 0);
    client = kpc_sim_client(&sim);
    on_all(connect_too);
    CHECK(connected == 1);
    OK(kpc_client_get_service(client, "echo", &echo, &error));
    on_all(work);
    CHECK(kpc_sim_until(&sim, "arq_entries", 0));
    on_all(end_too);
    last_are_over();
    pthread_barrier_destroy(&barrier);
    CHECK(kpc_sim_until(&sim, "sessions", 0));
    kpc_sim_stop(&sim);
    printf("%d threads\n", threads);
    return kpc_test_end();
}
