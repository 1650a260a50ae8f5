/* Closing with and without waiting, and freeing, which never waits. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

static kpc_error *error;
static kpc_sim sim;
static kpc_test_stream stream;

/* A callback that stays until it is let go, as one that waits for the thread of a script would. */
typedef struct gate {
    int entered;
    int is_open;
    int drops;
    int called_after_drop;
} gate;

static void stay(const kpc_result *result, void *user_data)
{
    gate *at = (gate *)user_data;
    (void)result;
    pthread_mutex_lock(&kpc_seen_mutex);
    at->called_after_drop |= at->drops;
    at->entered = 1;
    pthread_cond_broadcast(&kpc_seen_changed);
    while (!at->is_open) {
        pthread_cond_wait(&kpc_seen_changed, &kpc_seen_mutex);
    }
    pthread_mutex_unlock(&kpc_seen_mutex);
}

static void let_go(void *user_data)
{
    kpc_seen_one_more(&((gate *)user_data)->drops);
}

static void open_gate(gate *at)
{
    kpc_seen_one_more(&at->is_open);
}

static kpc_client *with_a_callback_that_stays(gate *at)
{
    kpc_client *client = kpc_sim_connected(&sim);
    kpc_completion done;

    memset(at, 0, sizeof *at);
    memset(&done, 0, sizeof done);
    done.fn = stay;
    done.drop = let_go;
    done.user_data = at;
    OK(kpc_next_message_box_index_remote_async(client, &stream.first, KPC_SOON, &done, NULL, &error));
    CHECK(kpc_seen_until(&at->entered, 1));
    return client;
}

/* A finalizer on the one thread that a callback waits for: this hangs if free waits. */
static void client_free_does_not_wait_for_a_callback(void)
{
    gate at;
    kpc_client *client = with_a_callback_that_stays(&at);

    kpc_client_free(client);
    CHECK(kpc_seen_now(&at.drops) == 0);
    CHECK(kpc_sim_until(&sim, "sessions", 0)); /* the goodbye does not wait for it either */
    open_gate(&at);
    CHECK(kpc_seen_until(&at.drops, 1));
    CHECK(kpc_seen_now(&at.drops) == 1 && !at.called_after_drop);
}

static void client_close_waits_for_a_callback_as_long_as_it_is_told(void)
{
    gate at;
    kpc_client *client = with_a_callback_that_stays(&at);

    ERROR(KPC_ERR_TIMEOUT, kpc_client_close(client, KPC_NO_WAIT, &error));
    ERROR(KPC_ERR_TIMEOUT, kpc_client_close(client, 1000, &error));
    CHECK(kpc_sim_until(&sim, "sessions", 0));
    ERROR(KPC_ERR_ARG_VALUE, kpc_client_close(client, -2, &error));
    open_gate(&at);
    OK(kpc_client_close(client, KPC_FOREVER, &error));
    CHECK(kpc_seen_now(&at.drops) == 1);
    OK(kpc_client_close(client, KPC_NO_WAIT, &error));
    kpc_client_free(client);
}

/* After all others; and nothing can be begun any more. */
static void client_close_async(void)
{
    kpc_client *client = kpc_sim_connected(&sim);
    kpc_seen read, closed, again;
    kpc_completion done = kpc_seen_by(&read);

    OK(kpc_read_box_async(client, &stream.reader, &stream.first, 0, KPC_FOREVER, &done, NULL, &error));
    done = kpc_seen_by(&closed);
    OK(kpc_client_close_async(client, KPC_SOON, &done, NULL, &error));
    CHECK(kpc_seen_until(&closed.drops, 1));
    CHECK(closed.calls == 1 && read.calls == 1 && read.drops == 1);
    STATUS(KPC_OK, closed.status);
    STATUS(KPC_ERR_CLOSED, read.status);
    CHECK(kpc_sim_until(&sim, "sessions", 0));

    OK(kpc_client_close(client, KPC_FOREVER, &error));
    done = kpc_seen_by(&again);
    ERROR(KPC_ERR_CLOSED, kpc_client_close_async(client, KPC_SOON, &done, NULL, &error));
    CHECK(again.drops == 1 && again.calls == 0);
    kpc_client_free(client);
}

/* Also for a client that is freed at once, and for one that waits for nothing. */
static void it_completes_though_the_client_is_freed(void)
{
    kpc_client *client = kpc_sim_connected(&sim);
    kpc_seen closed, at_once;
    kpc_completion done = kpc_seen_by(&closed);

    OK(kpc_client_close_async(client, KPC_FOREVER, &done, NULL, &error));
    kpc_client_free(client);
    CHECK(kpc_seen_until(&closed.drops, 1));
    CHECK(closed.calls == 1);
    STATUS(KPC_OK, closed.status);

    client = kpc_sim_connected(&sim);
    done = kpc_seen_by(&at_once);
    OK(kpc_client_close_async(client, KPC_NO_WAIT, &done, NULL, &error));
    CHECK(kpc_seen_until(&at_once.drops, 1));
    CHECK(at_once.calls == 1 && (at_once.status == KPC_ERR_TIMEOUT || at_once.status == KPC_OK));
    CHECK(kpc_sim_until(&sim, "sessions", 0));
    kpc_client_free(client);
}

/* In a sink it comes right before the last event, and brings what it was given. */
static void result_user_data(void)
{
    kpc_client *client = kpc_sim_connected(&sim);
    kpc_event_sink *sink = NULL;
    kpc_event *event;
    kpc_result *result, *kept;
    kpc_seen seen, waited;
    kpc_completion done = kpc_seen_by(&seen);
    kpc_op op = 0, close = 0;

    OK(kpc_event_sink_open(client, 4, &sink, &error));
    done.fn = NULL;
    done.sink = sink;
    OK(kpc_client_close_async(client, KPC_FOREVER, &done, &close, &error));
    event = EVENT_OF(sink, KPC_EVENT_OPERATION);
    OK(kpc_event_result(event, &result, &error));
    kpc_event_free(event);
    CHECK(kpc_result_op(result) == close && kpc_result_user_data(result) == &seen);
    OK(kpc_client_close_result(result, &error));
    CHECK(kpc_seen_now(&seen.drops) == 0);
    kpc_result_free(result);
    CHECK(kpc_seen_until(&seen.drops, 1));
    OK(kpc_event_sink_next(sink, KPC_SOON, &event, &error));
    CHECK(kpc_event_kind(event) == KPC_EVENT_CLOSED);
    kpc_event_free(event);
    kpc_event_sink_free(sink);
    kpc_client_free(client);

    /* Kept, it lives as long as somebody has the result. */
    client = kpc_sim_connected(&sim);
    done = kpc_seen_by(&waited);
    done.fn = NULL;
    OK(kpc_next_message_box_index_remote_async(client, &stream.first, KPC_SOON, &done, &op, &error));
    kept = WAIT_FOR(client, op);
    OK(kpc_client_close(client, KPC_FOREVER, &error));
    kpc_client_free(client);
    CHECK(kpc_result_user_data(kept) == &waited && kpc_seen_now(&waited.drops) == 0);
    kpc_result_free(kept);
    CHECK(kpc_seen_until(&waited.drops, 1));
    CHECK(kpc_result_user_data(kept) == NULL && kpc_result_user_data(NULL) == NULL);
}

/* What lets go of user data may call the library, wherever it runs: in the thread of a result that
 * pushes an older one out, too. */
static void close_the_client(void *user_data)
{
    OK(kpc_client_close(*(kpc_client **)user_data, KPC_FOREVER, NULL));
    kpc_client_free(*(kpc_client **)user_data);
    kpc_seen_one_more((int *)((kpc_client **)user_data + 1));
}

static void a_drop_function_may_close_the_client(void)
{
    struct {
        kpc_client *client;
        int dropped;
    } last = {kpc_sim_connected(&sim), 0};
    kpc_completion done;
    int i;

    memset(&done, 0, sizeof done);
    done.drop = close_the_client;
    done.user_data = &last;
    OK(kpc_next_message_box_index_remote_async(last.client, &stream.first, KPC_SOON, &done, NULL, &error));
    for (i = 0; i < 1024 && kpc_seen_now(&last.dropped) == 0; i++) {
        kpc_op op = 0;
        kpc_status status =
            kpc_next_message_box_index_remote_async(last.client, &stream.first, KPC_SOON, NULL, &op, NULL);
        CHECK(status == KPC_OK || kpc_seen_until(&last.dropped, 1));
    }
    CHECK(kpc_seen_until(&last.dropped, 1));
}

int main(void)
{
    kpc_sim_start(&sim, "--instant");
    stream = kpc_test_stream_of(1);
    client_free_does_not_wait_for_a_callback();
    client_close_waits_for_a_callback_as_long_as_it_is_told();
    client_close_async();
    it_completes_though_the_client_is_freed();
    result_user_data();
    a_drop_function_may_close_the_client();
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
