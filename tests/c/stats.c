/* kpc_client_stats: every number says what happened, whatever the size of the struct, at any time
 * of a client's life and on any thread. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

enum { READS = 40 };

static kpc_error *error;
static kpc_sim sim;

static kpc_stats stats_of(const kpc_client *client)
{
    kpc_stats stats;
    memset(&stats, 0xa5, sizeof stats);
    OK(kpc_client_stats(client, &stats, sizeof stats, &error));
    CHECK(kpc_test_filled(stats.reserved, 0, sizeof stats.reserved));
    CHECK(kpc_test_filled(stats.lanes[KPC_LANE_READS].reserved, 0, sizeof stats.lanes[0].reserved));
    return stats;
}

/* Waits until a number is at least this; gives all of that moment. */
static kpc_stats until(const kpc_client *client, size_t offset, uint64_t least)
{
    int64_t end = kpc_test_now_ms() + KPC_SOON;
    for (;;) {
        kpc_stats stats = stats_of(client);
        uint64_t found;
        memcpy(&found, (const char *)&stats + offset, sizeof found);
        if (found >= least || !CHECK(kpc_test_now_ms() < end)) {
            return stats;
        }
        kpc_test_nap();
    }
}

#define LANE(lane, member) \
    (offsetof(kpc_stats, lanes) + (lane) * sizeof(kpc_lane_stats) + offsetof(kpc_lane_stats, member))

/* Only as much is written as the program has, and no more than there is. */
static void sizes(const kpc_client *client)
{
    union {
        kpc_stats stats;
        uint64_t words[512];
    } room;
    kpc_stats whole = stats_of(client);
    size_t known = sizeof whole;

    CHECK(sizeof(kpc_lane_stats) == 16 * 8 && sizeof(kpc_stats) == 8 * 8 + 4 * sizeof(kpc_lane_stats));
    memset(&room, 0xa5, sizeof room);
    OK(kpc_client_stats(client, &room.stats, 16, &error));
    CHECK(memcmp(&room, &whole, 16) == 0);
    CHECK(kpc_test_filled((char *)&room + 16, 0xa5, sizeof room - 16));
    OK(kpc_client_stats(client, &room.stats, sizeof room, &error));
    CHECK(memcmp(&room, &whole, known) == 0);
    CHECK(kpc_test_filled((char *)&room + known, 0, sizeof room - known));

    memset(&room, 0xa5, sizeof room);
    ERROR(KPC_ERR_ARG_SIZE, kpc_client_stats(client, &room.stats, 0, &error));
    CHECK(kpc_test_filled(&room, 0xa5, sizeof room));
    ERROR(KPC_ERR_ARG_SIZE, kpc_client_stats(client, &room.stats, 12, &error));
    ERROR(KPC_ERR_ARG_SIZE, kpc_client_stats(client, &room.stats, sizeof room + 8, &error));
    CHECK(kpc_test_filled((char *)&room + known, 0xa5, sizeof room - known));
    ERROR(KPC_ERR_ARG_NULL, kpc_client_stats(client, NULL, sizeof room, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_client_stats(NULL, &room.stats, sizeof room, &error));
    CHECK(kpc_test_filled(&room, 0, sizeof room));
}

static void new_client(void)
{
    kpc_client *client = kpc_sim_client(&sim);
    kpc_stats stats = stats_of(client);

    for (int lane = 0; lane < KPC_LANES; lane++) {
        CHECK(stats.lanes[lane].window > 0);
        stats.lanes[lane].window = 0;
    }
    CHECK(kpc_test_filled(&stats, 0, sizeof stats));
    kpc_client_free(client);
}

/* What a callback finds: it may ask. */
typedef struct asker {
    const kpc_client *client;
    int asked;
} asker;

static void asks(const kpc_result *result, void *user_data)
{
    asker *by = (asker *)user_data;
    kpc_stats stats;
    STATUS(KPC_OK, kpc_result_status(result));
    STATUS(KPC_OK, kpc_client_stats(by->client, &stats, sizeof stats, NULL));
    CHECK(stats.lanes[KPC_LANE_LOCAL].is_open == 1);
    kpc_seen_one_more(&by->asked);
}

/* Encryptions go their own way, and their price is told. */
static void encryptions(kpc_client *client, const kpc_test_stream *stream)
{
    kpc_stats before = stats_of(client), after;
    const kpc_lane_stats *lane = &after.lanes[KPC_LANE_ENCRYPTION];
    kpc_envelope *envelope = NULL;

    CHECK(before.lanes[KPC_LANE_ENCRYPTION].is_open == 0);
    OK(kpc_encrypt_write(client, &stream->writer, &stream->first, (const uint8_t *)"text", 4, KPC_SOON,
                         &envelope, &error));
    kpc_envelope_free(envelope);
    after = stats_of(client);
    CHECK(lane->is_open == 1 && lane->requests == 1 && lane->answers == 1);
    CHECK(lane->in_line == 0 && lane->in_flight == 0 && lane->window == 2);
    CHECK(lane->round_trip_ns > 0 && lane->round_trip_ns < (uint64_t)KPC_SOON * 1000000);
    CHECK(after.lanes[KPC_LANE_LOCAL].requests == before.lanes[KPC_LANE_LOCAL].requests);
}

/* Questions that the daemon answers: each is one request and one answer. */
static void questions(kpc_client *client)
{
    kpc_test_stream stream = kpc_test_stream_of(1);
    const kpc_lane_stats *lane;
    kpc_stats before, after;
    kpc_box_index next;
    asker by = {client, 0};
    kpc_completion done = {asks, &by, NULL, NULL};
    kpc_op op = 0, kept = 0;

    /* The library's own question is asked, and so answered before the next one. */
    CHECK(kpc_sim_verified(client));
    OK(kpc_next_message_box_index_remote(client, &stream.first, KPC_SOON, &next, &error));
    before = stats_of(client);
    for (int i = 0; i < 5; i++) {
        OK(kpc_next_message_box_index_remote(client, &stream.first, KPC_SOON, &next, &error));
    }
    after = stats_of(client);
    lane = &after.lanes[KPC_LANE_LOCAL];
    CHECK(before.lanes[KPC_LANE_LOCAL].requests == before.lanes[KPC_LANE_LOCAL].answers);
    CHECK(lane->requests == before.lanes[KPC_LANE_LOCAL].requests + 5);
    CHECK(lane->answers == lane->requests);
    CHECK(lane->is_open == 1 && lane->connects == 1 && lane->resumes == 0 && lane->replays == 0);
    CHECK(lane->in_line == 0 && lane->in_flight == 0);
    CHECK(lane->round_trip_ns > 0 && lane->round_trip_ns < (uint64_t)KPC_SOON * 1000000);
    CHECK(lane->shortest_round_trip_ns == 0); /* no box went over it */
    CHECK(after.lanes[KPC_LANE_READS].is_open == 0 && after.lanes[KPC_LANE_READS].requests == 0);
    CHECK(after.operations_running == 0 && after.results_kept == 0);
    encryptions(client, &stream);

    OK(kpc_next_message_box_index_remote_async(client, &stream.first, KPC_SOON, &done, &op, &error));
    CHECK(kpc_seen_until(&by.asked, 1));
    OK(kpc_next_message_box_index_remote_async(client, &stream.first, KPC_SOON, NULL, &kept, &error));
    CHECK(until(client, offsetof(kpc_stats, results_kept), 1).operations_running == 0);
    {
        kpc_result *result = WAIT_FOR(client, kept);
        kpc_result_free(result);
    }
    CHECK(stats_of(client).results_kept == 0);
}

/* A box is written: one request with one answer on its way, whose time is measured. */
static void writing(kpc_client *client)
{
    kpc_test_stream stream = kpc_test_stream_of(2);
    kpc_box_index next;
    const kpc_lane_stats *lane;
    kpc_stats stats;

    OK(kpc_write_box(client, &stream.writer, &stream.first, (const uint8_t *)"x", 1, 0, KPC_SOON, &next, &error));
    stats = stats_of(client);
    lane = &stats.lanes[KPC_LANE_WRITES];
    CHECK(lane->is_open == 1 && lane->connects == 1 && lane->requests == 1 && lane->answers == 1);
    CHECK(lane->round_trip_ns > 0 && lane->shortest_round_trip_ns == lane->round_trip_ns);
    CHECK(lane->in_flight == 0 && lane->in_line == 0 && lane->window >= 1);
}

/* More reads than there is room for, while nothing leaves the daemon; then it is lost. */
static void reading(kpc_client *client)
{
    kpc_test_stream stream = kpc_test_stream_of(3);
    const kpc_lane_stats *lane;
    kpc_stats stats;
    kpc_op ops[READS];

    kpc_sim_say(&sim, "hold");
    for (int i = 0; i < READS; i++) {
        OK(kpc_read_box_async(client, &stream.reader, &stream.first, 0, KPC_FOREVER, NULL, &ops[i], &error));
        OK(kpc_next_message_box_index(&stream.first, &stream.first, &error));
    }
    CHECK(stats_of(client).operations_running == READS);
    until(client, LANE(KPC_LANE_READS, in_flight), 1);
    for (;;) {
        stats = stats_of(client);
        lane = &stats.lanes[KPC_LANE_READS];
        CHECK(lane->in_flight <= lane->window && lane->in_line + lane->in_flight <= READS);
        if (lane->in_line + lane->in_flight == READS) {
            break;
        }
        kpc_test_nap();
    }
    CHECK(lane->in_flight == lane->requests && lane->answers == 0 && lane->replays == 0);
    CHECK(lane->round_trip_ns == 0);

    kpc_sim_say(&sim, "cut");
    stats = until(client, LANE(KPC_LANE_READS, replays), 1);
    CHECK(stats.lanes[KPC_LANE_READS].connects == 2 && stats.lanes[KPC_LANE_READS].resumes == 0);
    until(client, LANE(KPC_LANE_LOCAL, connects), 2);

    for (int i = 0; i < READS; i++) {
        STATUS(KPC_OK, kpc_op_cancel(client, ops[i], NULL));
    }
    stats = stats_of(client);
    CHECK(stats.operations_running == 0 && stats.results_kept == READS);
    /* The library hears of it a moment later. */
    while (stats_of(client).lanes[KPC_LANE_READS].in_line > 0) {
        kpc_test_nap();
    }
    kpc_sim_say(&sim, "release");
}

/* A sink for two notices, which nobody reads, beside one that tells when they have come. */
static void slow_reader(kpc_client *client)
{
    kpc_event_sink *slow = NULL, *quick = NULL;
    kpc_event *event = NULL;
    int changes = 0;
    uint64_t before = stats_of(client).events_dropped;

    OK(kpc_event_sink_open(client, 2, &slow, &error));
    OK(kpc_event_sink_open(client, 64, &quick, &error));
    CHECK(stats_of(client).sinks_open == 2);
    kpc_sim_say(&sim, "offline");
    kpc_sim_say(&sim, "online");
    kpc_sim_say(&sim, "offline");
    kpc_sim_say(&sim, "online");
    while (changes < 5 && OK(kpc_event_sink_next(quick, KPC_SOON, &event, &error))) {
        changes += kpc_event_kind(event) == KPC_EVENT_CONNECTION_STATUS;
        kpc_event_free(event);
    }
    CHECK(stats_of(client).events_dropped >= before + 4);
    kpc_event_sink_free(slow);
    kpc_event_sink_free(quick);
    CHECK(stats_of(client).sinks_open == 0);
    CHECK(stats_of(client).events_dropped >= before + 4);
}

static void *ask_on(void *client)
{
    for (int i = 0; i < 200; i++) {
        kpc_stats stats;
        STATUS(KPC_OK, kpc_client_stats((const kpc_client *)client, &stats, sizeof stats, NULL));
    }
    return NULL;
}

static void threads(kpc_client *client)
{
    kpc_test_stream stream = kpc_test_stream_of(4);
    kpc_box_index next;
    pthread_t thread[4];

    for (int i = 0; i < 4; i++) {
        CHECK(pthread_create(&thread[i], NULL, ask_on, client) == 0);
    }
    for (int i = 0; i < 50; i++) {
        OK(kpc_next_message_box_index_remote(client, &stream.first, KPC_SOON, &next, &error));
    }
    for (int i = 0; i < 4; i++) {
        CHECK(pthread_join(thread[i], NULL) == 0);
    }
}

int main(void)
{
    kpc_client *client;

    kpc_sim_start(&sim, "--instant");
    new_client();
    client = kpc_sim_connected(&sim);
    questions(client);
    writing(client);
    reading(client);
    slow_reader(client);
    threads(client);
    STATUS(KPC_OK, kpc_client_close(client, KPC_FOREVER, NULL));
    CHECK(stats_of(client).lanes[KPC_LANE_LOCAL].is_open == 0);
    CHECK(stats_of(client).lanes[KPC_LANE_LOCAL].answers > 50);
    sizes(client);
    kpc_client_free(client);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
