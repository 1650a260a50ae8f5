/* What a failure says: not only that something did not work, but what stood in the way. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static kpc_error *error;
static kpc_sim sim;

/* A call fails with this status, and its message has these words in it. */
#define SAYS(expected, words, call) \
    do { \
        STATUS(expected, call); \
        if (!CHECK(strstr(kpc_error_message(error), words) != NULL)) { \
            printf("    it says: %s\n", kpc_error_message(error)); \
        } \
        kpc_error_free(error); \
        error = NULL; \
    } while (0)

static kpc_client *client_at(const char *path)
{
    kpc_config *config = NULL;
    kpc_client *client = NULL;
    STATUS(KPC_OK, kpc_config_new(&config, NULL));
    OK(kpc_config_set_unix(config, path, &error));
    OK(kpc_client_new(config, &client, &error));
    kpc_config_free(config);
    return client;
}

/* The system says "refused" of all three. */
static void paths_that_lead_to_no_daemon(void)
{
    struct sockaddr_un address;
    int bound = socket(AF_UNIX, SOCK_STREAM, 0);
    kpc_client *client = client_at("a-directory");

    CHECK(mkdir("a-directory", 0700) == 0);
    SAYS(KPC_ERR_CONNECT, "a-directory (which is no socket)", kpc_client_connect(client, KPC_SOON, &error));
    CHECK(rmdir("a-directory") == 0);
    kpc_client_free(client);

    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    strcpy(address.sun_path, "a-socket");
    CHECK(bind(bound, (struct sockaddr *)&address, sizeof address) == 0);
    client = client_at("a-socket");
    SAYS(KPC_ERR_CONNECT, "a-socket (nobody listens there)", kpc_client_connect(client, KPC_SOON, &error));
    kpc_client_free(client);
    CHECK(close(bound) == 0 && unlink("a-socket") == 0);
}

static void files_that_cannot_be_read(void)
{
    kpc_config *config = NULL;
    SAYS(KPC_ERR_CONFIG_IO, "cannot read \"no-such.toml\"", kpc_config_load_file("no-such.toml", &config, &error));
    SAYS(KPC_ERR_CONFIG_IO, "cannot read \"\"", kpc_config_load_file("", &config, &error));
}

/* The result of an operation whose time ran out, and its reason. */
static kpc_result *waited(kpc_client *client, kpc_op op, const char *words)
{
    kpc_result *result = WAIT_FOR(client, op);
    kpc_box_index next;
    SAYS(KPC_ERR_TIMEOUT, words, kpc_next_message_box_index_remote_result(result, &next, &error));
    return result;
}

/* Who waits for an operation is told after some time that it runs, and for what. */
static int runs_on(kpc_client *client, kpc_op op, const char *words)
{
    int64_t end = kpc_test_now_ms() + KPC_SOON;
    int told = 0;

    while (!told && kpc_test_now_ms() < end && kpc_op_wait(client, op, 20, NULL, &error) == KPC_ERR_TIMEOUT) {
        const char *text = kpc_error_message(error);
        told = strncmp(text, "the operation is still running: ", 32) == 0 && strstr(text, words) != NULL;
        kpc_error_free(error);
        error = NULL;
    }
    return told;
}

/* A daemon that is there and says nothing: on the connection that stands, on a new one, and to an operation. */
static void stopped(kpc_client *client, const kpc_test_stream *stream)
{
    kpc_box_index next;
    kpc_op op = 0, write = 0;

    CHECK(kpc_sim_verified(client));
    CHECK(kill(sim.pid, SIGSTOP) == 0);
    SAYS(KPC_ERR_TIMEOUT, "the daemon has not answered a request for 0.",
         kpc_next_message_box_index_remote(client, &stream->first, 50, &next, &error));
    OK(kpc_write_box_async(client, &stream->writer, &stream->first, bytes("x"), 1, 0, KPC_FOREVER, NULL, &write,
                           &error));
    CHECK(runs_on(client, write, "the daemon has not greeted a new connection for "));
    OK(kpc_next_message_box_index_remote_async(client, &stream->first, 50, NULL, &op, &error));
    kpc_result_free(waited(client, op, "the daemon has not answered a request for "));
    CHECK(kill(sim.pid, SIGCONT) == 0);
    STATUS(KPC_OK, kpc_op_wait(client, write, KPC_SOON, NULL, NULL));

    /* One that does what it can, while the network is slow. */
    kpc_sim_say(&sim, "hold");
    OK(kpc_write_box_async(client, &stream->writer, &stream->first, bytes("x"), 1, 0, KPC_FOREVER, NULL, &write,
                           &error));
    CHECK(runs_on(client, write, "the network has not answered 1 that the daemon sends"));
    kpc_sim_say(&sim, "release");
    STATUS(KPC_OK, kpc_op_wait(client, write, KPC_SOON, NULL, NULL));
}

/* What a call that waits could not get past. */
static void time_limits(void)
{
    kpc_test_stream stream = kpc_test_stream_of(1);
    kpc_client *client = kpc_sim_client(&sim);
    kpc_box_index index = stream.first;
    kpc_buffer *plaintext = NULL;
    kpc_service echo;
    kpc_op op = 0;
    kpc_result *result;

    CHECK(kill(sim.pid, SIGSTOP) == 0);
    SAYS(KPC_ERR_TIMEOUT, "the daemon has not opened a session yet", kpc_client_connect(client, 50, &error));
    SAYS(KPC_ERR_TIMEOUT, "the daemon has not opened a session yet", kpc_client_connect(client, KPC_NO_WAIT, &error));
    CHECK(kill(sim.pid, SIGCONT) == 0);
    OK(kpc_client_connect(client, KPC_SOON, &error));
    OK(kpc_client_get_service(client, "echo", &echo, &error));

    stopped(client, &stream);

    kpc_sim_say(&sim, "offline");
    while (kpc_client_is_connected(client)) {
        kpc_test_nap();
    }
    SAYS(KPC_ERR_TIMEOUT, "the daemon is not on the mixnet",
         kpc_read_box(client, &stream.reader, &stream.first, 0, 20, &plaintext, &index, &error));
    SAYS(KPC_ERR_OFFLINE, "the daemon is not on the mixnet",
         kpc_send_message_without_reply(client, &echo, NULL, 0, NULL, &error));

    kpc_sim_say(&sim, "down");
    kpc_sim_say(&sim, "cut");
    while (kpc_client_is_attached(client)) {
        kpc_test_nap();
    }
    SAYS(KPC_ERR_TIMEOUT, "the daemon is not reachable",
         kpc_read_box(client, &stream.reader, &stream.first, 0, 20, &plaintext, &index, &error));
    SAYS(KPC_ERR_TIMEOUT, "the daemon is not reachable",
         kpc_next_message_box_index_remote(client, &stream.first, 20, &index, &error));
    SAYS(KPC_ERR_OFFLINE, "the daemon is not reachable",
         kpc_send_message_without_reply(client, &echo, NULL, 0, NULL, &error));
    OK(kpc_next_message_box_index_remote_async(client, &stream.first, 20, NULL, &op, &error));
    result = WAIT_FOR(client, op);
    SAYS(KPC_ERR_TIMEOUT, "the daemon is not reachable",
         kpc_next_message_box_index_remote_result(result, &index, &error));
    kpc_result_free(result);

    OK(kpc_client_disconnect(client, &error));
    SAYS(KPC_ERR_TIMEOUT, "the client is disconnected",
         kpc_next_message_box_index_remote(client, &stream.first, 20, &index, &error));
    kpc_client_free(client);
}

int main(void)
{
    const char *dir = getenv("KPC_TMP");
    CHECK(dir == NULL || chdir(dir) == 0);
    kpc_sim_start(&sim, "--instant");
    paths_that_lead_to_no_daemon();
    files_that_cannot_be_read();
    time_limits();
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
