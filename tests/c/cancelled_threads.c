/* A thread of the program that is cancelled while it is in a call ends after the call, not in it:
 * the call does what it is for, and nothing else comes to harm. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

static kpc_sim sim;
static kpc_client *client;
static kpc_test_stream stream;
static kpc_event_sink *sink;

static kpc_status writes(void)
{
    kpc_box_index next;
    return kpc_write_box(client, &stream.writer, &stream.first, NULL, 0, 0, KPC_SOON, &next, NULL);
}

static kpc_status asks(void)
{
    kpc_box_index next;
    return kpc_next_message_box_index_remote(client, &stream.first, KPC_SOON, &next, NULL);
}

static kpc_status begins(void)
{
    kpc_op op = 0;
    kpc_status status = kpc_next_message_box_index_remote_async(client, &stream.first, KPC_SOON, NULL, &op, NULL);
    return status != KPC_OK ? status : kpc_op_wait(client, op, KPC_SOON, NULL, NULL);
}

static kpc_status takes_an_event(void)
{
    kpc_event *event = NULL;
    kpc_status status = kpc_event_sink_next(sink, KPC_SOON, &event, NULL);
    kpc_event_free(event);
    return status;
}

static kpc_status connects(void)
{
    kpc_client *other = kpc_sim_client(&sim);
    kpc_status status = kpc_client_connect(other, KPC_SOON, NULL);
    kpc_client_free(other);
    return status;
}

static kpc_status closes(void)
{
    kpc_event_sink_free(sink);
    return kpc_client_close(client, KPC_FOREVER, NULL);
}

/* What is to be called on a thread that is cancelled, and what that gave. */
typedef struct job {
    kpc_status (*call)(void);
    kpc_status gave;
} job;

static void *doomed(void *argument)
{
    job *mine = (job *)argument;
    /* Waits for the next place where threads are cancelled, of which there may be some in the call. */
    CHECK(pthread_cancel(pthread_self()) == 0);
    mine->gave = mine->call();
    pthread_testcancel();
    mine->gave = KPC_ERR_INTERNAL; /* not reached: it is cancelled all the same */
    return NULL;
}

int main(void)
{
    static kpc_status (*const calls[])(void) = {writes, asks, begins, takes_an_event, connects, closes};
    kpc_error *error = NULL;
    size_t i;

    kpc_sim_start(&sim, "--instant");
    client = kpc_sim_connected(&sim);
    stream = kpc_test_stream_of(1);
    OK(kpc_event_sink_open(client, 4, &sink, &error));
    for (i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        job mine = {calls[i], KPC_ERR_PANIC};
        pthread_t thread;
        void *ended = NULL;
        CHECK(pthread_create(&thread, NULL, doomed, &mine) == 0);
        CHECK(pthread_join(thread, &ended) == 0);
        CHECK(ended == PTHREAD_CANCELED);
        STATUS(KPC_OK, mine.gave);
    }
    kpc_client_free(client);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
