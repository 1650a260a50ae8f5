/* Operations: their ids, waiting for them, cancelling them, and results that are handed out once. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

static kpc_error *error;
static kpc_sim sim;
static kpc_client *client;
static kpc_test_stream stream;

/* The read of a box that nobody writes. */
static kpc_op endless_read(int32_t timeout_ms, const kpc_completion *done)
{
    kpc_op op = 0;
    OK(kpc_read_box_async(client, &stream.reader, &stream.first, 0, timeout_ms, done, &op, &error));
    return op;
}

static kpc_op write_number(uint8_t number, const kpc_completion *done)
{
    kpc_test_stream own = kpc_test_stream_of(number);
    kpc_op op = 0;
    OK(kpc_write_box_async(client, &own.writer, &own.first, &number, 1, 0, KPC_SOON, done, &op, &error));
    return op;
}

/* Ids are never 0, never used twice, and belong to one client. */
static void ids(void)
{
    kpc_client *other = kpc_sim_client(&sim);
    kpc_op ops[8];
    int i, k;

    for (i = 0; i < 8; i++) {
        ops[i] = endless_read(KPC_FOREVER, NULL);
        CHECK(ops[i] != 0);
        for (k = 0; k < i; k++) {
            CHECK(ops[k] != ops[i]);
        }
    }
    STATUS(KPC_ERR_ARG_VALUE, kpc_op_cancel(client, 0, NULL));
    STATUS(KPC_ERR_ARG_VALUE, kpc_op_cancel(client, ops[7] + 1000, NULL));
    STATUS(KPC_ERR_ARG_VALUE, kpc_op_cancel(client, UINT64_MAX, NULL));
    STATUS(KPC_ERR_ARG_VALUE, kpc_op_cancel(other, ops[7], NULL));
    ERROR(KPC_ERR_ARG_VALUE, kpc_op_wait(client, 0, KPC_FOREVER, NULL, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_op_wait(client, UINT64_MAX, KPC_FOREVER, NULL, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_op_wait(other, ops[7], KPC_FOREVER, NULL, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_op_wait(client, ops[7], -2, NULL, &error));
    kpc_client_free(other);

    /* All at once; the last first, so that nothing depends on the order. */
    for (i = 7; i >= 0; i--) {
        STATUS(KPC_OK, kpc_op_cancel(client, ops[i], NULL));
    }
    for (i = 0; i < 8; i++) {
        kpc_result *result = WAIT_FOR(client, ops[i]);
        STATUS(KPC_ERR_CANCELLED, kpc_result_status(result));
        kpc_result_free(result);
    }
    CHECK(kpc_sim_until(&sim, "arq_entries", 0));
}

/* A result is handed out once, to whoever asks first; the operation stays over. */
static void results_are_fetched_once(void)
{
    kpc_op op = write_number(50, NULL);
    kpc_result *result = NULL, *second = NULL;
    kpc_box_index next;
    kpc_buffer *plaintext = NULL;

    OK(kpc_op_wait(client, op, KPC_SOON, &result, &error));
    CHECK(result != NULL);
    OK(kpc_op_wait(client, op, KPC_FOREVER, &second, &error));
    CHECK(second == NULL);
    STATUS(KPC_OK, kpc_op_cancel(client, op, NULL));
    STATUS(KPC_OK, kpc_result_status(result));
    CHECK(kpc_result_error(result) == NULL);

    /* It may be asked as often as one likes, but only by the function of its call. */
    OK(kpc_write_box_result(result, &next, &error));
    OK(kpc_write_box_result(result, &next, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_read_box_result(result, &plaintext, &next, &error));
    CHECK(plaintext == NULL && kpc_test_filled(&next, 0, sizeof next));
    ERROR(KPC_ERR_ARG_VALUE, kpc_client_connect_result(result, &error));
    kpc_result_free(result);
    kpc_result_free(result);
    ERROR(KPC_ERR_BAD_HANDLE, kpc_write_box_result(result, &next, &error));
    STATUS(KPC_ERR_BAD_HANDLE, kpc_result_status(result));
    CHECK(kpc_result_op(result) == 0 && kpc_result_error(result) == NULL);
}

/* A failed operation says how to the function that it is for, and to those for any result. */
static void failures_are_told(void)
{
    kpc_op op = endless_read(20, NULL);
    kpc_result *result = WAIT_FOR(client, op);
    kpc_buffer *plaintext = NULL;
    kpc_box_index next;
    kpc_error *told;

    STATUS(KPC_ERR_TIMEOUT, kpc_result_status(result));
    told = kpc_result_error(result);
    CHECK(kpc_error_status(told) == KPC_ERR_TIMEOUT);
    kpc_error_free(told);
    ERROR(KPC_ERR_TIMEOUT, kpc_read_box_result(result, &plaintext, &next, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_write_box_result(result, &next, &error));
    CHECK(plaintext == NULL && kpc_test_filled(&next, 0, sizeof next));
    kpc_result_free(result);
    CHECK(kpc_sim_until(&sim, "arq_entries", 0));
}

/* Numbers of operations are a client's own, so a sink takes completions of its client alone. */
static void sinks_of_another_client(void)
{
    kpc_client *other = kpc_sim_connected(&sim);
    kpc_event_sink *sink = NULL;
    kpc_seen seen;
    kpc_completion done = kpc_seen_by(&seen);
    kpc_op op = 77;

    OK(kpc_event_sink_open(other, 8, &sink, &error));
    done.fn = NULL;
    done.sink = sink;
    ERROR(KPC_ERR_BAD_HANDLE, kpc_read_box_async(client, &stream.reader, &stream.first, 0, KPC_FOREVER, &done, &op, &error));
    CHECK(op == 0 && seen.drops == 1);
    /* Beside a function it is not looked at. */
    done = kpc_seen_by(&seen);
    done.sink = sink;
    OK(kpc_next_message_box_index_remote_async(client, &stream.first, KPC_SOON, &done, &op, &error));
    CHECK(kpc_seen_until(&seen.drops, 1));
    CHECK(seen.calls == 1 && seen.op == op && seen.status == KPC_OK);
    kpc_event_sink_free(sink);
    kpc_client_free(other);
}

/* Waiting tells that an operation is over, wherever its completion goes. */
static void op_wait(void)
{
    kpc_event_sink *sink = NULL;
    kpc_completion to_sink;
    kpc_result *result = (kpc_result *)(uintptr_t)1;
    kpc_event *event;
    kpc_seen seen;
    kpc_completion done = kpc_seen_by(&seen);
    kpc_op op = endless_read(KPC_FOREVER, &done);

    ERROR(KPC_ERR_TIMEOUT, kpc_op_wait(client, op, KPC_NO_WAIT, &result, &error));
    CHECK(result == NULL);
    ERROR(KPC_ERR_TIMEOUT, kpc_op_wait(client, op, 30, NULL, &error));
    STATUS(KPC_OK, kpc_op_cancel(client, op, NULL));
    STATUS(KPC_OK, kpc_op_cancel(client, op, NULL));
    OK(kpc_op_wait(client, op, KPC_SOON, &result, &error));
    CHECK(result == NULL);
    CHECK(kpc_seen_until(&seen.drops, 1));
    CHECK(seen.calls == 1 && seen.op == op && seen.status == KPC_ERR_CANCELLED);

    memset(&to_sink, 0, sizeof to_sink);
    OK(kpc_event_sink_open(client, 8, &sink, &error));
    to_sink.sink = sink;
    op = write_number(51, &to_sink);
    OK(kpc_op_wait(client, op, KPC_SOON, &result, &error));
    CHECK(result == NULL);
    event = EVENT_OF(sink, KPC_EVENT_OPERATION);
    OK(kpc_event_result(event, &result, &error));
    CHECK(kpc_result_op(result) == op);
    STATUS(KPC_OK, kpc_result_status(result));
    kpc_result_free(result);
    kpc_event_free(event);
    kpc_event_sink_free(sink);

    /* Without a place for the result it stays for whoever has one. */
    op = write_number(52, NULL);
    OK(kpc_op_wait(client, op, KPC_SOON, NULL, &error));
    OK(kpc_op_wait(client, op, KPC_SOON, &result, &error));
    CHECK(kpc_result_op(result) == op);
    kpc_result_free(result);
}

static void *wait_for_it(void *argument)
{
    kpc_op op = *(const kpc_op *)argument;
    kpc_result *result = NULL;
    STATUS(KPC_OK, kpc_op_wait(client, op, KPC_SOON, &result, NULL));
    return result;
}

/* Of several that wait for one operation all wake up and one gets the result. */
static void waiting_together(void)
{
    pthread_t threads[4];
    kpc_op op = endless_read(KPC_FOREVER, NULL);
    int i, got = 0;

    for (i = 0; i < 4; i++) {
        CHECK(pthread_create(&threads[i], NULL, wait_for_it, &op) == 0);
    }
    STATUS(KPC_OK, kpc_op_cancel(client, op, NULL));
    for (i = 0; i < 4; i++) {
        void *result = NULL;
        CHECK(pthread_join(threads[i], &result) == 0);
        got += result != NULL;
        kpc_result_free((kpc_result *)result);
    }
    CHECK(got == 1);
}

/* Results that nobody fetches are kept up to a number; then the oldest go. */
static void unfetched_results_are_bounded(void)
{
    enum { KEPT = 1024, MORE = 6 };
    static kpc_op ops[KEPT + MORE];
    kpc_result *result = NULL;
    int i, live;

    for (i = 0; i < KEPT + MORE; i++) {
        OK(kpc_next_message_box_index_remote_async(client, &stream.first, KPC_SOON, NULL, &ops[i], &error));
    }
    OK(kpc_op_wait(client, ops[KEPT + MORE - 1], KPC_SOON, &result, &error));
    CHECK(result != NULL);
    kpc_result_free(result);
    for (live = 0, i = 0; i < KEPT + MORE - 1; i++) {
        OK(kpc_op_wait(client, ops[i], KPC_SOON, &result, &error));
        live += result != NULL;
        CHECK((result != NULL) == (i >= MORE) || i == MORE - 1);
        kpc_result_free(result);
    }
    CHECK(live == KEPT || live == KEPT - 1);
}

/* The same envelope is in flight once, and can be ended by its hash. */
static void cancel_resending_encrypted_message(void)
{
    kpc_envelope *envelope = NULL;
    kpc_hash hash;
    kpc_seen seen;
    kpc_completion done = kpc_seen_by(&seen);

    OK(kpc_encrypt_read(client, &stream.reader, &stream.first, KPC_SOON, &envelope, &error));
    OK(kpc_envelope_hash(envelope, &hash, &error));
    OK(kpc_start_resending_encrypted_message_async(client, &stream.reader, NULL, &stream.first, -1, envelope, 0,
                                                   KPC_FOREVER, &done, NULL, &error));
    ERROR(KPC_ERR_BUSY, kpc_start_resending_encrypted_message(client, &stream.reader, NULL, &stream.first, -1,
                                                              envelope, 0, KPC_SOON, NULL, NULL, &error));
    OK(kpc_cancel_resending_encrypted_message(client, &hash, KPC_SOON, &error));
    CHECK(kpc_seen_until(&seen.drops, 1));
    CHECK(seen.calls == 1 && seen.status == KPC_ERR_START_RESENDING_CANCELLED);
    /* Nothing is in flight under it now, which is no failure. */
    OK(kpc_cancel_resending_encrypted_message(client, &hash, KPC_SOON, &error));
    CHECK(kpc_sim_until(&sim, "arq_entries", 0));
    kpc_envelope_free(envelope);
}

/* With the daemon away the caller is told at once, and nothing of it is sent when it is back. */
static void op_cancel(void)
{
    kpc_envelope *envelope = NULL;
    kpc_event_sink *sink = NULL;
    kpc_result *result;
    kpc_hash hash;
    kpc_op by_hash = 0, by_number;
    long begun = kpc_sim_count(&sim, "start_resending_encrypted_message");

    OK(kpc_encrypt_read(client, &stream.reader, &stream.first, KPC_SOON, &envelope, &error));
    OK(kpc_envelope_hash(envelope, &hash, &error));
    OK(kpc_event_sink_open(client, 16, &sink, &error));
    OK(kpc_start_resending_encrypted_message_async(client, &stream.reader, NULL, &stream.first, -1, envelope, 0,
                                                   KPC_FOREVER, NULL, &by_hash, &error));
    by_number = endless_read(KPC_FOREVER, NULL);
    CHECK(kpc_sim_at_least(&sim, "start_resending_encrypted_message", begun + 2));
    kpc_sim_say(&sim, "down");
    kpc_sim_say(&sim, "cut");
    kpc_event_free(EVENT_OF(sink, KPC_EVENT_DISCONNECTED));
    kpc_event_sink_free(sink);

    OK(kpc_cancel_resending_encrypted_message(client, &hash, KPC_SOON, &error));
    result = WAIT_FOR(client, by_hash);
    STATUS(KPC_ERR_START_RESENDING_CANCELLED, kpc_result_status(result));
    kpc_result_free(result);
    STATUS(KPC_OK, kpc_op_cancel(client, by_number, NULL));
    result = WAIT_FOR(client, by_number);
    STATUS(KPC_ERR_CANCELLED, kpc_result_status(result));
    kpc_result_free(result);
    CHECK(!kpc_client_is_attached(client));
    kpc_sim_say(&sim, "up");
    OK(kpc_client_flush(client, KPC_SOON, &error));
    CHECK(kpc_sim_until(&sim, "arq_entries", 0));
    kpc_envelope_free(envelope);
}

/* A polling call takes what is there, which for the daemon's answer is nothing. */
static void polling(void)
{
    kpc_box_index next;
    ERROR(KPC_ERR_TIMEOUT, kpc_next_message_box_index_remote(client, &stream.first, KPC_NO_WAIT, &next, &error));
    ERROR(KPC_ERR_TIMEOUT, kpc_read_box(client, &stream.reader, &stream.first, 0, KPC_NO_WAIT, &(kpc_buffer *){NULL},
                                        &next, &error));
    OK(kpc_client_flush(client, KPC_SOON, &error));
    CHECK(kpc_sim_until(&sim, "arq_entries", 0));
}

int main(void)
{
    kpc_sim_start(&sim, "--instant --grace 1");
    client = kpc_sim_connected(&sim);
    stream = kpc_test_stream_of(1);
    ids();
    results_are_fetched_once();
    failures_are_told();
    op_wait();
    sinks_of_another_client();
    waiting_together();
    unfetched_results_are_bounded();
    cancel_resending_encrypted_message();
    polling();
    op_cancel();
    kpc_client_free(client);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
