/* Tombstones for boxes in a row: all of them, none, and as many as could be made. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_copies.h"

static void tombstone_range(void)
{
    kpc_test_stream stream = kpc_test_stream_of(1);
    kpc_box_index at = stream.first, next, expected;
    kpc_tombstones *made = NULL;
    kpc_envelope *envelope = NULL;
    size_t i;

    for (i = 0; i < 4; i++) {
        OK(kpc_write_box(client, &stream.writer, &at, (const uint8_t *)"x", 1, 0, KPC_SOON, &at, &error));
    }
    OK(kpc_tombstone_range(client, &stream.writer, &stream.first, 4, KPC_SOON, &made, &error));
    CHECK(kpc_tombstones_count(made) == 4);
    CHECK(kpc_tombstones_error(made) == NULL);
    OK(kpc_tombstones_next(made, &next, &error));
    CHECK(kpc_copies_same(&next, &at));
    for (i = 0; i < 4; i++) {
        expected = kpc_copies_ahead(&stream.first, i);
        OK(kpc_tombstones_box_index_at(made, i, &next, &error));
        CHECK(kpc_copies_same(&next, &expected));
        OK(kpc_tombstones_envelope_at(made, i, &envelope, &error));
        OK(kpc_start_resending_encrypted_message(client, NULL, &stream.writer, NULL, -1, envelope, 0, KPC_SOON,
                                                 NULL, NULL, &error));
        kpc_envelope_free(envelope);
        CHECK(kpc_copies_deleted(&stream, &expected));
    }
    ERROR(KPC_ERR_ARG_VALUE, kpc_tombstones_envelope_at(made, 4, &envelope, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_tombstones_box_index_at(made, 4, &next, &error));
    kpc_tombstones_free(made);

    ASYNC(kpc_tombstone_range_async(client, &stream.writer, &stream.first, 2, KPC_SOON, NULL, &op, &error),
          kpc_tombstone_range_result(result, &made, &error));
    CHECK(kpc_tombstones_count(made) == 2);
    kpc_tombstones_free(made);

    OK(kpc_tombstone_range(client, &stream.writer, &stream.first, 0, KPC_SOON, &made, &error));
    OK(kpc_tombstones_next(made, &next, &error));
    CHECK(kpc_tombstones_count(made) == 0 && kpc_copies_same(&next, &stream.first));
    CHECK(kpc_tombstones_error(made) == NULL);
    kpc_tombstones_free(made);
}

/* Waits until the daemon has made what it was asked for, also for those who gave up. */
static int no_encryption_is_under_way(void)
{
    int64_t end = kpc_test_now_ms() + KPC_SOON;
    kpc_stats stats;

    do {
        OK(kpc_client_stats(client, &stats, sizeof stats, &error));
        kpc_test_nap();
    } while (stats.lanes[KPC_LANE_ENCRYPTION].in_flight != 0 && kpc_test_now_ms() < end);
    return stats.lanes[KPC_LANE_ENCRYPTION].in_flight == 0;
}

/* The time runs out when some are made: these are given, with the reason. */
static void tombstones_error(void)
{
    kpc_test_stream stream = kpc_test_stream_of(2);
    kpc_box_index next, expected;
    kpc_tombstones *made = NULL;
    kpc_error *why;
    size_t count;

    OK(kpc_tombstone_range(client, &stream.writer, &stream.first, KPC_MAX_STREAM_BOXES, 500, &made, &error));
    count = kpc_tombstones_count(made);
    CHECK(count > 0 && count < KPC_MAX_STREAM_BOXES);
    why = kpc_tombstones_error(made);
    STATUS(KPC_ERR_TIMEOUT, kpc_error_status(why));
    kpc_error_free(why);
    OK(kpc_tombstones_next(made, &next, &error));
    expected = kpc_copies_ahead(&stream.first, count);
    CHECK(kpc_copies_same(&next, &expected));
    kpc_tombstones_free(made);

    /* With not one made it is a failure like any other. The requests that were under way when the
     * time was over must not take the error. */
    CHECK(no_encryption_is_under_way());
    kpc_sim_say(&sim, "error encrypt_write 4");
    ERROR(KPC_ERR_DAEMON_INTERNAL,
          kpc_tombstone_range(client, &stream.writer, &stream.first, 3, KPC_SOON, &made, &error));
    CHECK(made == NULL);
}

static void refusals(void)
{
    kpc_test_stream stream = kpc_test_stream_of(3), other = kpc_test_stream_of(4);
    kpc_tombstones *made = NULL;
    ERROR(KPC_ERR_PAYLOAD_TOO_LARGE, kpc_tombstone_range(client, &stream.writer, &stream.first,
                                                         KPC_MAX_STREAM_BOXES + 1, KPC_SOON, &made, &error));
    ERROR(KPC_ERR_INVALID_CAPABILITY,
          kpc_tombstone_range(client, &stream.writer, &other.first, 1, KPC_SOON, &made, &error));
    CHECK(made == NULL);
}

int main(void)
{
    kpc_sim_start(&sim, "--instant");
    client = kpc_sim_connected(&sim);
    tombstone_range();
    tombstones_error();
    refusals();
    kpc_client_free(client);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
