/* With SIGPIPE at its default action, which ends the program, the daemon closes its end again and
 * again while much is written to it: over a Unix socket and over TCP. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

static kpc_error *error;
static kpc_sim sim;
static kpc_test_stream stream;
static int over;

/* Writes without a pause: small requests from several threads. */
static void *ask(void *argument)
{
    kpc_client *client = (kpc_client *)argument;
    while (!__atomic_load_n(&over, __ATOMIC_SEQ_CST)) {
        kpc_box_index next;
        kpc_status status = kpc_next_message_box_index_remote(client, &stream.first, 20, &next, NULL);
        CHECK(status == KPC_OK || status == KPC_ERR_TIMEOUT);
    }
    return NULL;
}

static void cut_while_writing(kpc_client *client)
{
    static const char *const ways[] = {"cut", "cut-mid-frame", "restart", "garbage"};
    pthread_t threads[3];
    kpc_box_index next;
    long begun;
    int i, k;

    over = 0;
    OK(kpc_client_connect(client, KPC_SOON, &error));
    for (i = 0; i < 3; i++) {
        CHECK(pthread_create(&threads[i], NULL, ask, client) == 0);
    }
    for (i = 0; i < 12; i++) {
        /* Until they are at it again. */
        begun = kpc_sim_count(&sim, "next_message_box_index");
        CHECK(kpc_sim_at_least(&sim, "next_message_box_index", begun + 5));
        kpc_sim_say(&sim, "%s", ways[i % 4]);
        for (k = 0; k < 20; k++) {
            OK(kpc_write_box_async(client, &stream.writer, &stream.first, (const uint8_t *)"x", 1, 0, KPC_SOON, NULL,
                                   NULL, &error));
        }
    }
    __atomic_store_n(&over, 1, __ATOMIC_SEQ_CST);
    for (i = 0; i < 3; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    OK(kpc_next_message_box_index_remote(client, &stream.first, KPC_SOON, &next, &error));
    /* The last words go to a peer that does not listen. */
    kpc_sim_say(&sim, "cut");
    kpc_client_free(client);
}

int main(void)
{
    struct sigaction action;
    sigset_t blocked;
    kpc_config *config = NULL;
    kpc_client *client = NULL;
    const char *tcp;

    CHECK(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGPIPE);
    CHECK(sigprocmask(SIG_UNBLOCK, &blocked, NULL) == 0);
    kpc_sim_start(&sim, "--instant --grace 1 --tcp 127.0.0.1:0");
    tcp = strstr(sim.answer, "tcp=");
    stream = kpc_test_stream_of(1);
    STATUS(KPC_OK, kpc_config_new(&config, NULL));
    if (CHECK(tcp != NULL)) {
        OK(kpc_config_set_tcp(config, tcp + 4, "tcp4", &error));
        OK(kpc_config_set_reconnect(config, 1, 20, &error));
        OK(kpc_client_new(config, &client, &error));
        cut_while_writing(client);
    }
    kpc_config_free(config);
    cut_while_writing(kpc_sim_client(&sim));

    /* The library has left the action and the mask of this thread as they were. */
    CHECK(sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_DFL);
    CHECK(sigprocmask(SIG_BLOCK, NULL, &blocked) == 0 && !sigismember(&blocked, SIGPIPE));
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
