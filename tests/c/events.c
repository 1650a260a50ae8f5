/* Events, drunk in three ways from several sinks: in order, bounded, counted where they are lost. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

static kpc_error *error;
static kpc_sim sim;
static kpc_test_stream stream;

static kpc_event_sink *open_sink(kpc_client *client, size_t capacity)
{
    kpc_event_sink *sink = NULL;
    OK(kpc_event_sink_open(client, capacity, &sink, &error));
    return sink;
}

static kpc_event *next(kpc_event_sink *sink)
{
    kpc_event *event = NULL;
    OK(kpc_event_sink_next(sink, KPC_SOON, &event, &error));
    return event;
}

static void expect(kpc_event_sink *sink, int32_t kind)
{
    kpc_event *event = next(sink);
    int32_t found = kpc_event_kind(event);
    if (!CHECK(found == kind)) {
        printf("    event %d, not %d\n", (int)found, (int)kind);
    }
    kpc_event_free(event);
}

static void nothing_more(kpc_event_sink *sink)
{
    kpc_event *event = (kpc_event *)(uintptr_t)1;
    ERROR(KPC_ERR_TIMEOUT, kpc_event_sink_next(sink, KPC_NO_WAIT, &event, &error));
    CHECK(event == NULL);
}

static int is_readable(kpc_event_sink *sink, int timeout_ms)
{
    struct pollfd fd = {kpc_event_sink_fd(sink), POLLIN, 0};
    CHECK(fd.fd >= 0);
    return poll(&fd, 1, timeout_ms) == 1 && (fd.revents & POLLIN) != 0;
}

/* What an event does not have it does not make up. */
static void has_no_more(const kpc_event *event, int32_t kind)
{
    kpc_id id;
    kpc_buffer *payload = NULL;
    kpc_pki_document *document = NULL;
    kpc_result *result = NULL;

    if (kind != KPC_EVENT_CONNECTION_STATUS) {
        ERROR(KPC_ERR_ARG_VALUE, kpc_event_instance_token(event, &id, &error));
        CHECK(!kpc_event_is_connected(event));
    }
    ERROR(KPC_ERR_ARG_VALUE, kpc_event_message_id(event, &id, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_event_surb_id(event, &id, &error));
    if (kind != KPC_EVENT_PKI_DOCUMENT) {
        ERROR(KPC_ERR_ARG_VALUE, kpc_event_payload(event, &payload, &error));
        ERROR(KPC_ERR_ARG_VALUE, kpc_event_pki_document(event, &document, &error));
    }
    ERROR(KPC_ERR_ARG_VALUE, kpc_event_result(event, &result, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_event_err_cbor(event, &payload, &error));
    CHECK(payload == NULL && document == NULL && result == NULL);
    CHECK(kpc_event_lost_count(event) == 0);
    CHECK(kpc_event_sent_at_unix(event) == 0 && kpc_event_reply_eta_ns(event) == 0);
    CHECK(kpc_event_reply_index(event) == -1);
}

/* A sink begins with what is known, if anything is. */
static void event_sink_open(void)
{
    kpc_client *client = kpc_sim_client(&sim);
    kpc_event_sink *early = open_sink(client, 8), *late;
    kpc_event *event;
    kpc_id token, told;
    kpc_pki_document *document, *current = NULL;
    kpc_buffer *payload = NULL, *cbor = NULL;

    nothing_more(early);
    OK(kpc_client_connect(client, KPC_SOON, &error));
    late = open_sink(client, 8);

    event = next(early);
    CHECK(kpc_event_kind(event) == KPC_EVENT_CONNECTION_STATUS && kpc_event_is_connected(event));
    OK(kpc_event_instance_token(event, &told, &error));
    OK(kpc_client_daemon_token(client, &token, &error));
    CHECK(memcmp(&token, &told, sizeof token) == 0);
    has_no_more(event, KPC_EVENT_CONNECTION_STATUS);
    kpc_event_free(event);

    event = next(early);
    CHECK(kpc_event_kind(event) == KPC_EVENT_PKI_DOCUMENT);
    has_no_more(event, KPC_EVENT_PKI_DOCUMENT);
    OK(kpc_event_pki_document(event, &document, &error));
    OK(kpc_event_payload(event, &payload, &error));
    OK(kpc_pki_document_cbor(document, &cbor, &error));
    CHECK(kpc_buffer_len(cbor) == kpc_buffer_len(payload));
    CHECK(memcmp(kpc_buffer_data(cbor), kpc_buffer_data(payload), kpc_buffer_len(cbor)) == 0);
    OK(kpc_client_pki_document(client, &current, &error));
    CHECK(kpc_pki_document_epoch(document) == kpc_pki_document_epoch(current));
    kpc_event_free(event);
    /* What was taken out of an event does not go with it. */
    CHECK(kpc_buffer_len(payload) > 100 && kpc_pki_document_epoch(document) != 0);
    kpc_buffer_free(payload);
    kpc_buffer_free(cbor);
    kpc_pki_document_free(document);
    kpc_pki_document_free(current);

    event = next(late);
    CHECK(kpc_event_kind(event) == KPC_EVENT_CONNECTION_STATUS && kpc_event_is_connected(event));
    OK(kpc_event_instance_token(event, &told, &error));
    CHECK(memcmp(&token, &told, sizeof token) == 0);
    kpc_event_free(event);
    expect(late, KPC_EVENT_PKI_DOCUMENT);
    nothing_more(early);
    nothing_more(late);

    STATUS(KPC_OK, kpc_client_close(client, KPC_FOREVER, NULL));
    expect(early, KPC_EVENT_CLOSED);
    ERROR(KPC_ERR_CLOSED, kpc_event_sink_next(early, KPC_FOREVER, &event, &error));
    kpc_client_free(client);
    expect(late, KPC_EVENT_CLOSED);
    ERROR(KPC_ERR_CLOSED, kpc_event_sink_next(late, KPC_NO_WAIT, &event, &error));
    kpc_event_sink_free(early);
    kpc_event_sink_free(late);
    ERROR(KPC_ERR_BAD_HANDLE, kpc_event_sink_next(late, KPC_NO_WAIT, &event, &error));
    CHECK(kpc_event_sink_fd(late) == -1);
}

/* Each event once, in order, for who comes first; without one it waits as long as it was told. */
static void event_sink_next(void)
{
    kpc_client *client = kpc_sim_connected(&sim);
    kpc_event_sink *sink = open_sink(client, 8), *other = open_sink(client, 8);
    kpc_event *event = (kpc_event *)(uintptr_t)1;
    int64_t begun;
    int i;

    expect(sink, KPC_EVENT_CONNECTION_STATUS);
    expect(sink, KPC_EVENT_PKI_DOCUMENT);
    nothing_more(sink);
    begun = kpc_test_now_ms();
    ERROR(KPC_ERR_TIMEOUT, kpc_event_sink_next(sink, 50, &event, &error));
    CHECK(event == NULL && kpc_test_now_ms() - begun >= 49);
    ERROR(KPC_ERR_ARG_VALUE, kpc_event_sink_next(sink, -2, &event, &error));
    for (i = 0; i < 4; i++) {
        kpc_sim_say(&sim, i % 2 == 0 ? "offline" : "online");
        event = next(sink);
        CHECK(kpc_event_is_connected(event) == (i % 2 == 1));
        kpc_event_free(event);
        kpc_event_free(event);
        CHECK(kpc_event_kind(event) == KPC_EVENT_NONE);
    }
    /* What one sink gave is still there for the other. */
    expect(other, KPC_EVENT_CONNECTION_STATUS);
    expect(other, KPC_EVENT_PKI_DOCUMENT);
    for (i = 0; i < 4; i++) {
        expect(other, KPC_EVENT_CONNECTION_STATUS);
    }
    nothing_more(other);
    kpc_event_sink_free(sink);
    kpc_event_sink_free(other);
    kpc_client_free(client);
}

/* The descriptor is readable exactly while there is something to take. */
static void the_descriptor(void)
{
    kpc_client *client = kpc_sim_client(&sim);
    kpc_event_sink *sink = open_sink(client, 8);
    int fd = kpc_event_sink_fd(sink);

    CHECK(fd >= 0 && kpc_event_sink_fd(sink) == fd);
    CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    CHECK(!is_readable(sink, 0));
    OK(kpc_client_connect(client, KPC_SOON, &error));
    CHECK(is_readable(sink, KPC_SOON));
    expect(sink, KPC_EVENT_CONNECTION_STATUS);
    expect(sink, KPC_EVENT_PKI_DOCUMENT);
    CHECK(!is_readable(sink, 0));
    kpc_sim_say(&sim, "offline");
    CHECK(is_readable(sink, KPC_SOON) && is_readable(sink, 0));
    expect(sink, KPC_EVENT_CONNECTION_STATUS);
    CHECK(!is_readable(sink, 0));
    kpc_sim_say(&sim, "online");
    expect(sink, KPC_EVENT_CONNECTION_STATUS);
    STATUS(KPC_OK, kpc_client_close(client, KPC_FOREVER, NULL));
    CHECK(is_readable(sink, 0));
    expect(sink, KPC_EVENT_CLOSED);
    kpc_event_sink_free(sink);
    kpc_client_free(client);
    /* It is gone with its sink. */
    CHECK(fcntl(fd, F_GETFD) == -1);
}

static int32_t kinds[64];
static int taken;
static int dropped;

static void on_event(const kpc_event *event, void *user_data)
{
    CHECK(user_data == &taken);
    if (taken < 64) {
        kinds[taken] = kpc_event_kind(event);
    }
    kpc_seen_one_more(&taken);
}

static void on_drop(void *user_data)
{
    CHECK(user_data == &taken);
    kpc_seen_one_more(&dropped);
}

/* A callback, a waiting thread and a polling one each see everything, in the same order. */
static void three_sinks_see_the_same(void)
{
    kpc_client *client = kpc_sim_connected(&sim);
    kpc_event_sink *called = open_sink(client, 32);
    kpc_event_sink *awaited = open_sink(client, 32);
    kpc_event_sink *polled = open_sink(client, 32);
    kpc_event *event = NULL;
    int i, count = 0;

    OK(kpc_event_sink_on_event(called, on_event, &taken, on_drop, &error));
    ERROR(KPC_ERR_BUSY, kpc_event_sink_next(called, KPC_NO_WAIT, &event, &error));
    kpc_sim_say(&sim, "offline");
    kpc_event_free(EVENT_OF(awaited, KPC_EVENT_CONNECTION_STATUS));
    kpc_event_free(EVENT_OF(awaited, KPC_EVENT_PKI_DOCUMENT));
    kpc_event_free(EVENT_OF(awaited, KPC_EVENT_CONNECTION_STATUS));
    kpc_sim_say(&sim, "online");
    kpc_event_free(EVENT_OF(awaited, KPC_EVENT_CONNECTION_STATUS));
    kpc_sim_say(&sim, "cut");
    kpc_event_free(EVENT_OF(awaited, KPC_EVENT_DISCONNECTED));
    kpc_event_free(EVENT_OF(awaited, KPC_EVENT_RESUMED));
    STATUS(KPC_OK, kpc_client_close(client, KPC_FOREVER, NULL));
    kpc_event_free(EVENT_OF(awaited, KPC_EVENT_CLOSED));

    CHECK(kpc_seen_until(&dropped, 1));
    do {
        CHECK(is_readable(polled, KPC_SOON));
        event = NULL;
        OK(kpc_event_sink_next(polled, KPC_NO_WAIT, &event, &error));
        CHECK(count < taken && kinds[count] == kpc_event_kind(event));
        count++;
        i = kpc_event_kind(event);
        kpc_event_free(event);
    } while (i != KPC_EVENT_CLOSED && count < 64);
    CHECK(count == taken && dropped == 1);
    kpc_event_sink_free(called);
    kpc_event_sink_free(awaited);
    kpc_event_sink_free(polled);
    kpc_client_free(client);
}

/* What a slow reader loses is the oldest, and is counted; what belongs to its work is not lost. */
static void losses_are_counted(void)
{
    enum { TIMES = 20, OPERATIONS = 100 };
    kpc_client *client = kpc_sim_connected(&sim);
    kpc_event_sink *slow = open_sink(client, 3);
    kpc_event_sink *quick = open_sink(client, 64);
    kpc_completion done;
    kpc_event *event = NULL;
    kpc_op ops[OPERATIONS], last = 0;
    int i, notices = 0, completions = 0;
    uint64_t lost = 0;

    memset(&done, 0, sizeof done);
    done.sink = slow;
    for (i = 0; i < OPERATIONS; i++) {
        OK(kpc_next_message_box_index_remote_async(client, &stream.first, KPC_SOON, &done, &ops[i], &error));
        OK(kpc_op_wait(client, ops[i], KPC_SOON, NULL, &error));
        if (i % (OPERATIONS / TIMES) == 0) {
            kpc_sim_say(&sim, (i / (OPERATIONS / TIMES)) % 2 == 0 ? "offline" : "online");
            kpc_event_free(EVENT_OF(quick, KPC_EVENT_CONNECTION_STATUS));
        }
    }
    while (kpc_event_sink_next(slow, KPC_NO_WAIT, &event, NULL) == KPC_OK) {
        if (kpc_event_kind(event) == KPC_EVENT_OPERATION) {
            kpc_result *result = NULL;
            OK(kpc_event_result(event, &result, &error));
            CHECK(kpc_result_op(result) > last);
            last = kpc_result_op(result);
            STATUS(KPC_OK, kpc_result_status(result));
            kpc_result_free(result);
            completions++;
        } else if (kpc_event_kind(event) == KPC_EVENT_OVERFLOW) {
            CHECK(kpc_event_lost_count(event) > 0);
            lost += kpc_event_lost_count(event);
        } else {
            notices++;
        }
        kpc_event_free(event);
    }
    CHECK(completions == OPERATIONS);
    CHECK(notices == 3);
    /* The status and the document of the beginning, and one status for each change. */
    kpc_event_free(EVENT_OF(quick, KPC_EVENT_CONNECTION_STATUS));
    CHECK(lost + 3 == 2 + TIMES);
    kpc_event_sink_free(slow);
    kpc_event_sink_free(quick);
    kpc_client_free(client);
}

typedef struct drinker {
    kpc_event_sink *sink;
    kpc_status status;
    int closed_events;
} drinker;

static int waiting_now;

static void *drink_until_it_ends(void *argument)
{
    drinker *d = (drinker *)argument;
    kpc_event *event = NULL;
    kpc_seen_one_more(&waiting_now);
    while ((d->status = kpc_event_sink_next(d->sink, KPC_FOREVER, &event, NULL)) == KPC_OK) {
        d->closed_events += kpc_event_kind(event) == KPC_EVENT_CLOSED;
        kpc_event_free(event);
    }
    return NULL;
}

/* Threads that wait for ever for an event are let go when the sink is closed, or the client ends. */
static void event_sink_free(int by_client)
{
    kpc_client *client = kpc_sim_connected(&sim);
    drinker drinkers[4];
    pthread_t threads[4];
    kpc_event_sink *sink = open_sink(client, 8);
    kpc_event *event = NULL;
    int i, closed_events = 0;

    waiting_now = 0;
    for (i = 0; i < 4; i++) {
        drinkers[i].sink = sink;
        drinkers[i].closed_events = 0;
        CHECK(pthread_create(&threads[i], NULL, drink_until_it_ends, &drinkers[i]) == 0);
    }
    CHECK(kpc_seen_until(&waiting_now, 4));
    if (by_client) {
        kpc_client_free(client);
    } else {
        kpc_event_sink_free(sink);
    }
    for (i = 0; i < 4; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
        CHECK(drinkers[i].status == KPC_ERR_CLOSED || (!by_client && drinkers[i].status == KPC_ERR_BAD_HANDLE));
        closed_events += drinkers[i].closed_events;
    }
    CHECK(closed_events == (by_client ? 1 : 0));
    kpc_event_sink_free(sink);
    ERROR(KPC_ERR_BAD_HANDLE, kpc_event_sink_next(sink, KPC_NO_WAIT, &event, &error));
    kpc_client_free(client);
}

/* Threads that wait learn that a callback takes everything from now on. */
static void a_callback_takes_over(void)
{
    kpc_client *client = kpc_sim_client(&sim);
    drinker drinkers[3];
    pthread_t threads[3];
    kpc_event_sink *sink = open_sink(client, 8);
    int i;

    waiting_now = 0;
    taken = 0;
    dropped = 0;
    for (i = 0; i < 3; i++) {
        drinkers[i].sink = sink;
        drinkers[i].closed_events = 0;
        CHECK(pthread_create(&threads[i], NULL, drink_until_it_ends, &drinkers[i]) == 0);
    }
    CHECK(kpc_seen_until(&waiting_now, 3));
    OK(kpc_event_sink_on_event(sink, on_event, &taken, on_drop, &error));
    for (i = 0; i < 3; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
        STATUS(KPC_ERR_BUSY, drinkers[i].status);
    }
    kpc_client_free(client);
    CHECK(kpc_seen_until(&dropped, 1));
    CHECK(taken == 1 && kinds[0] == KPC_EVENT_CLOSED);
    kpc_event_sink_free(sink);
}

int main(void)
{
    kpc_sim_start(&sim, "--instant --epoch 3600");
    stream = kpc_test_stream_of(1);
    event_sink_open();
    event_sink_next();
    the_descriptor();
    three_sinks_see_the_same();
    losses_are_counted();
    event_sink_free(0);
    event_sink_free(1);
    a_callback_takes_over();
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
