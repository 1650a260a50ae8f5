/* Results, cuts, cancels, time limits and the end of the client race for many operations: each of
 * these completes once and only once, and lets go of its user data once. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

enum { ROUNDS = 6, EACH = 120, KINDS = 4, OPERATIONS = EACH * KINDS };

static kpc_sim sim;
static kpc_client *client;
static kpc_event_sink *sink;
static kpc_service echo;
static pthread_barrier_t barrier;

typedef struct operation {
    int calls;
    int drops;
    int begun;
    kpc_op op;
    kpc_status status;
} operation;

static operation operations[OPERATIONS];
static int over;
static int succeeded;

static void on_completion(const kpc_result *result, void *user_data)
{
    operation *o = (operation *)user_data;
    __atomic_add_fetch(&o->calls, 1, __ATOMIC_SEQ_CST);
    o->status = kpc_result_status(result);
    if (o->status == KPC_OK) {
        kpc_seen_one_more(&succeeded);
    }
    /* Before anything else of it. */
    CHECK(__atomic_load_n(&o->drops, __ATOMIC_SEQ_CST) == 0);
}

static void on_drop(void *user_data)
{
    __atomic_add_fetch(&((operation *)user_data)->drops, 1, __ATOMIC_SEQ_CST);
}

/* One operation of each kind in turn, some with very little time. */
static kpc_status begin(int number, operation *o, const kpc_completion *done)
{
    kpc_test_stream stream = kpc_test_stream_of((uint8_t)number);
    int32_t limit = number % 7 == 0 ? number % 20 : number % 3 == 0 ? 40 : KPC_FOREVER;
    switch (number % KINDS) {
    case 0:
        return kpc_next_message_box_index_remote_async(client, &stream.first, limit, done, &o->op, NULL);
    case 1:
        return kpc_write_box_async(client, &stream.writer, &stream.first, (const uint8_t *)"x", 1, 0, limit, done,
                                   &o->op, NULL);
    case 2:
        return kpc_read_box_async(client, &stream.reader, &stream.first, 0, limit, done, &o->op, NULL);
    default:
        return kpc_send_message_await_reply_async(client, &echo, (const uint8_t *)"x", 1, limit, done, &o->op, NULL);
    }
}

/* Begins everything; completions go to a function, or to the sink, or are kept. */
static void *submit(void *argument)
{
    int kind = *(const int *)argument, i;

    pthread_barrier_wait(&barrier);
    for (i = kind; i < OPERATIONS; i += KINDS) {
        operation *o = &operations[i];
        kpc_completion done;
        kpc_status status;

        memset(&done, 0, sizeof done);
        done.drop = on_drop;
        done.user_data = o;
        if (i / KINDS % 3 != 2) {
            done.fn = on_completion;
        } else {
            done.sink = i / KINDS % 2 == 0 ? sink : NULL;
        }
        status = begin(i, o, &done);
        if (status != KPC_OK) {
            CHECK(status == KPC_ERR_CLOSED || status == KPC_ERR_OFFLINE);
            CHECK(o->op == 0 && o->calls == 0 && o->drops == 1);
        }
        __atomic_store_n(&o->begun, status == KPC_OK ? 1 : -1, __ATOMIC_SEQ_CST);
    }
    return NULL;
}

/* Cancels one in five of those that have begun. */
static void *cancel(void *unused)
{
    int i = 1;
    (void)unused;
    pthread_barrier_wait(&barrier);
    while (!__atomic_load_n(&over, __ATOMIC_SEQ_CST)) {
        operation *o = &operations[i];
        if (__atomic_load_n(&o->begun, __ATOMIC_SEQ_CST) == 1) {
            STATUS(KPC_OK, kpc_op_cancel(client, o->op, NULL));
        }
        i = (i + 5) % OPERATIONS;
    }
    return NULL;
}

/* Every operation that completes into the sink comes out of it once. */
static void *drink(void *unused)
{
    kpc_event *event = NULL;
    (void)unused;
    pthread_barrier_wait(&barrier);
    while (kpc_event_sink_next(sink, KPC_FOREVER, &event, NULL) == KPC_OK) {
        kpc_result *result = NULL;
        if (kpc_event_result(event, &result, NULL) == KPC_OK) {
            int i;
            for (i = 0; i < OPERATIONS; i++) {
                /* The id is written before the completion can come, but not before it is seen here. */
                while (__atomic_load_n(&operations[i].begun, __ATOMIC_SEQ_CST) == 0 &&
                       !__atomic_load_n(&over, __ATOMIC_SEQ_CST)) {
                    kpc_test_nap();
                }
                if (operations[i].op == kpc_result_op(result)) {
                    __atomic_add_fetch(&operations[i].calls, 1, __ATOMIC_SEQ_CST);
                    operations[i].status = kpc_result_status(result);
                }
            }
            kpc_result_free(result);
        }
        kpc_event_free(event);
    }
    return NULL;
}

static void look_at_each(int *good, int *bad)
{
    int i;
    for (i = 0; i < OPERATIONS; i++) {
        operation *o = &operations[i];
        int kept = i / KINDS % 3 == 2 && i / KINDS % 2 != 0;
        if (o->begun != 1) {
            continue;
        }
        if (kept) {
            kpc_result *result = NULL;
            STATUS(KPC_OK, kpc_op_wait(client, o->op, KPC_FOREVER, &result, NULL));
            CHECK(result != NULL);
            o->status = kpc_result_status(result);
            kpc_result_free(result);
        } else if (!CHECK(o->calls == 1)) {
            printf("    operation %d: %d calls\n", i, o->calls);
        }
        CHECK(o->drops == 1);
        *good += o->status == KPC_OK;
        *bad += o->status != KPC_OK;
    }
}

static void a_round(int round, int *good, int *bad)
{
    pthread_t threads[KINDS + 2];
    int kinds[KINDS], i;
    kpc_error *error = NULL;

    memset(operations, 0, sizeof operations);
    over = 0;
    client = kpc_sim_connected(&sim);
    OK(kpc_client_get_service(client, "echo", &echo, &error));
    OK(kpc_event_sink_open(client, 1, &sink, &error));
    CHECK(pthread_barrier_init(&barrier, NULL, KINDS + 3) == 0);
    for (i = 0; i < KINDS; i++) {
        kinds[i] = i;
        CHECK(pthread_create(&threads[i], NULL, submit, &kinds[i]) == 0);
    }
    CHECK(pthread_create(&threads[KINDS], NULL, cancel, NULL) == 0);
    CHECK(pthread_create(&threads[KINDS + 1], NULL, drink, NULL) == 0);
    pthread_barrier_wait(&barrier);
    if (round == 0) {
        /* However slow the machine is, the race is also with success. */
        CHECK(kpc_seen_until(&succeeded, 1));
    }
    for (i = 0; i < 3 + round; i++) {
        kpc_sim_say(&sim, i % 3 == 2 ? "restart" : i % 3 == 1 ? "cut-mid-frame" : "cut");
        /* Some operations complete between two cuts, some do not: time is what is raced with. */
        kpc_test_nap();
    }
    if (round % 2 == 0) {
        for (i = 0; i < KINDS; i++) {
            CHECK(pthread_join(threads[i], NULL) == 0);
        }
    }
    STATUS(KPC_OK, kpc_client_close(client, KPC_FOREVER, NULL));
    if (round % 2 != 0) {
        for (i = 0; i < KINDS; i++) {
            CHECK(pthread_join(threads[i], NULL) == 0);
        }
    }
    __atomic_store_n(&over, 1, __ATOMIC_SEQ_CST);
    CHECK(pthread_join(threads[KINDS], NULL) == 0);
    CHECK(pthread_join(threads[KINDS + 1], NULL) == 0);
    look_at_each(good, bad);
    pthread_barrier_destroy(&barrier);
    kpc_event_sink_free(sink);
    kpc_client_free(client);
}

int main(void)
{
    int round, good = 0, bad = 0;

    kpc_sim_start(&sim, "--instant --grace 1");
    for (round = 0; round < ROUNDS; round++) {
        a_round(round, &good, &bad);
    }
    printf("%d succeeded, %d ended otherwise\n", good, bad);
    CHECK(good > 0 && bad > 0);
    /* The daemon goes on with nothing, once it has noticed that the lost sessions are lost. */
    CHECK(kpc_sim_until(&sim, "sessions", 0));
    CHECK(kpc_sim_until(&sim, "arq_entries", 0));
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
