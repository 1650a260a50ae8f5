/* From a configuration to a daemon that answers: by the name of an abstract socket, by the path of
 * one, by TCP, by WebSocket; how long the pauses are until it is dialled again; and what the log tells of it. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

#include <unistd.h>

static kpc_error *error;
static kpc_sim sim;

/* A client of this configuration, which is taken over. */
static kpc_client *client_of(kpc_config *config)
{
    kpc_client *client = NULL;
    OK(kpc_client_new(config, &client, &error));
    kpc_config_free(config);
    return client;
}

/* The daemon behind this configuration, which is taken over, is there and answers. */
static void answers(kpc_config *config)
{
    kpc_test_stream stream = kpc_test_stream_of(1);
    kpc_client *client = client_of(config);
    kpc_box_index next, expected;

    OK(kpc_client_connect(client, KPC_SOON, &error));
    OK(kpc_next_message_box_index_remote(client, &stream.first, KPC_SOON, &next, &error));
    OK(kpc_next_message_box_index(&stream.first, &expected, &error));
    CHECK(memcmp(&next, &expected, sizeof next) == 0);
    kpc_client_free(client);
}

/* No file: the name of the daemon's socket is all that is needed. */
static void config_new(void)
{
    kpc_config *config = NULL;
    long before = kpc_sim_count(&sim, "accepted");

    STATUS(KPC_OK, kpc_config_new(&config, NULL));
    OK(kpc_config_set_unix(config, sim.address, &error));
    CHECK(sim.address[0] == '@' && kpc_sim_count(&sim, "accepted") == before);
    answers(config);
    CHECK(kpc_sim_count(&sim, "accepted") > before);
}

/* The path of a socket in the file system, and the same text as an abstract name is another. */
static void config_set_unix(void)
{
    kpc_sim other;
    kpc_config *config = NULL;
    kpc_client *client;
    static char here[4096];

    memset(&other, 0, sizeof other);
    kpc_sim_start(&other, "--instant --unix daemon.sock");
    STATUS(KPC_OK, kpc_config_new(&config, NULL));
    OK(kpc_config_set_unix(config, "daemon.sock", &error));
    /* It is meant from here, wherever the program goes before it connects, as daemons do. */
    CHECK(getcwd(here, sizeof here) == here && chdir("/") == 0);
    answers(config);
    CHECK(chdir(here) == 0);
    STATUS(KPC_OK, kpc_config_new(&config, NULL));
    OK(kpc_config_set_unix(config, "@daemon.sock", &error));
    client = client_of(config);
    ERROR(KPC_ERR_CONNECT, kpc_client_connect(client, KPC_SOON, &error));
    kpc_client_free(client);
    kpc_sim_stop(&other);
}

static void set_tcp(kpc_config **config, const char *address, const char *network)
{
    STATUS(KPC_OK, kpc_config_new(config, NULL));
    OK(kpc_config_set_tcp(*config, address, network, &error));
}

/* By number and by name, with and without the family; a family that is not there is not taken. */
static void config_set_tcp(void)
{
    kpc_sim other;
    kpc_config *config = NULL;
    kpc_client *client;
    char address[64], by_name[64];
    const char *at;

    memset(&other, 0, sizeof other);
    kpc_sim_start(&other, "--instant --tcp 127.0.0.1:0 --config-out thinclient.toml");
    at = strstr(other.answer, "tcp=");
    if (!CHECK(at != NULL && sscanf(at, "tcp=%63s", address) == 1)) {
        return;
    }
    snprintf(by_name, sizeof by_name, "localhost%s", strchr(address, ':'));
    set_tcp(&config, address, NULL);
    answers(config);
    set_tcp(&config, address, "tcp4");
    answers(config);
    /* A resolver gets its thread, whatever somebody wants for programs in Rust. */
    CHECK(setenv("RUST_MIN_STACK", "1152921504606846976", 1) == 0);
    set_tcp(&config, by_name, "tcp4");
    answers(config);
    CHECK(unsetenv("RUST_MIN_STACK") == 0);
    set_tcp(&config, strchr(address, ':'), "tcp");
    answers(config);
    /* The daemon listens on its IPv4 address alone. */
    set_tcp(&config, by_name, "tcp6");
    client = client_of(config);
    ERROR(KPC_ERR_CONNECT, kpc_client_connect(client, KPC_SOON, &error));
    kpc_client_free(client);
    kpc_sim_stop(&other);
}

/* By the URL, set and in a configuration file; where no WebSocket is, that is
 * said. */
static void config_set_ws(void)
{
    kpc_sim other;
    kpc_config *config = NULL;
    kpc_client *client;
    char url[80], text[128];
    const char *at;

    memset(&other, 0, sizeof other);
    kpc_sim_start(&other, "--instant --ws 127.0.0.1:0");
    at = strstr(other.answer, "ws=");
    if (!CHECK(at != NULL && sscanf(at, "ws=%79s", url) == 1)) {
        return;
    }
    STATUS(KPC_OK, kpc_config_new(&config, NULL));
    OK(kpc_config_set_ws(config, url, &error));
    answers(config);
    snprintf(text, sizeof text, "[Dial.Ws]\nAddress = \"%s\"\n", url);
    OK(kpc_config_load_text(text, strlen(text), &config, &error));
    CHECK(kpc_config_transport(config) == KPC_TRANSPORT_WS);
    answers(config);
    /* What listens there is no daemon's TCP socket. */
    CHECK(strncmp(url, "ws://", 5) == 0 && url[strlen(url) - 1] == '/');
    url[strlen(url) - 1] = 0;
    set_tcp(&config, url + 5, NULL);
    client = client_of(config);
    CHECK(kpc_client_connect(client, 300, &error) != KPC_OK);
    CHECK(error != NULL);
    kpc_error_free(error);
    error = NULL;
    kpc_client_free(client);
    kpc_sim_stop(&other);
}

/* The next event of this kind. */
static void expect(kpc_event_sink *sink, int32_t kind)
{
    kpc_event *event = NULL;
    int32_t found;
    do {
        if (!OK(kpc_event_sink_next(sink, KPC_SOON, &event, &error))) {
            return;
        }
        found = kpc_event_kind(event);
        kpc_event_free(event);
    } while (found != kind);
}

/* After short pauses it is there again; after a long one it does not even try before. */
static void config_set_reconnect(void)
{
    static const uint32_t pauses[2] = {20, 3600000};
    int i;

    for (i = 0; i < 2; i++) {
        kpc_config *config = kpc_sim_config(&sim);
        kpc_event_sink *sink = NULL;
        kpc_client *client;
        kpc_test_stream stream = kpc_test_stream_of(2);
        kpc_box_index next;
        long accepted;

        OK(kpc_config_set_reconnect(config, pauses[i], pauses[i], &error));
        client = client_of(config);
        OK(kpc_client_connect(client, KPC_SOON, &error));
        OK(kpc_event_sink_open(client, 64, &sink, &error));
        kpc_sim_say(&sim, "cut");
        expect(sink, KPC_EVENT_DISCONNECTED);
        accepted = kpc_sim_count(&sim, "accepted");
        if (i == 0) {
            expect(sink, KPC_EVENT_RESUMED);
            OK(kpc_next_message_box_index_remote(client, &stream.first, KPC_SOON, &next, &error));
        } else {
            ERROR(KPC_ERR_TIMEOUT,
                  kpc_next_message_box_index_remote(client, &stream.first, 300, &next, &error));
            CHECK(!kpc_client_is_attached(client) && kpc_sim_count(&sim, "accepted") == accepted);
        }
        kpc_event_sink_free(sink);
        kpc_client_free(client);
    }
}

static int lines[KPC_LOG_TRACE + 1];
static int dropped;

static void on_line(int32_t level, const char *text, void *user_data)
{
    CHECK(user_data == lines && text[0] != 0 && strchr(text, '\n') == NULL);
    if (CHECK(level > KPC_LOG_OFF && level <= KPC_LOG_TRACE)) {
        kpc_seen_one_more(&lines[level]);
    }
}

static void on_drop(void *user_data)
{
    CHECK(user_data == lines);
    kpc_seen_one_more(&dropped);
}

/* How many lines were written up to this level. */
static int lines_up_to(int32_t level)
{
    int sum = 0;
    while (level > KPC_LOG_OFF) {
        sum += kpc_seen_now(&lines[level--]);
    }
    return sum;
}

/* The same short life at each level: what it tells goes there, and no more than was asked for. */
static void config_set_log(void)
{
    int32_t level;

    for (level = KPC_LOG_OFF; level <= KPC_LOG_TRACE; level++) {
        kpc_config *config = kpc_sim_config(&sim);
        memset(lines, 0, sizeof lines);
        dropped = 0;
        OK(kpc_config_set_log(config, level, on_line, lines, on_drop, &error));
        CHECK(kpc_config_log_level(config) == level);
        answers(config);
        CHECK(kpc_seen_until(&dropped, 1));
        CHECK(lines_up_to(level) == lines_up_to(KPC_LOG_TRACE));
        CHECK((lines_up_to(KPC_LOG_TRACE) > 0) == (level >= KPC_LOG_INFO));
    }
}

int main(void)
{
    kpc_sim_start(&sim, "--instant --grace 1");
    config_new();
    config_set_unix();
    config_set_tcp();
    config_set_ws();
    config_set_reconnect();
    config_set_log();
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
