/* The wall clock jumps by hours, years, and to before 1970, while a client is at work: answers
 * come, time limits are kept, and none ends early. */
/* c_suite: needs sim */
/* c_suite: not valgrind (the clock is read past the one that is put in its place) */
#define _GNU_SOURCE
#include "kpc_boxes.h"
#include "kpc_wall_clock.h"

/* A read of a box that comes later, over which the clock jumps. */
static void awaited(const kpc_test_stream *stream, kpc_box_index *index, int64_t seconds)
{
    kpc_op op = 0;
    kpc_result *result;
    kpc_buffer *found = NULL;
    kpc_box_index next;

    OK(kpc_read_box_async(client, &stream->reader, index, 0, KPC_SOON, NULL, &op, &error));
    jump(seconds);
    OK(kpc_write_box(client, &stream->writer, index, bytes("late"), 4, 0, KPC_SOON, &next, &error));
    result = WAIT_FOR(client, op);
    OK(kpc_read_box_result(result, &found, index, &error));
    CHECK(kpc_buffer_len(found) == 4);
    kpc_buffer_free(found);
    kpc_result_free(result);
}

/* A limit of time is measured by a clock that does not jump. */
static void limited(const kpc_test_stream *stream, const kpc_box_index *index, int64_t seconds)
{
    int64_t begun = kpc_test_now_ms();
    kpc_op op = 0;
    kpc_result *result;

    OK(kpc_read_box_async(client, &stream->reader, index, 0, 200, NULL, &op, &error));
    jump(seconds);
    result = WAIT_FOR(client, op);
    STATUS(KPC_ERR_TIMEOUT, kpc_result_status(result));
    CHECK(kpc_test_now_ms() - begun >= 200);
    kpc_result_free(result);
}

int main(void)
{
    static const int64_t jumps[] = {3600, -86400 * 365 * 60LL, 4000000000LL, 0};
    kpc_test_stream stream = kpc_test_stream_of(6);
    kpc_box_index index = stream.first;
    size_t i;

    kpc_sim_start(&sim, "--instant --patient-couriers");
    client = kpc_sim_connected(&sim);
    for (i = 0; i < sizeof jumps / sizeof jumps[0]; i++) {
        awaited(&stream, &index, jumps[i]);
        limited(&stream, &index, -jumps[i]);
        kpc_sim_say(&sim, "cut");
        OK(kpc_client_flush(client, KPC_SOON, &error));
    }
    jump(0);
    kpc_client_free(client);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
