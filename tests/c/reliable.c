/* Messages that are sent again until they are answered, on both generations of daemons. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

static kpc_error *error;
static kpc_sim sim;
static kpc_client *client;
static kpc_service echo;

/* Takes over the buffer. Replies are padded with zeros, so the text ends where it did. */
static int begins(kpc_buffer *reply, const char *text)
{
    int same = reply != NULL && kpc_buffer_len(reply) > strlen(text) &&
               memcmp(kpc_buffer_data(reply), text, strlen(text) + 1) == 0;
    kpc_buffer_free(reply);
    return same;
}

static void send_reliable_message_await_reply(void)
{
    kpc_buffer *reply = NULL;
    kpc_service nowhere = echo;
    kpc_id id;
    kpc_op op = 0;
    kpc_result *result;

    OK(kpc_new_message_id(&id, &error));
    OK(kpc_send_reliable_message_await_reply(client, &id, &echo, bytes("ping"), 4, KPC_SOON, &reply, &error));
    CHECK(begins(reply, "ping"));
    OK(kpc_send_reliable_message_await_reply_async(client, NULL, &echo, bytes("pong"), 4, KPC_SOON, NULL, &op,
                                                &error));
    result = WAIT_FOR(client, op);
    OK(kpc_send_reliable_message_await_reply_result(result, &reply, &error));
    CHECK(begins(reply, "pong"));
    kpc_result_free(result);

    nowhere.node.bytes[0] ^= 1;
    ERROR(KPC_ERR_MESSAGE_SEND_FAILED,
          kpc_send_reliable_message_await_reply(client, NULL, &nowhere, NULL, 0, KPC_SOON, &reply, &error));
    ERROR(KPC_ERR_ARG_NULL,
          kpc_send_reliable_message_await_reply(client, NULL, NULL, NULL, 0, KPC_SOON, &reply, &error));
    nowhere.queue_len = 0;
    ERROR(KPC_ERR_ARG_SIZE,
          kpc_send_reliable_message_await_reply(client, NULL, &nowhere, NULL, 0, KPC_SOON, &reply, &error));
    CHECK(reply == NULL);
}

static void send_reliable_message(void)
{
    kpc_event_sink *sink = NULL;
    int i;

    OK(kpc_event_sink_open(client, 16, &sink, &error));
    for (i = 0; i < 2; i++) {
        kpc_id id, found;
        int answered = 0;
        OK(kpc_new_message_id(&id, &error));
        OK(kpc_send_reliable_message(client, &id, &echo, bytes("ping"), 4, &error));
        while (!answered) {
            kpc_event *event = NULL;
            kpc_buffer *payload = NULL;
            STATUS(KPC_OK, kpc_event_sink_next(sink, KPC_SOON, &event, NULL));
            if (kpc_event_kind(event) == KPC_EVENT_MESSAGE_REPLY) {
                OK(kpc_event_message_id(event, &found, &error));
                OK(kpc_event_payload(event, &payload, &error));
                CHECK(memcmp(&found, &id, sizeof id) == 0 && begins(payload, "ping"));
                answered = 1;
            }
            kpc_event_free(event);
        }
    }
    kpc_event_sink_free(sink);
    ERROR(KPC_ERR_ARG_NULL, kpc_send_reliable_message(client, NULL, &echo, NULL, 0, &error));
}

static void a_message_id_names_one_message_at_a_time(void)
{
    kpc_buffer *reply = NULL;
    kpc_id id;
    kpc_op op = 0;
    kpc_result *result;

    OK(kpc_new_message_id(&id, &error));
    kpc_sim_say(&sim, "hold");
    OK(kpc_send_reliable_message_await_reply_async(client, &id, &echo, bytes("x"), 1, KPC_FOREVER, NULL, &op,
                                                &error));
    ERROR(KPC_ERR_BUSY, kpc_send_reliable_message(client, &id, &echo, bytes("y"), 1, &error));
    STATUS(KPC_OK, kpc_op_cancel(client, op, NULL));
    result = WAIT_FOR(client, op);
    ERROR(KPC_ERR_CANCELLED, kpc_send_reliable_message_await_reply_result(result, &reply, &error));
    kpc_result_free(result);
    kpc_sim_say(&sim, "release");
    OK(kpc_send_reliable_message_await_reply(client, &id, &echo, bytes("y"), 1, KPC_SOON, &reply, &error));
    kpc_buffer_free(reply);
}

/* Nothing goes on at the daemon when a message has ended: not even minutes later, when v0.0.72 repeats
 * what it was asked to repeat. */
static void an_end_is_the_end(void)
{
    kpc_buffer *reply = NULL;
    kpc_op op = 0;
    kpc_result *result;
    long before = kpc_sim_count(&sim, "packets");

    kpc_sim_say(&sim, "loss 1");
    kpc_sim_say(&sim, "hold");
    OK(kpc_send_reliable_message_await_reply_async(client, NULL, &echo, bytes("lost"), 4, KPC_FOREVER, NULL, &op,
                                                   &error));
    /* One packet, and no repetition of it before the cancel. */
    while (strncmp(kpc_sim_say(&sim, "step"), "1 ", 2) != 0) {
        kpc_test_nap();
    }
    CHECK(kpc_sim_count(&sim, "packets") == before + 1);
    STATUS(KPC_OK, kpc_op_cancel(client, op, NULL));
    result = WAIT_FOR(client, op);
    ERROR(KPC_ERR_CANCELLED, kpc_send_reliable_message_await_reply_result(result, &reply, &error));
    kpc_result_free(result);
    kpc_sim_say(&sim, "loss 0");
    kpc_sim_say(&sim, "release");
    kpc_sim_say(&sim, "advance 300");
    OK(kpc_send_reliable_message_await_reply(client, NULL, &echo, bytes("ping"), 4, KPC_SOON, &reply, &error));
    CHECK(begins(reply, "ping"));
    CHECK(kpc_sim_count(&sim, "packets") == before + 2);
}

static void everything(const char *options)
{
    kpc_config *config = NULL;

    kpc_sim_start(&sim, options);
    OK(kpc_config_load_file("thinclient.toml", &config, &error));
    OK(kpc_client_new(config, &client, &error));
    kpc_config_free(config);
    OK(kpc_client_connect(client, KPC_SOON, &error));
    OK(kpc_client_get_service(client, "echo", &echo, &error));
    send_reliable_message_await_reply();
    send_reliable_message();
    a_message_id_names_one_message_at_a_time();
    an_end_is_the_end();
    kpc_client_free(client);
    kpc_sim_stop(&sim);
}

int main(void)
{
    everything("--instant --late-close 0 --config-out thinclient.toml");
    everything("--instant --late-close 0 --config-out thinclient.toml --protocol v0.0.72");
    return kpc_test_end();
}
