/* A callback blocks for as long as it likes, with KPC_BLOCK_S for so many seconds: everything else goes on, of its own
 * client too, and what else is to be called back waits, loses nothing, and comes in order. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

enum { BEHIND = 200, ROUNDS = 8 };

static kpc_error *error;
static kpc_sim sim;

static int is_blocked, may_go, last, out_of_order;
static kpc_seen behind[BEHIND];

static void block(const kpc_result *result, void *unused)
{
    (void)unused;
    STATUS(KPC_OK, kpc_result_status(result));
    kpc_seen_one_more(&is_blocked);
    while (!kpc_seen_until(&may_go, 1)) {
    }
}

/* Callbacks of cancelled operations, which come in the order of the cancels. */
static void in_order(const kpc_result *result, void *user_data)
{
    int number = (int)((kpc_seen *)user_data - behind);
    out_of_order += number != last;
    last = number + 1;
    kpc_seen_call(result, user_data);
}

static kpc_completion calling(kpc_completion_fn fn, kpc_seen *seen)
{
    kpc_completion done = kpc_seen_by(seen);
    done.fn = fn;
    return done;
}

/* Everything that waits: writes, reads, a message, events, kept results. */
static void goes_on(kpc_client *client, uint8_t number)
{
    kpc_test_stream stream = kpc_test_stream_of(number);
    kpc_event_sink *sink = NULL;
    kpc_buffer *found = NULL;
    kpc_result *result;
    kpc_box_index next;
    kpc_service echo;
    kpc_op op = 0;

    OK(kpc_write_box(client, &stream.writer, &stream.first, bytes("x"), 1, 0, KPC_SOON, &next, &error));
    OK(kpc_read_box_async(client, &stream.reader, &stream.first, 0, KPC_SOON, NULL, &op, &error));
    result = WAIT_FOR(client, op);
    OK(kpc_read_box_result(result, &found, &next, &error));
    CHECK(kpc_buffer_len(found) == 1);
    kpc_buffer_free(found);
    kpc_result_free(result);
    OK(kpc_client_get_service(client, "echo", &echo, &error));
    OK(kpc_send_message_await_reply(client, &echo, bytes("x"), 1, KPC_SOON, &found, &error));
    kpc_buffer_free(found);
    OK(kpc_event_sink_open(client, 8, &sink, &error));
    kpc_event_free(EVENT_OF(sink, KPC_EVENT_CONNECTION_STATUS));
    kpc_event_sink_free(sink);
}

/* Operations of the client whose callback blocks: they end, and their callbacks wait. */
static void ends_behind_it(kpc_client *client)
{
    kpc_test_stream never = kpc_test_stream_of(250);
    kpc_op ops[BEHIND];
    int i;

    for (i = 0; i < BEHIND; i++) {
        kpc_completion done = calling(in_order, &behind[i]);
        OK(kpc_read_box_async(client, &never.reader, &never.first, 0, KPC_FOREVER, &done, &ops[i], &error));
    }
    for (i = 0; i < BEHIND; i++) {
        OK(kpc_op_cancel(client, ops[i], &error));
    }
    CHECK(kpc_sim_until(&sim, "arq_entries", 0));
    CHECK(kpc_seen_now(&behind[0].calls) == 0 && kpc_seen_now(&behind[BEHIND - 1].calls) == 0);
}

/* The time for which it blocks, during which others work; none in the check, where they work all the same. */
static void meanwhile(kpc_client *client, kpc_client *other)
{
    const char *wanted = getenv("KPC_BLOCK_S");
    int64_t end = kpc_test_now_ms() + (wanted != NULL ? 1000 * atoi(wanted) : 0);
    int round = 0;
    do {
        goes_on(other, (uint8_t)(2 * round));
        goes_on(client, (uint8_t)(2 * round + 1));
        round = (round + 1) % 100;
        kpc_sim_say(&sim, "restart");
    } while (round < ROUNDS || kpc_test_now_ms() < end);
}

int main(void)
{
    kpc_client *client, *other;
    kpc_test_stream stream = kpc_test_stream_of(251);
    kpc_completion done;
    kpc_seen first;
    int i;

    kpc_sim_start(&sim, "--instant");
    client = kpc_sim_connected(&sim);
    other = kpc_sim_connected(&sim);
    done = calling(block, &first);
    OK(kpc_next_message_box_index_remote_async(client, &stream.first, KPC_SOON, &done, NULL, &error));
    CHECK(kpc_seen_until(&is_blocked, 1));
    ends_behind_it(client);
    meanwhile(client, other);
    /* Closing waits for the callback, as long as it is told to. */
    ERROR(KPC_ERR_TIMEOUT, kpc_client_close(client, KPC_NO_WAIT, &error));
    goes_on(other, 252);
    CHECK(kpc_seen_now(&first.drops) == 0 && last == 0);
    kpc_seen_one_more(&may_go);
    OK(kpc_client_close(client, KPC_FOREVER, &error));
    CHECK(first.drops == 1 && last == BEHIND && out_of_order == 0);
    for (i = 0; i < BEHIND; i++) {
        CHECK(behind[i].calls == 1 && behind[i].drops == 1);
        STATUS(KPC_ERR_CANCELLED, behind[i].status);
    }
    kpc_client_free(client);
    OK(kpc_client_close(other, KPC_FOREVER, &error));
    kpc_client_free(other);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
