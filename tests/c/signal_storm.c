/* A timer interrupts every system call of the program's threads, a thousand times a second, with
 * handlers that do not restart them: every call goes on as if nothing had happened. */
/* c_suite: needs sim */
#define _XOPEN_SOURCE 700
#include "kpc_boxes.h"

#include <sys/time.h>

enum { THREADS = 4, BOXES = 6 };

static int storms, running = THREADS;
static kpc_test_stream streams[THREADS];

static void on_alarm(int number)
{
    (void)number;
    __atomic_add_fetch(&storms, 1, __ATOMIC_RELAXED);
}

static void *work(void *argument)
{
    kpc_test_stream *stream = (kpc_test_stream *)argument;
    kpc_box_index index = stream->first, next, expected;
    kpc_error *why = NULL;
    int box;
#define FINE(call) kpc_test_error((call), &why, KPC_OK, __FILE__, __LINE__, #call)
    for (box = 0; box < BOXES; box++) {
        kpc_buffer *found = NULL;
        kpc_client *other = NULL;
        FINE(kpc_write_box(client, &stream->writer, &index, bytes("storm"), 5, 0, KPC_SOON, &next, &why));
        FINE(kpc_read_box(client, &stream->reader, &index, 0, KPC_SOON, &found, &next, &why));
        CHECK(kpc_buffer_len(found) == 5 && memcmp(kpc_buffer_data(found), "storm", 5) == 0);
        kpc_buffer_free(found);
        FINE(kpc_next_message_box_index_remote(client, &index, KPC_SOON, &expected, &why));
        CHECK(memcmp(&expected, &next, sizeof next) == 0);
        index = next;
        other = kpc_sim_client(&sim);
        FINE(kpc_client_connect(other, KPC_SOON, &why));
        FINE(kpc_client_close(other, KPC_SOON, &why));
        kpc_client_free(other);
    }
#undef FINE
    __atomic_sub_fetch(&running, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    struct sigaction action;
    sigset_t alarms;
    int i;

    kpc_sim_start(&sim, "--instant");
    client = kpc_sim_connected(&sim);
    memset(&action, 0, sizeof action);
    action.sa_handler = on_alarm; /* and no SA_RESTART */
    CHECK(sigaction(SIGALRM, &action, NULL) == 0);
    for (i = 0; i < THREADS; i++) {
        streams[i] = kpc_test_stream_of((uint8_t)(i + 1));
        CHECK(pthread_create(&threads[i], NULL, work, &streams[i]) == 0);
    }
    /* Each of them by name, and again and again; this thread talks to the simulator in the end. */
    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &alarms, NULL);
    while (__atomic_load_n(&running, __ATOMIC_SEQ_CST) > 0) {
        struct timespec pause = {0, 250000};
        for (i = 0; i < THREADS; i++) {
            pthread_kill(threads[i], SIGALRM);
        }
        nanosleep(&pause, NULL);
    }
    for (i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    printf("%d signals\n", storms);
    CHECK(storms > THREADS);
    kpc_client_free(client);
    CHECK(kpc_sim_until(&sim, "arq_entries", 0));
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
