/* A client is freed, or closed, while other threads wait in it, for ever: each of them is told. */
/* c_suite: needs sim */
#define _GNU_SOURCE
#include "kpc_sim.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static kpc_error *error;
static kpc_sim sim;
static kpc_test_stream stream;
static kpc_service echo;
static kpc_op endless;

typedef struct waiter {
    kpc_client *client;
    kpc_status (*wait)(kpc_client *client);
    kpc_status status;
    pthread_t thread;
} waiter;

static kpc_status local_call(kpc_client *client)
{
    kpc_box_index next;
    return kpc_next_message_box_index_remote(client, &stream.first, KPC_FOREVER, &next, NULL);
}

static kpc_status read_call(kpc_client *client)
{
    kpc_buffer *plaintext = NULL;
    kpc_box_index next;
    return kpc_read_box(client, &stream.reader, &stream.first, 0, KPC_FOREVER, &plaintext, &next, NULL);
}

static kpc_status write_call(kpc_client *client)
{
    kpc_box_index next;
    return kpc_write_box(client, &stream.writer, &stream.first, (const uint8_t *)"w", 1, 0, KPC_FOREVER, &next,
                         NULL);
}

static kpc_status message_call(kpc_client *client)
{
    kpc_buffer *reply = NULL;
    return kpc_send_message_await_reply(client, &echo, (const uint8_t *)"m", 1, KPC_FOREVER, &reply, NULL);
}

static kpc_status flush_call(kpc_client *client)
{
    return kpc_client_flush(client, KPC_FOREVER, NULL);
}

static kpc_status wait_call(kpc_client *client)
{
    return kpc_op_wait(client, endless, KPC_FOREVER, NULL, NULL);
}

static kpc_status connect_call(kpc_client *client)
{
    return kpc_client_connect(client, KPC_FOREVER, NULL);
}

static void *run(void *argument)
{
    waiter *w = (waiter *)argument;
    w->status = w->wait(w->client);
    return NULL;
}

static void start(waiter *w, kpc_client *client, kpc_status (*wait)(kpc_client *))
{
    w->client = client;
    w->wait = wait;
    CHECK(pthread_create(&w->thread, NULL, run, w) == 0);
}

static kpc_status end(waiter *w)
{
    CHECK(pthread_join(w->thread, NULL) == 0);
    return w->status;
}

static void finish(kpc_client *client, int by_free)
{
    if (by_free) {
        kpc_client_free(client);
    } else {
        STATUS(KPC_OK, kpc_client_close(client, KPC_FOREVER, NULL));
    }
}

/* The daemon knows of each of these calls and answers none when the client ends. */
static void calls_on_the_daemon(int by_free)
{
    kpc_client *client = kpc_sim_connected(&sim);
    waiter waiters[4], flusher, op_waiter;
    kpc_status status;
    long asked;
    int i;

    CHECK(kpc_sim_verified(client));
    asked = kpc_sim_count(&sim, "next_message_box_index");
    OK(kpc_client_get_service(client, "echo", &echo, &error));
    OK(kpc_read_box_async(client, &stream.reader, &stream.first, 0, KPC_FOREVER, NULL, &endless, &error));
    kpc_sim_say(&sim, "hold");
    kpc_sim_say(&sim, "swallow next_message_box_index_reply");
    start(&waiters[0], client, local_call);
    start(&waiters[1], client, write_call);
    start(&waiters[2], client, message_call);
    start(&waiters[3], client, read_call);
    CHECK(kpc_sim_until(&sim, "next_message_box_index", asked + 1));
    CHECK(kpc_sim_until(&sim, "encrypt_write", 1 + by_free));
    CHECK(kpc_sim_until(&sim, "send_message", 1 + by_free));
    start(&flusher, client, flush_call);
    start(&op_waiter, client, wait_call);
    finish(client, by_free);
    for (i = 0; i < 4; i++) {
        STATUS(KPC_ERR_CLOSED, end(&waiters[i]));
    }
    /* These two may have come too late to wait. */
    status = end(&flusher);
    CHECK(status == KPC_ERR_CLOSED || (by_free && status == KPC_ERR_BAD_HANDLE));
    status = end(&op_waiter);
    CHECK(status == KPC_OK || (by_free && status == KPC_ERR_BAD_HANDLE));
    kpc_sim_say(&sim, "release");
    kpc_client_free(client);
    CHECK(kpc_sim_until(&sim, "arq_entries", 0));
    CHECK(kpc_sim_until(&sim, "sessions", 0));
}

/* While it connects with a peer that takes the connection and does not say a word. */
static void connecting(int by_free)
{
    static const char name[] = "\0kpc-test-silent-";
    struct sockaddr_un address;
    char path[64];
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), accepted;
    kpc_config *config = NULL;
    kpc_client *client = NULL;
    waiter w;

    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, name, sizeof name - 1);
    snprintf(path, sizeof path, "%ld", (long)getpid());
    memcpy(address.sun_path + sizeof name - 1, path, strlen(path));
    CHECK(bind(listener, (struct sockaddr *)&address,
               (socklen_t)(offsetof(struct sockaddr_un, sun_path) + sizeof name - 1 + strlen(path))) == 0);
    CHECK(listen(listener, 1) == 0);
    snprintf(path, sizeof path, "@kpc-test-silent-%ld", (long)getpid());
    STATUS(KPC_OK, kpc_config_new(&config, NULL));
    OK(kpc_config_set_unix(config, path, &error));
    OK(kpc_client_new(config, &client, &error));
    kpc_config_free(config);
    start(&w, client, connect_call);
    accepted = accept(listener, NULL, NULL);
    CHECK(accepted >= 0);
    finish(client, by_free);
    STATUS(KPC_ERR_CLOSED, end(&w));
    kpc_client_free(client);
    close(accepted);
    close(listener);
}

/* The end comes at any moment of a connect, and the daemon keeps no session of it. */
static void ended_in_any_handshake(void)
{
    enum { ROUNDS = 60 };
    int round, i;
    for (round = 0; round < ROUNDS; round++) {
        kpc_client *client = kpc_sim_client(&sim);
        kpc_status status;
        waiter w;

        start(&w, client, connect_call);
        for (i = 0; i < round % 6; i++) {
            CHECK(kpc_sim_count(&sim, "session_token") >= 0); /* passes some time */
        }
        finish(client, round % 2);
        status = end(&w);
        CHECK(status == KPC_OK || status == KPC_ERR_CLOSED || (round % 2 && status == KPC_ERR_BAD_HANDLE));
        kpc_client_free(client);
    }
    CHECK(kpc_sim_until(&sim, "sessions", 0));
}

static kpc_client *shared;

/* Calls until it is told that there is no client any more. */
static void *call_until_the_end(void *unused)
{
    kpc_box_index next;
    kpc_status status;
    (void)unused;
    do {
        status = kpc_next_message_box_index_remote(shared, &stream.first, KPC_FOREVER, &next, NULL);
    } while (status == KPC_OK);
    CHECK(status == KPC_ERR_CLOSED || status == KPC_ERR_BAD_HANDLE);
    return NULL;
}

/* The end comes at any moment of a call, again and again; nobody is left waiting. */
static void ended_in_full_flight(void)
{
    enum { ROUNDS = 25, THREADS = 4 };
    int round, i;
    for (round = 0; round < ROUNDS; round++) {
        kpc_client *client = kpc_sim_connected(&sim);
        pthread_t threads[THREADS];
        kpc_box_index next;

        shared = client;
        for (i = 0; i < THREADS; i++) {
            CHECK(pthread_create(&threads[i], NULL, call_until_the_end, NULL) == 0);
        }
        for (i = 0; i <= round % 5; i++) {
            OK(kpc_next_message_box_index_remote(client, &stream.first, KPC_SOON, &next, &error));
        }
        finish(client, round % 2);
        for (i = 0; i < THREADS; i++) {
            CHECK(pthread_join(threads[i], NULL) == 0);
        }
        kpc_client_free(client);
    }
}

int main(void)
{
    kpc_sim_start(&sim, "--instant");
    stream = kpc_test_stream_of(1);
    calls_on_the_daemon(0);
    calls_on_the_daemon(1);
    ended_in_full_flight();
    ended_in_any_handshake();
    connecting(0);
    connecting(1);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
