/* Answers that come twice, never, or in another order than they were asked for. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

static kpc_error *error;
static kpc_sim sim;

/* Asks for the counters of so many different indices at once; each gets its own. */
static void many_counters(kpc_client *client)
{
    enum { MANY = 40 };
    kpc_test_stream streams[MANY];
    kpc_op ops[MANY];
    int i;

    for (i = 0; i < MANY; i++) {
        streams[i] = kpc_test_stream_of((uint8_t)(100 + i));
        OK(kpc_get_message_box_index_counter_remote_async(client, &streams[i].first, KPC_SOON, NULL, &ops[i],
                                                          &error));
    }
    for (i = 0; i < MANY; i++) {
        kpc_result *result;
        uint64_t remote = 0, local = 1;
        result = WAIT_FOR(client, ops[i]);
        OK(kpc_get_message_box_index_counter_remote_result(result, &remote, &error));
        OK(kpc_get_message_box_index_counter(&streams[i].first, &local, &error));
        CHECK(remote == local);
        kpc_result_free(result);
    }
}

static void in_another_order(void)
{
    kpc_client *client = kpc_sim_connected(&sim);
    kpc_sim_say(&sim, "reorder 30");
    many_counters(client);
    kpc_client_free(client);
    kpc_sim_say(&sim, "clear");
}

static void twice(void)
{
    kpc_client *client = kpc_sim_connected(&sim);
    kpc_test_stream stream = kpc_test_stream_of(2);
    kpc_box_index next;
    kpc_buffer *buffer = NULL;
    kpc_service echo;
    kpc_seen seen;
    kpc_completion done = kpc_seen_by(&seen);

    kpc_sim_say(&sim, "twice get_message_box_index_counter_reply");
    many_counters(client);
    kpc_sim_say(&sim, "twice encrypt_write_reply");
    kpc_sim_say(&sim, "twice start_resending_encrypted_message_reply");
    OK(kpc_write_box_async(client, &stream.writer, &stream.first, (const uint8_t *)"once", 4, 0, KPC_SOON, &done,
                           NULL, &error));
    CHECK(kpc_seen_until(&seen.drops, 1));
    kpc_sim_say(&sim, "twice encrypt_read_reply");
    kpc_sim_say(&sim, "twice start_resending_encrypted_message_reply");
    OK(kpc_read_box(client, &stream.reader, &stream.first, 0, KPC_SOON, &buffer, &next, &error));
    CHECK(kpc_buffer_len(buffer) == 4 && memcmp(kpc_buffer_data(buffer), "once", 4) == 0);
    kpc_buffer_free(buffer);
    kpc_sim_say(&sim, "twice message_sent_event");
    kpc_sim_say(&sim, "twice message_reply_event");
    OK(kpc_client_get_service(client, "echo", &echo, &error));
    OK(kpc_send_message_await_reply(client, &echo, (const uint8_t *)"x", 1, KPC_SOON, &buffer, &error));
    kpc_buffer_free(buffer);
    many_counters(client);
    CHECK(kpc_seen_now(&seen.calls) == 1 && kpc_seen_now(&seen.drops) == 1);
    kpc_client_free(client);
    kpc_sim_say(&sim, "clear");
}

/* What is never answered ends by its time limit, and otherwise after the next connection. */
static void never(void)
{
    kpc_client *client = kpc_sim_connected(&sim);
    kpc_test_stream stream = kpc_test_stream_of(3);
    kpc_box_index next;
    kpc_op local = 0, write = 0;

    CHECK(kpc_sim_verified(client));
    kpc_sim_say(&sim, "swallow next_message_box_index_reply");
    ERROR(KPC_ERR_TIMEOUT, kpc_next_message_box_index_remote(client, &stream.first, 50, &next, &error));
    CHECK(kpc_test_filled(&next, 0, sizeof next));

    kpc_sim_say(&sim, "swallow next_message_box_index_reply");
    kpc_sim_say(&sim, "swallow start_resending_encrypted_message_reply");
    OK(kpc_next_message_box_index_remote_async(client, &stream.first, KPC_FOREVER, NULL, &local, &error));
    OK(kpc_write_box_async(client, &stream.writer, &stream.first, (const uint8_t *)"x", 1, 0, KPC_FOREVER, NULL,
                           &write, &error));
    CHECK(kpc_sim_until(&sim, "orders", 0));
    ERROR(KPC_ERR_TIMEOUT, kpc_op_wait(client, local, 50, NULL, &error));
    ERROR(KPC_ERR_TIMEOUT, kpc_op_wait(client, write, 50, NULL, &error));
    kpc_sim_say(&sim, "cut");
    OK(kpc_op_wait(client, local, KPC_SOON, NULL, &error));
    OK(kpc_op_wait(client, write, KPC_SOON, NULL, &error));
    kpc_client_free(client);
    kpc_sim_say(&sim, "clear");
}

int main(void)
{
    kpc_sim_start(&sim, "--instant --grace 1");
    in_another_order();
    twice();
    never();
    CHECK(kpc_sim_until(&sim, "arq_entries", 0));
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
