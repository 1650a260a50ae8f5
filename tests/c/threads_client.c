/* Many threads use one client at once, in every way; each gets its own answers. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

enum { THREADS = 8, ROUNDS = 12 };

static kpc_sim sim;
static kpc_client *client;
static kpc_service echo;
static pthread_barrier_t barrier;

/* Each thread has a stream of its own, and a word of its own. */
typedef struct worker {
    pthread_t thread;
    uint8_t number;
} worker;

static void own_answers(const worker *w, int round)
{
    kpc_error *error = NULL;
    kpc_test_stream s = kpc_test_stream_of((uint8_t)(16 * w->number + round));
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
        look_around();
    }
    return NULL;
}

/* Connecting at once: one does, the others are told. */
static void *connect_too(void *argument)
{
    kpc_status status;
    pthread_barrier_wait(&barrier);
    status = kpc_client_connect((kpc_client *)argument, KPC_SOON, NULL);
    CHECK(status == KPC_OK || status == KPC_ERR_ALREADY_CONNECTED);
    return status == KPC_OK ? argument : NULL;
}

/* Closing and freeing at once: everybody comes back from it. */
static void *end_too(void *argument)
{
    kpc_client *ended = (kpc_client *)argument;
    kpc_status status;
    pthread_barrier_wait(&barrier);
    status = kpc_client_close(ended, KPC_FOREVER, NULL);
    CHECK(status == KPC_OK || status == KPC_ERR_BAD_HANDLE);
    kpc_client_free(ended);
    return NULL;
}

int main(void)
{
    worker workers[THREADS];
    pthread_t threads[THREADS];
    kpc_error *error = NULL;
    int i, connected = 0;

    kpc_sim_start(&sim, "--instant");
    CHECK(pthread_barrier_init(&barrier, NULL, THREADS) == 0);
    client = kpc_sim_client(&sim);
    for (i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, connect_too, client) == 0);
    }
    for (i = 0; i < THREADS; i++) {
        void *did = NULL;
        CHECK(pthread_join(threads[i], &did) == 0);
        connected += did != NULL;
    }
    CHECK(connected == 1);
    OK(kpc_client_get_service(client, "echo", &echo, &error));
    for (i = 0; i < THREADS; i++) {
        workers[i].number = (uint8_t)i;
        CHECK(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0);
    }
    for (i = 0; i < THREADS; i++) {
        CHECK(pthread_join(workers[i].thread, NULL) == 0);
    }
    CHECK(kpc_sim_until(&sim, "arq_entries", 0));
    for (i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, end_too, client) == 0);
    }
    for (i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    pthread_barrier_destroy(&barrier);
    CHECK(kpc_sim_until(&sim, "sessions", 0));
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
