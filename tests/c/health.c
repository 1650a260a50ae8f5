/* kpc_client_health and KPC_EVENT_HEALTH: a daemon that is stopped, off the mixnet, away, and back
 * again; an idle client, of which it owes nothing; structs of every size. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

/* So short that the test is quick: a verdict may come late, and never too soon. */
enum { LIMIT_MS = 200 };

static kpc_error *error;
static kpc_sim sim;

static kpc_daemon_health health_of(const kpc_client *client)
{
    kpc_daemon_health health;
    memset(&health, 0xa5, sizeof health);
    OK(kpc_client_health(client, &health, sizeof health, &error));
    CHECK(kpc_test_filled(health.reserved, 0, sizeof health.reserved));
    return health;
}

static uint64_t verdict_of(const kpc_client *client)
{
    return health_of(client).verdict;
}

/* Only as much is written as the program has, and no more than there is. */
static void kpc_client_health_sizes(const kpc_client *client)
{
    union {
        kpc_daemon_health health;
        uint64_t words[512];
    } room;
    size_t known = sizeof(kpc_daemon_health);

    CHECK(known == 14 * 8);
    memset(&room, 0xa5, sizeof room);
    OK(kpc_client_health(client, &room.health, 8, &error));
    CHECK(room.health.verdict == KPC_HEALTH_UNCONNECTED);
    CHECK(kpc_test_filled((char *)&room + 8, 0xa5, sizeof room - 8));
    OK(kpc_client_health(client, &room.health, sizeof room, &error));
    CHECK(kpc_test_filled((char *)&room + known, 0, sizeof room - known));
    ERROR(KPC_ERR_ARG_SIZE, kpc_client_health(client, &room.health, 0, &error));
    ERROR(KPC_ERR_ARG_SIZE, kpc_client_health(client, &room.health, 12, &error));
    ERROR(KPC_ERR_ARG_SIZE, kpc_client_health(client, &room.health, sizeof room + 8, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_client_health(client, NULL, known, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_client_health(NULL, &room.health, known, &error));
    CHECK(kpc_test_filled(&room, 0, known));
}

static kpc_client *hasty_client(void)
{
    kpc_config *config = kpc_sim_config(&sim);
    kpc_client *client = NULL;

    OK(kpc_config_set_silence_limit(config, LIMIT_MS, &error));
    OK(kpc_client_new(config, &client, &error));
    kpc_config_free(config);
    return client;
}

/* Waits for the event with this verdict; others may come before it. */
static void await_event(kpc_event_sink *sink, int32_t verdict)
{
    int32_t told = KPC_HEALTH_NONE;
    while (told != verdict && kpc_test_failures == 0) {
        kpc_event *event = EVENT_OF(sink, KPC_EVENT_HEALTH);
        told = kpc_event_health(event);
        kpc_event_free(event);
    }
    CHECK(told == verdict);
}

/* Waits for a verdict that no event of this kind reports. */
static void await_verdict(const kpc_client *client, uint64_t verdict)
{
    int64_t end = kpc_test_now_ms() + KPC_SOON;
    while (verdict_of(client) != verdict && kpc_test_now_ms() < end) {
        kpc_test_nap();
    }
    CHECK(verdict_of(client) == verdict);
}

/* The daemon is stopped: whoever wants something of it notices, and nobody else. */
static void kpc_event_health_of_a_stopped_daemon(void)
{
    kpc_client *client = hasty_client(), *idle = hasty_client();
    kpc_event_sink *sink = NULL;
    kpc_test_stream stream = kpc_test_stream_of(1);
    kpc_daemon_health health;
    kpc_event *event;
    kpc_box_index next;
    kpc_op op = 0;
    int32_t told;

    CHECK(verdict_of(client) == KPC_HEALTH_UNCONNECTED && health_of(client).heard_ns == UINT64_MAX);
    OK(kpc_client_connect(client, KPC_SOON, &error));
    OK(kpc_client_connect(idle, KPC_SOON, &error));
    CHECK(kpc_sim_verified(client) && kpc_sim_verified(idle));
    CHECK(verdict_of(client) == KPC_HEALTH_HEALTHY && verdict_of(idle) == KPC_HEALTH_HEALTHY);
    OK(kpc_event_sink_open(client, 64, &sink, &error));
    event = EVENT_OF(sink, KPC_EVENT_CONNECTION_STATUS);
    CHECK(kpc_event_health(event) == KPC_HEALTH_NONE && kpc_event_health(NULL) == KPC_HEALTH_NONE);
    kpc_event_free(event);

    CHECK(kill(sim.pid, SIGSTOP) == 0);
    OK(kpc_next_message_box_index_remote_async(client, &stream.first, KPC_FOREVER, NULL, &op, &error));
    event = EVENT_OF(sink, KPC_EVENT_HEALTH);
    told = kpc_event_health(event);
    /* On a machine that is busy the first may be missed. */
    CHECK(told == KPC_HEALTH_SILENT || told == KPC_HEALTH_WEDGED);
    kpc_event_free(event);
    if (told != KPC_HEALTH_WEDGED) {
        await_event(sink, KPC_HEALTH_WEDGED);
    }
    health = health_of(client);
    CHECK(health.verdict == KPC_HEALTH_WEDGED && health.waiting == 1 && health.in_line == 0);
    CHECK(health.overdue_ns >= 4 * LIMIT_MS * 1000000ull);
    CHECK(health.heard_ns >= health.overdue_ns && health.heard_ns != UINT64_MAX);
    CHECK(verdict_of(idle) == KPC_HEALTH_HEALTHY && health_of(idle).overdue_ns == 0);

    CHECK(kill(sim.pid, SIGCONT) == 0);
    await_event(sink, KPC_HEALTH_HEALTHY);
    {
        kpc_result *result = WAIT_FOR(client, op);
        OK(kpc_next_message_box_index_remote_result(result, &next, &error));
        kpc_result_free(result);
    }
    kpc_event_sink_free(sink);
    OK(kpc_client_close(client, KPC_FOREVER, &error));
    CHECK(verdict_of(client) == KPC_HEALTH_CLOSED);
    kpc_client_free(client);
    kpc_client_free(idle);
}

/* Off the mixnet, and away: no silence, and events of their own. */
static void kpc_client_health_of_a_daemon_that_says_why(void)
{
    kpc_client *client = hasty_client();
    kpc_event_sink *sink = NULL;
    kpc_event *event = NULL;
    int resumed = 0;

    OK(kpc_client_connect(client, KPC_SOON, &error));
    OK(kpc_event_sink_open(client, 64, &sink, &error));
    kpc_sim_say(&sim, "offline");
    await_verdict(client, KPC_HEALTH_OFFLINE);
    kpc_sim_say(&sim, "online");
    await_verdict(client, KPC_HEALTH_HEALTHY);
    kpc_sim_say(&sim, "down");
    kpc_sim_say(&sim, "cut");
    await_verdict(client, KPC_HEALTH_CONNECTING);
    kpc_sim_say(&sim, "up");
    await_verdict(client, KPC_HEALTH_HEALTHY);
    while (resumed == 0 && OK(kpc_event_sink_next(sink, KPC_SOON, &event, &error))) {
        CHECK(kpc_event_kind(event) != KPC_EVENT_HEALTH);
        resumed = kpc_event_kind(event) == KPC_EVENT_RESUMED;
        kpc_event_free(event);
    }
    OK(kpc_client_disconnect(client, &error));
    CHECK(verdict_of(client) == KPC_HEALTH_UNCONNECTED);
    kpc_event_sink_free(sink);
    kpc_client_free(client);
}

int main(void)
{
    kpc_client *client;

    kpc_sim_start(&sim, "--instant");
    client = kpc_sim_client(&sim);
    kpc_client_health_sizes(client);
    kpc_client_free(client);
    kpc_event_health_of_a_stopped_daemon();
    kpc_client_health_of_a_daemon_that_says_why();
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
