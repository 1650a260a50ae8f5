/* Clients come and go on one daemon, KPC_CONNECTS of them: connected or not yet, with operations at the daemon, an
 * event sink or a callback, closed or only freed. Then the process has the descriptors, threads and memory of before,
 * and the daemon nothing of them. */
/* c_suite: needs sim */
/* c_suite: not valgrind (it takes long, and looks for what is left in every other program) */
/* c_suite: not tsan (it has a thread of its own) */
#define _GNU_SOURCE
#include "kpc_counted.h"

enum { CONNECTS = 200, MAY_GROW = 8 << 10 };

static kpc_error *error;
static kpc_sim sim;

/* What the daemon still has to do for a client when that goes. */
static void leave_something(kpc_client *client, int number, kpc_seen *seen)
{
    kpc_test_stream stream = kpc_test_stream_of((uint8_t)number);
    kpc_completion done = kpc_seen_by(seen);
    kpc_box_index next;

    OK(kpc_next_message_box_index_remote(client, &stream.first, KPC_SOON, &next, &error));
    OK(kpc_read_box_async(client, &stream.reader, &stream.first, 0, KPC_FOREVER, &done, NULL, &error));
}

static void a_life(int number)
{
    kpc_client *client = kpc_sim_client(&sim);
    kpc_event_sink *sink = NULL;
    kpc_seen seen;
    int connects = number % 16 != 15, has_something = connects && number % 3 == 0;

    if (number % 2 == 0) {
        OK(kpc_event_sink_open(client, 8, &sink, &error));
        CHECK(kpc_event_sink_fd(sink) >= 0);
    }
    if (connects) {
        OK(kpc_client_connect(client, KPC_SOON, &error));
        CHECK(kpc_client_is_attached(client));
    }
    if (has_something) {
        leave_something(client, number, &seen);
    }
    if (number % 5 != 0) {
        OK(kpc_client_close(client, KPC_FOREVER, &error));
        CHECK(!has_something || kpc_seen_now(&seen.drops) == 1);
    }
    kpc_event_sink_free(sink);
    kpc_client_free(client);
    if (has_something) {
        CHECK(kpc_seen_until(&seen.drops, 1) && seen.calls == 1);
        STATUS(KPC_ERR_CLOSED, seen.status);
    }
}

/* Nothing is left of so many lives; what is allocated after them. */
static long lives(int count, int descriptors, int threads)
{
    int i;
    for (i = 0; i < count; i++) {
        a_life(i);
    }
    CHECK(kpc_counted_until(descriptors, threads));
    CHECK(kpc_sim_until(&sim, "connections", 0) && kpc_sim_until(&sim, "arq_entries", 0));
    kpc_test_await_callbacks();
    return kpc_allocated();
}

/* What is freed is not to lie in the caches of threads, where it counts as allocated. */
static void without_caches(char **arguments)
{
    if (getenv("GLIBC_TUNABLES") == NULL) {
        setenv("GLIBC_TUNABLES", "glibc.malloc.arena_max=1:glibc.malloc.tcache_count=0", 1);
        execv("/proc/self/exe", arguments);
        CHECK(!"it starts again");
    }
}

int main(int argc, char **argv)
{
    const char *wanted = getenv("KPC_CONNECTS");
    int count = wanted != NULL ? atoi(wanted) : CONNECTS, descriptors, threads;
    long before, after;

    (void)argc;
    without_caches(argv);
    kpc_sim_start(&sim, "--instant --grace 1");
    descriptors = kpc_descriptors();
    threads = kpc_threads();
    before = lives(CONNECTS / 4, descriptors, threads);
    after = lives(count, descriptors, threads);
    if (!CHECK(after - before < MAY_GROW)) {
        printf("%ld bytes are left of %d clients\n", after - before, count);
    }
    kpc_sim_stop(&sim);
    printf("%d clients: %ld bytes more\n", count, after - before);
    return kpc_test_end();
}
