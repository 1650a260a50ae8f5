/* A client whose daemon is still there, and can be reached no more: what needs another connection says so,
 * in its time-out or, after some attempts, by ending. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

#include <errno.h>
#include <unistd.h>

static kpc_error *error;
static kpc_sim sim;
static kpc_test_stream stream;

/* Connected by the first lane, which stays; the others are opened when first needed. */
static kpc_client *left_alone(uint32_t retry_ms)
{
    kpc_config *config = NULL;
    kpc_client *client = NULL;

    STATUS(KPC_OK, kpc_config_new(&config, NULL));
    OK(kpc_config_set_unix(config, "daemon.sock", &error));
    OK(kpc_config_set_reconnect(config, retry_ms, retry_ms, &error));
    OK(kpc_client_new(config, &client, &error));
    kpc_config_free(config);
    OK(kpc_client_connect(client, KPC_SOON, &error));
    CHECK(rename("daemon.sock", "elsewhere.sock") == 0);
    return client;
}

static void in_reach_again(kpc_client *client)
{
    CHECK(rename("elsewhere.sock", "daemon.sock") == 0);
    OK(kpc_client_close(client, KPC_FOREVER, &error));
    kpc_client_free(client);
}

static void says_which_file(void)
{
    CHECK(kpc_error_errno(error) == ENOENT && strstr(kpc_error_message(error), "daemon.sock") != NULL);
    kpc_error_free(error);
    error = NULL;
}

static void err_timeout_tells_why_a_connection_cannot_be_opened(void)
{
    kpc_client *client = left_alone(60000);
    kpc_box_index next;

    STATUS(KPC_ERR_TIMEOUT,
           kpc_write_box(client, &stream.writer, &stream.first, bytes("x"), 1, 0, 500, &next, &error));
    says_which_file();
    CHECK(kpc_client_is_attached(client));
    in_reach_again(client);
}

static void err_connect_ends_what_would_wait_for_ever(void)
{
    kpc_client *client = left_alone(10);
    kpc_service echo;
    kpc_box_index next;
    kpc_buffer *reply = NULL;

    STATUS(KPC_ERR_CONNECT,
           kpc_write_box(client, &stream.writer, &stream.first, bytes("x"), 1, 0, KPC_FOREVER, &next, &error));
    says_which_file();
    OK(kpc_client_get_service(client, "echo", &echo, &error));
    STATUS(KPC_ERR_CONNECT,
           kpc_send_message_await_reply(client, &echo, bytes("x"), 1, KPC_FOREVER, &reply, &error));
    says_which_file();
    /* What the first connection serves goes on; and so does the rest, once that can be reached. */
    OK(kpc_next_message_box_index_remote(client, &stream.first, KPC_SOON, &next, &error));
    CHECK(rename("elsewhere.sock", "daemon.sock") == 0);
    OK(kpc_send_message_await_reply(client, &echo, bytes("x"), 1, KPC_SOON, &reply, &error));
    kpc_buffer_free(reply);
    CHECK(rename("daemon.sock", "elsewhere.sock") == 0);
    in_reach_again(client);
}

int main(void)
{
    kpc_sim_start(&sim, "--instant --unix daemon.sock");
    stream = kpc_test_stream_of(1);
    err_timeout_tells_why_a_connection_cannot_be_opened();
    err_connect_ends_what_would_wait_for_ever();
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
