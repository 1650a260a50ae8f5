/* A request at once after connect, or begun with it, is answered however slowly the handshake
 * arrives; nothing is sent before the handshake is over. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

static kpc_error *error;
static kpc_sim sim;
static kpc_test_stream stream;

static void ask(kpc_client *client)
{
    kpc_box_index next, expected;
    OK(kpc_next_message_box_index_remote(client, &stream.first, KPC_SOON, &next, &error));
    OK(kpc_next_message_box_index(&stream.first, &expected, &error));
    CHECK(memcmp(&next, &expected, sizeof next) == 0);
}

static void at_once(int rounds)
{
    int i;
    for (i = 0; i < rounds; i++) {
        kpc_client *client = kpc_sim_client(&sim);
        OK(kpc_client_connect(client, KPC_SOON, &error));
        ask(client);
        kpc_client_free(client);
    }
}

/* In the completion of connect, on the library's own thread. */
static void ask_in_completion(const kpc_result *result, void *user_data)
{
    kpc_client *client = *(kpc_client **)user_data;
    kpc_error *error = NULL;
    OK(kpc_client_connect_result(result, &error));
    OK(kpc_next_message_box_index_remote_async(client, &stream.first, KPC_SOON, NULL, NULL, &error));
    kpc_seen_one_more((int *)((kpc_client **)user_data + 1));
}

static void with_its_completion(int rounds)
{
    int i;
    for (i = 0; i < rounds; i++) {
        struct {
            kpc_client *client;
            int asked;
        } user = {NULL, 0};
        kpc_completion done;

        memset(&done, 0, sizeof done);
        done.fn = ask_in_completion;
        done.user_data = &user;
        user.client = kpc_sim_client(&sim);
        OK(kpc_client_connect_async(user.client, KPC_SOON, &done, NULL, &error));
        CHECK(kpc_seen_until(&user.asked, 1));
        ask(user.client);
        kpc_client_free(user.client);
    }
}

int main(void)
{
    kpc_sim_start(&sim, "--instant");
    stream = kpc_test_stream_of(1);
    at_once(30);
    with_its_completion(10);
    kpc_sim_say(&sim, "split 7");
    at_once(2);
    with_its_completion(2);
    kpc_sim_say(&sim, "split off");
    kpc_sim_say(&sim, "hold-first-frame 50");
    at_once(2);
    with_its_completion(2);
    CHECK(kpc_sim_until(&sim, "sessions", 0));
    kpc_sim_stop(&sim);

    /* The daemon has no document yet and keeps the client waiting for it. */
    kpc_sim_start(&sim, "--instant");
    kpc_sim_say(&sim, "document off");
    {
        kpc_client *client = kpc_sim_client(&sim);
        kpc_op op = 0;
        OK(kpc_client_connect_async(client, KPC_FOREVER, NULL, &op, &error));
        ERROR(KPC_ERR_TIMEOUT, kpc_op_wait(client, op, 100, NULL, &error));
        CHECK(kpc_sim_requests(&sim) == 0);
        kpc_sim_say(&sim, "document on");
        OK(kpc_op_wait(client, op, KPC_SOON, NULL, &error));
        ask(client);
        kpc_client_free(client);
    }
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
