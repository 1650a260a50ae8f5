/* The function that lets go of user data runs exactly once, last, in every path there is. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

static kpc_error *error;
static kpc_sim sim;
static kpc_test_stream stream;

static kpc_status begin(kpc_client *client, int32_t timeout_ms, const kpc_completion *done, kpc_op *op)
{
    return kpc_read_box_async(client, &stream.reader, &stream.first, 0, timeout_ms, done, op, &error);
}

/* Over, with one call (or none) before one drop. */
static void ended(kpc_seen *seen, int calls, kpc_status expected)
{
    CHECK(kpc_seen_until(&seen->drops, 1));
    CHECK(seen->calls == calls && seen->drops == 1);
    if (calls != 0) {
        STATUS(expected, seen->status);
    }
}

static void completions(void)
{
    kpc_client *client = kpc_sim_connected(&sim);
    kpc_client *other = kpc_sim_client(&sim);
    kpc_seen seen[9];
    kpc_completion done[9];
    kpc_op op = 0;
    int i;

    for (i = 0; i < 9; i++) {
        done[i] = kpc_seen_by(&seen[i]);
    }
    /* Success, failure, timeout, cancel. */
    OK(kpc_next_message_box_index_remote_async(client, &stream.first, KPC_SOON, &done[0], NULL, &error));
    ended(&seen[0], 1, KPC_OK);
    OK(kpc_read_box_async(client, &stream.reader, &stream.first, KPC_START_NO_RETRY, KPC_SOON, &done[1], NULL,
                          &error));
    ended(&seen[1], 1, KPC_ERR_BOX_ID_NOT_FOUND);
    OK(begin(client, 20, &done[2], NULL));
    ended(&seen[2], 1, KPC_ERR_TIMEOUT);
    OK(begin(client, KPC_FOREVER, &done[3], &op));
    STATUS(KPC_OK, kpc_op_cancel(client, op, NULL));
    ended(&seen[3], 1, KPC_ERR_CANCELLED);

    /* The call itself fails: before it returns, on this thread. */
    ERROR(KPC_ERR_ARG_NULL, begin(NULL, KPC_SOON, &done[4], NULL));
    CHECK(seen[4].calls == 0 && seen[4].drops == 1);
    ERROR(KPC_ERR_NOT_CONNECTED, begin(other, KPC_SOON, &done[5], NULL));
    CHECK(seen[5].calls == 0 && seen[5].drops == 1);
    ERROR(KPC_ERR_ARG_VALUE, begin(client, -7, &done[6], &op));
    CHECK(seen[6].calls == 0 && seen[6].drops == 1 && op == 0);
    ERROR(KPC_ERR_ARG_NULL, kpc_write_box_async(client, NULL, &stream.first, NULL, 0, 0, KPC_SOON, &done[7], NULL,
                                                &error));
    CHECK(seen[7].calls == 0 && seen[7].drops == 1);

    /* The end of the client. */
    OK(begin(client, KPC_FOREVER, &done[8], NULL));
    kpc_client_free(client);
    CHECK(kpc_seen_until(&seen[8].drops, 1));
    CHECK(seen[8].calls == 1 && seen[8].drops == 1 && seen[8].status == KPC_ERR_CLOSED);
    kpc_client_free(other);
}

/* Without a function the data is let go of with the result, wherever that goes. */
static void completions_without_a_function(void)
{
    kpc_client *client = kpc_sim_connected(&sim);
    kpc_event_sink *sink = NULL;
    kpc_event *event;
    kpc_seen seen;
    kpc_completion done = kpc_seen_by(&seen);
    kpc_op op = 0;

    done.fn = NULL;
    OK(kpc_next_message_box_index_remote_async(client, &stream.first, KPC_SOON, &done, &op, &error));
    OK(kpc_op_wait(client, op, KPC_SOON, NULL, &error));
    CHECK(kpc_seen_now(&seen.drops) == 0); /* the result is kept */
    kpc_result_free(WAIT_FOR(client, op));
    ended(&seen, 0, KPC_OK);

    seen.drops = 0;
    OK(kpc_event_sink_open(client, 4, &sink, &error));
    done.sink = sink;
    OK(kpc_next_message_box_index_remote_async(client, &stream.first, KPC_SOON, &done, &op, &error));
    event = EVENT_OF(sink, KPC_EVENT_OPERATION);
    CHECK(kpc_seen_now(&seen.drops) == 0);
    kpc_event_free(event);
    ended(&seen, 0, KPC_OK);

    /* Nobody takes it before the sink is closed. */
    seen.drops = 0;
    OK(kpc_next_message_box_index_remote_async(client, &stream.first, KPC_SOON, &done, &op, &error));
    OK(kpc_op_wait(client, op, KPC_SOON, NULL, &error));
    CHECK(kpc_seen_now(&seen.drops) == 0);
    kpc_event_sink_free(sink);
    ended(&seen, 0, KPC_OK);
    /* A sink that is closed takes nothing. */
    seen.drops = 0;
    ERROR(KPC_ERR_BAD_HANDLE, kpc_next_message_box_index_remote_async(client, &stream.first, KPC_SOON, &done, &op,
                                                                      &error));
    CHECK(seen.drops == 1 && op == 0);

    /* Neither function: nothing to do, nothing to forget. */
    memset(&done, 0, sizeof done);
    OK(kpc_next_message_box_index_remote_async(client, &stream.first, KPC_SOON, &done, &op, &error));
    OK(kpc_op_wait(client, op, KPC_SOON, NULL, &error));
    kpc_client_free(client);
}

static void count_event(const kpc_event *event, void *user_data)
{
    CHECK(kpc_event_kind(event) != KPC_EVENT_NONE);
    kpc_seen_one_more(&((kpc_seen *)user_data)->calls);
}

static void event_callbacks(void)
{
    kpc_client *client = kpc_sim_connected(&sim);
    kpc_event_sink *sink = NULL, *second = NULL;
    kpc_seen seen;

    memset(&seen, 0, sizeof seen);
    /* The call fails. */
    ERROR(KPC_ERR_ARG_NULL, kpc_event_sink_on_event(NULL, count_event, &seen, kpc_seen_drop, &error));
    CHECK(seen.drops == 1);
    OK(kpc_event_sink_open(client, 4, &sink, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_event_sink_on_event(sink, NULL, &seen, kpc_seen_drop, &error));
    CHECK(seen.drops == 2);
    /* The sink is closed. */
    OK(kpc_event_sink_on_event(sink, count_event, &seen, kpc_seen_drop, &error));
    CHECK(kpc_seen_until(&seen.calls, 2));
    ERROR(KPC_ERR_BUSY, kpc_event_sink_on_event(sink, count_event, &seen, kpc_seen_drop, &error));
    CHECK(seen.drops == 3);
    kpc_event_sink_free(sink);
    CHECK(kpc_seen_until(&seen.drops, 4));
    ERROR(KPC_ERR_BAD_HANDLE, kpc_event_sink_on_event(sink, count_event, &seen, kpc_seen_drop, &error));
    CHECK(seen.drops == 5);
    /* The client is closed: after the last event, though the sink is still open. */
    OK(kpc_event_sink_open(client, 4, &sink, &error));
    OK(kpc_event_sink_open(client, 4, &second, &error));
    OK(kpc_event_sink_on_event(sink, count_event, &seen, kpc_seen_drop, &error));
    STATUS(KPC_OK, kpc_client_close(client, KPC_FOREVER, NULL));
    CHECK(seen.drops == 6);
    ERROR(KPC_ERR_CLOSED, kpc_event_sink_on_event(sink, count_event, &seen, kpc_seen_drop, &error));
    CHECK(seen.drops == 7);
    kpc_event_sink_free(sink);
    ERROR(KPC_ERR_CLOSED, kpc_event_sink_on_event(second, count_event, &seen, kpc_seen_drop, &error));
    kpc_event_sink_free(second);
    kpc_client_free(client);
    CHECK(kpc_seen_until(&seen.drops, 8));
    CHECK(kpc_seen_now(&seen.drops) == 8);
}

static void no_line(int32_t level, const char *text, void *user_data)
{
    (void)level;
    (void)text;
    (void)user_data;
}

/* A log belongs to the configuration and to each client that was made of it. */
static void logs(void)
{
    kpc_config *config = kpc_sim_config(&sim);
    kpc_client *first = NULL, *second = NULL;
    kpc_seen seen;

    memset(&seen, 0, sizeof seen);
    OK(kpc_config_set_log(config, KPC_LOG_DEBUG, no_line, &seen, kpc_seen_drop, &error));
    OK(kpc_client_new(config, &first, &error));
    OK(kpc_client_new(config, &second, &error));
    kpc_config_free(config);
    OK(kpc_client_connect(first, KPC_SOON, &error));
    kpc_client_free(first);
    CHECK(kpc_seen_now(&seen.drops) == 0);
    kpc_client_free(second);
    CHECK(kpc_seen_until(&seen.drops, 1));
    CHECK(kpc_seen_now(&seen.drops) == 1);
}

int main(void)
{
    kpc_sim_start(&sim, "--instant");
    stream = kpc_test_stream_of(1);
    completions();
    completions_without_a_function();
    event_callbacks();
    logs();
    CHECK(kpc_sim_until(&sim, "arq_entries", 0));
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
