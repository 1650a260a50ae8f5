/* A process that has no descriptors left, or only a few: every call says so or waits, nothing is
 * lost, everything goes on when there are some again, and none is kept. */
/* c_suite: needs sim */
/* c_suite: not valgrind (at the limit it closes the descriptors of socketpair and says that it worked) */
#define _XOPEN_SOURCE 700
#include "kpc_sim.h"

#include <sys/resource.h>

enum { MOST = 64 };

static kpc_sim sim;
static kpc_error *error;
static int taken[MOST];
static int count;

/* Takes all that are left; how many there were. */
static int take_all(void)
{
    while (count < MOST && (taken[count] = dup(sim.in)) >= 0) {
        count++;
    }
    CHECK(count < MOST && errno == EMFILE);
    return count;
}

static void give_back(int how_many)
{
    while (how_many-- > 0 && count > 0) {
        close(taken[--count]);
    }
}

/* The call succeeded, or failed in this way for want of a descriptor. */
static int did_or_says(kpc_status status, kpc_status otherwise)
{
    if (status != KPC_OK) {
        STATUS(otherwise, status);
        CHECK(kpc_error_errno(error) == EMFILE);
        CHECK(strstr(kpc_error_message(error), "this process has no file descriptor left") != NULL);
    }
    kpc_error_free(error);
    error = NULL;
    return status == KPC_OK;
}

static kpc_status write_one(kpc_client *client, const kpc_test_stream *stream, int32_t timeout_ms)
{
    kpc_box_index next;
    return kpc_write_box(client, &stream->writer, &stream->first, (const uint8_t *)"x", 1, 0, timeout_ms, &next,
                         NULL);
}

/* A client's life that begins with so many to spare. Tells whether it could begin. */
static int with(int spare, kpc_config *config)
{
    kpc_test_stream stream = kpc_test_stream_of((uint8_t)(spare + 1));
    kpc_client *client = NULL;
    kpc_event_sink *sink = NULL;
    kpc_event *event = NULL;
    kpc_status status;
    int connected, fd;

    take_all();
    give_back(spare);
    if (!did_or_says(kpc_client_new(config, &client, &error), KPC_ERR_IO)) {
        CHECK(client == NULL);
        give_back(MOST);
        return 0;
    }
    connected = did_or_says(kpc_client_connect(client, KPC_SOON, &error), KPC_ERR_CONNECT);
    OK(kpc_event_sink_open(client, 4, &sink, &error));
    fd = kpc_event_sink_fd(sink);
    CHECK(fd >= -1);
    STATUS(connected ? KPC_OK : KPC_ERR_TIMEOUT, kpc_event_sink_next(sink, KPC_NO_WAIT, &event, NULL));
    kpc_event_free(event);
    status = write_one(client, &stream, 50);
    CHECK(status == KPC_OK || status == (connected ? KPC_ERR_TIMEOUT : KPC_ERR_NOT_CONNECTED));

    give_back(MOST);
    if (!connected) {
        OK(kpc_client_connect(client, KPC_SOON, &error));
    }
    STATUS(KPC_OK, write_one(client, &stream, KPC_SOON));
    CHECK(fd == -1 ? kpc_event_sink_fd(sink) >= 0 : kpc_event_sink_fd(sink) == fd);
    kpc_event_sink_free(sink);
    OK(kpc_client_close(client, KPC_FOREVER, &error));
    kpc_client_free(client);
    return connected;
}

/* Who asks for all connections gets all of them or none. */
static void connect_all_or_none(kpc_config *config)
{
    kpc_client *client = NULL;
    kpc_event_sink *sink = NULL;
    int spare, failed = 0;

    OK(kpc_config_set_connect_all(config, true, &error));
    OK(kpc_client_new(config, &client, &error));
    OK(kpc_event_sink_open(client, 8, &sink, &error));
    CHECK(kpc_event_sink_fd(sink) >= 0);
    for (spare = 0; kpc_client_is_attached(client) == 0; spare++) {
        take_all();
        give_back(spare);
        if (!did_or_says(kpc_client_connect(client, KPC_SOON, &error), KPC_ERR_CONNECT)) {
            failed++;
            CHECK(!kpc_client_is_attached(client));
            CHECK(kpc_sim_until(&sim, "connections", 0));
        }
        give_back(MOST);
    }
    CHECK(failed > 4 && kpc_sim_count(&sim, "connections") == 5);
    OK(kpc_client_disconnect(client, &error));
    CHECK(kpc_sim_until(&sim, "connections", 0));
    OK(kpc_client_connect(client, KPC_SOON, &error));
    CHECK(kpc_sim_count(&sim, "connections") == 5);
    kpc_event_sink_free(sink);
    OK(kpc_client_close(client, KPC_FOREVER, &error));
    kpc_client_free(client);
    OK(kpc_config_set_connect_all(config, false, &error));
}

int main(void)
{
    struct rlimit limit;
    kpc_config *config;
    int spare, before, connected = 0;

    kpc_sim_start(&sim, "--instant");
    config = kpc_sim_config(&sim);
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = MOST;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    before = take_all();
    give_back(MOST);
    for (spare = 0; spare < 12; spare++) {
        connected = with(spare, config);
        CHECK(spare > 0 || !connected);
    }
    CHECK(connected);
    connect_all_or_none(config);
    CHECK(take_all() == before);
    give_back(MOST);
    kpc_config_free(config);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
