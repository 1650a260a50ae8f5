/* Inside a callback: everything may be called, what waits for the same client says that it would
 * never end, and the client may be closed and freed. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

static kpc_error *error;
static kpc_sim sim;
static kpc_test_stream stream;

/* What a callback does with its client, and what it saw. */
typedef struct scene {
    kpc_client *client;
    kpc_client *other;
    kpc_event_sink *sink;
    kpc_op op;
    void (*act)(struct scene *scene);
    int calls;
    int drops;
    pthread_t thread;
} scene;

static void on_completion(const kpc_result *result, void *user_data)
{
    scene *s = (scene *)user_data;
    CHECK(kpc_result_status(result) != KPC_ERR_BAD_HANDLE);
    s->thread = pthread_self();
    if (s->act != NULL) {
        s->act(s);
    }
    kpc_seen_one_more(&s->calls);
}

static void on_event(const kpc_event *event, void *user_data)
{
    scene *s = (scene *)user_data;
    CHECK(kpc_event_kind(event) != KPC_EVENT_NONE);
    if (s->calls == 0 && s->act != NULL) {
        s->act(s);
    }
    kpc_seen_one_more(&s->calls);
}

static void on_drop(void *user_data)
{
    kpc_seen_one_more(&((scene *)user_data)->drops);
}

static kpc_completion completion_of(scene *s)
{
    kpc_completion done;
    memset(&done, 0, sizeof done);
    done.fn = on_completion;
    done.drop = on_drop;
    done.user_data = s;
    return done;
}

/* Runs the scene's act in a completion of its client. */
static void begin(scene *s)
{
    kpc_completion done = completion_of(s);
    OK(kpc_next_message_box_index_remote_async(s->client, &stream.first, KPC_SOON, &done, NULL, &error));
}

/* Each function that waits, in a callback of its own client. */
static void all_that_waits(scene *s)
{
    const uint8_t bytes[32] = {1};
    kpc_client *client = s->client;
    kpc_error *error = NULL;
    kpc_hash hash;
    kpc_service echo;
    kpc_box_index next;
    kpc_write_cap writer;
    kpc_read_cap reader;
    kpc_buffer *buffer = NULL;
    kpc_envelope *sealed = NULL;
    kpc_event *event = NULL;
    uint64_t number = 0;

    memset(&hash, 7, sizeof hash);
    OK(kpc_client_get_service(client, "echo", &echo, &error));
#define REFUSED(call) ERROR(KPC_ERR_WOULD_DEADLOCK, call)
    REFUSED(kpc_client_flush(client, KPC_SOON, &error));
    REFUSED(kpc_send_message_await_reply(client, &echo, bytes, 32, KPC_SOON, &buffer, &error));
    REFUSED(kpc_write_box(client, &stream.writer, &stream.first, bytes, 32, 0, KPC_SOON, &next, &error));
    REFUSED(kpc_read_box(client, &stream.reader, &stream.first, 0, KPC_SOON, &buffer, &next, &error));
    REFUSED(kpc_tombstone_box(client, &stream.writer, &stream.first, KPC_SOON, &next, &error));
    REFUSED(kpc_encrypt_read(client, &stream.reader, &stream.first, KPC_SOON, &sealed, &error));
    REFUSED(kpc_encrypt_write(client, &stream.writer, &stream.first, bytes, 32, KPC_SOON, &sealed, &error));
    REFUSED(kpc_cancel_resending_encrypted_message(client, &hash, KPC_SOON, &error));
    REFUSED(kpc_start_resending_copy_command(client, &stream.writer, NULL, KPC_SOON, &error));
    REFUSED(kpc_cancel_resending_copy_command(client, &hash, KPC_SOON, &error));
    REFUSED(kpc_new_keypair_remote(client, bytes, 32, KPC_SOON, &writer, &reader, &next, &error));
    REFUSED(kpc_next_message_box_index_remote(client, &stream.first, KPC_SOON, &next, &error));
    REFUSED(kpc_get_message_box_index_counter_remote(client, &stream.first, KPC_SOON, &number, &error));
    REFUSED(kpc_get_pki_document_raw(client, 0, KPC_SOON, &buffer, &number, &error));
    REFUSED(kpc_op_wait(client, s->op, KPC_SOON, NULL, &error));
    REFUSED(kpc_event_sink_next(s->sink, KPC_SOON, &event, &error));
#undef REFUSED
    ERROR(KPC_ERR_ALREADY_CONNECTED, kpc_client_connect(client, KPC_SOON, &error));
    CHECK(buffer == NULL && sealed == NULL && event == NULL);
}

static void err_would_deadlock(void)
{
    scene s;
    kpc_event *event = NULL;

    memset(&s, 0, sizeof s);
    s.act = all_that_waits;
    s.client = kpc_sim_connected(&sim);
    OK(kpc_event_sink_open(s.client, 8, &s.sink, &error));
    while (kpc_event_sink_next(s.sink, KPC_NO_WAIT, &event, NULL) == KPC_OK) {
        kpc_event_free(event);
    }
    OK(kpc_read_box_async(s.client, &stream.reader, &stream.first, 0, KPC_FOREVER, NULL, &s.op, &error));
    /* A write that cannot leave, so that a flush would have to wait. */
    kpc_sim_say(&sim, "hold");
    OK(kpc_write_box_async(s.client, &stream.writer, &stream.first, NULL, 0, 0, KPC_FOREVER, NULL, NULL, &error));
    begin(&s);
    CHECK(kpc_seen_until(&s.drops, 1) && s.calls == 1);
    kpc_event_sink_free(s.sink);
    kpc_client_free(s.client);
    kpc_sim_say(&sim, "release");
}

/* In the callback of one client another one may be waited for, and one's own may be asked for
 * what does not wait. */
static void what_does_not_wait(scene *s)
{
    kpc_error *error = NULL;
    kpc_box_index next;
    kpc_pki_document *document = NULL;
    kpc_event *event = NULL;
    kpc_event_sink *sink = NULL;
    kpc_service echo;
    kpc_id surb;
    kpc_op op = 0;

    /* Put in line, which is all that is waited for. */
    OK(kpc_new_surb_id(&surb, &error));
    OK(kpc_client_get_service(s->client, "echo", &echo, &error));
    OK(kpc_send_message(s->client, &surb, &echo, NULL, 0, NULL, &error));
    OK(kpc_send_message_without_reply(s->client, &echo, NULL, 0, NULL, &error));
    OK(kpc_next_message_box_index_remote(s->other, &stream.first, KPC_SOON, &next, &error));
    OK(kpc_next_message_box_index(&stream.first, &next, &error));
    OK(kpc_client_pki_document(s->client, &document, &error));
    kpc_pki_document_free(document);
    OK(kpc_event_sink_open(s->client, 4, &sink, &error));
    OK(kpc_event_sink_next(sink, KPC_NO_WAIT, &event, &error));
    kpc_event_free(event);
    kpc_event_sink_free(sink);
    STATUS(KPC_OK, kpc_op_cancel(s->client, s->op, NULL));
    OK(kpc_op_wait(s->client, s->op, KPC_NO_WAIT, NULL, &error));
    OK(kpc_read_box_async(s->client, &stream.reader, &stream.first, 0, KPC_FOREVER, NULL, &op, &error));
    STATUS(KPC_OK, kpc_op_cancel(s->client, op, NULL));
    OK(kpc_client_disconnect(s->client, &error));
    OK(kpc_client_connect_async(s->client, KPC_SOON, NULL, &s->op, &error));
}

static void what_does_not_wait_works(void)
{
    scene s;
    memset(&s, 0, sizeof s);
    s.act = what_does_not_wait;
    s.client = kpc_sim_connected(&sim);
    s.other = kpc_sim_connected(&sim);
    OK(kpc_read_box_async(s.client, &stream.reader, &stream.first, 0, KPC_FOREVER, NULL, &s.op, &error));
    begin(&s);
    CHECK(kpc_seen_until(&s.drops, 1) && s.calls == 1);
    OK(kpc_op_wait(s.client, s.op, KPC_SOON, NULL, &error));
    CHECK(kpc_client_is_attached(s.client));
    kpc_client_free(s.other);
    kpc_client_free(s.client);
}

static void close_it(scene *s)
{
    STATUS(KPC_OK, kpc_client_close(s->client, KPC_FOREVER, NULL));
    STATUS(KPC_OK, kpc_client_close(s->client, KPC_FOREVER, NULL));
}

static void free_it(scene *s)
{
    kpc_client_free(s->client);
    STATUS(KPC_ERR_BAD_HANDLE, kpc_client_close(s->client, KPC_FOREVER, NULL));
}

/* In a completion: what was still running completes too, after this callback. */
static void ends_in_a_completion(void (*act)(scene *))
{
    scene first, rest;
    kpc_completion done;
    int i;

    memset(&first, 0, sizeof first);
    memset(&rest, 0, sizeof rest);
    first.act = act;
    first.client = kpc_sim_connected(&sim);
    done = completion_of(&rest);
    for (i = 0; i < 5; i++) {
        OK(kpc_read_box_async(first.client, &stream.reader, &stream.first, 0, KPC_FOREVER, &done, NULL, &error));
    }
    begin(&first);
    CHECK(kpc_seen_until(&first.drops, 1) && kpc_seen_until(&rest.drops, 5));
    CHECK(first.calls == 1 && rest.calls == 5);
    kpc_client_free(first.client);
}

/* In an event callback: the end is the last event it gets. */
static void ends_in_an_event(void (*act)(scene *))
{
    scene s;
    memset(&s, 0, sizeof s);
    s.act = act;
    s.client = kpc_sim_client(&sim);
    OK(kpc_event_sink_open(s.client, 8, &s.sink, &error));
    OK(kpc_event_sink_on_event(s.sink, on_event, &s, on_drop, &error));
    /* The callback may end the client while this is still about to return. */
    {
        kpc_status status = kpc_client_connect(s.client, KPC_SOON, NULL);
        CHECK(status == KPC_OK || status == KPC_ERR_CLOSED);
    }
    CHECK(kpc_seen_until(&s.drops, 1) && s.calls >= 2);
    kpc_event_sink_free(s.sink);
    kpc_client_free(s.client);
}

static void close_sink(scene *s)
{
    kpc_event_sink_free(s->sink);
}

/* A sink that is closed by its own callback gives nothing more. */
static void a_callback_closes_its_sink(void)
{
    scene s;
    memset(&s, 0, sizeof s);
    s.act = close_sink;
    s.client = kpc_sim_connected(&sim);
    OK(kpc_event_sink_open(s.client, 8, &s.sink, &error));
    OK(kpc_event_sink_on_event(s.sink, on_event, &s, on_drop, &error));
    CHECK(kpc_seen_until(&s.drops, 1) && s.calls == 1);
    kpc_client_free(s.client);
    CHECK(s.calls == 1 && s.drops == 1);
}

/* Ends its client in the function that lets go of user data, which runs on the same thread. */
static void free_in_drop(void *user_data)
{
    scene *s = (scene *)user_data;
    kpc_client_free(s->client);
    kpc_seen_one_more(&s->drops);
}

static void a_drop_frees_the_client(void)
{
    scene s;
    kpc_completion done;

    memset(&s, 0, sizeof s);
    s.client = kpc_sim_connected(&sim);
    done = completion_of(&s);
    done.drop = free_in_drop;
    OK(kpc_next_message_box_index_remote_async(s.client, &stream.first, KPC_SOON, &done, NULL, &error));
    CHECK(kpc_seen_until(&s.drops, 1) && s.calls == 1);
}

/* All callbacks of a client run on one thread, one after the other, in order. */
enum { MANY = 200 };
static kpc_op order[MANY];
static int arrived;
static int inside;
static pthread_t only_thread;

static void in_order(const kpc_result *result, void *user_data)
{
    (void)user_data;
    CHECK(++inside == 1);
    if (arrived == 0) {
        only_thread = pthread_self();
    }
    CHECK(pthread_equal(only_thread, pthread_self()));
    order[arrived] = kpc_result_op(result);
    --inside;
    kpc_seen_one_more(&arrived);
}

/* As much of the stack as a function of a C program may well take. */
static int deep(int frames)
{
    volatile unsigned char frame[64 * 1024];
    frame[0] = 1;
    frame[sizeof frame - 1] = (unsigned char)(frames == 0 ? 0 : deep(frames - 1));
    return frame[0] + frame[sizeof frame - 1];
}

static void goes_deep(scene *s)
{
    CHECK(deep(64) == 65);
    STATUS(KPC_OK, kpc_client_close(s->client, KPC_FOREVER, NULL));
}

static void one_at_a_time(void)
{
    kpc_client *client = kpc_sim_connected(&sim);
    kpc_completion done;
    int i;

    memset(&done, 0, sizeof done);
    done.fn = in_order;
    for (i = 0; i < MANY; i++) {
        OK(kpc_next_message_box_index_remote_async(client, &stream.first, KPC_SOON, &done, NULL, &error));
    }
    CHECK(kpc_seen_until(&arrived, MANY));
    CHECK(!pthread_equal(only_thread, pthread_self()));
    for (i = 1; i < MANY; i++) {
        CHECK(order[i] > order[i - 1]);
    }
    kpc_client_free(client);
}

int main(void)
{
    kpc_sim_start(&sim, "--instant --grace 1");
    stream = kpc_test_stream_of(1);
    err_would_deadlock();
    what_does_not_wait_works();
    ends_in_a_completion(close_it);
    ends_in_a_completion(free_it);
    ends_in_a_completion(goes_deep);
    ends_in_an_event(close_it);
    ends_in_an_event(free_it);
    a_callback_closes_its_sink();
    a_drop_frees_the_client();
    one_at_a_time();
    CHECK(kpc_sim_until(&sim, "arq_entries", 0));
    /* The one that was left is kept for a second, the others are gone at once. */
    CHECK(kpc_sim_until(&sim, "sessions", 0));
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
