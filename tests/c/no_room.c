/* No room for one more object: what comes only once, a result, an event, a completion, is not
 * lost for that. It stays where it is, or had its room before. */
/* c_suite: needs sim */
/* c_suite: not tsan (it has no use for a limit of memory) */
/* c_suite: not valgrind (it has no use for a limit of memory) */
#define _XOPEN_SOURCE 700
#include "kpc_sim.h"

#include <sys/resource.h>

#if UINTPTR_MAX > 0xffffffff
/* Where the table of objects must grow by 64 MiB: more than any thread's heap has in store. */
#define FULL ((1 << 21) - 64)
#else
/* All that there are handles for. */
#define FULL (1 << 16)
#endif

static kpc_sim sim;
static kpc_client *client;
static kpc_error *error;
static kpc_buffer *filling[FULL];
static size_t filled;

static int documents;

static void on_event(const kpc_event *event, void *user_data)
{
    (void)user_data;
    if (kpc_event_kind(event) == KPC_EVENT_PKI_DOCUMENT) {
        kpc_seen_one_more(&documents);
    }
}

/* So much memory as there is now, and little more; or no limit. */
static void limit_memory(int limited)
{
    struct rlimit limit;
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file != NULL && fscanf(file, "%ld", &pages) == 1 && pages > 0);
    if (file != NULL) {
        fclose(file);
    }
    CHECK(getrlimit(RLIMIT_AS, &limit) == 0);
    limit.rlim_cur = limited ? (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + (2 << 20) : limit.rlim_max;
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
}

/* Until nothing goes in any more. */
static void fill(void)
{
    CHECK(filled == 0);
    STATUS(KPC_OK, kpc_buffer_new((const uint8_t *)"x", 1, &filling[filled++], NULL));
    while (filled < FULL && kpc_debug_live_objects() < FULL - 64) {
        STATUS(KPC_OK, kpc_buffer_ref(filling[0], &filling[filled], NULL));
        filled++;
    }
    limit_memory(1);
    while (filled < FULL && kpc_buffer_ref(filling[0], &filling[filled], NULL) == KPC_OK) {
        filled++;
    }
    CHECK(filled < FULL);
}

static void empty(void)
{
    limit_memory(0);
    while (filled > 0) {
        kpc_buffer_free(filling[--filled]);
    }
}

int main(void)
{
    kpc_test_stream written = kpc_test_stream_of(1), missing = kpc_test_stream_of(2);
    kpc_event_sink *sink = NULL, *called = NULL;
    kpc_event *event = NULL;
    kpc_result *result = NULL;
    kpc_buffer *buffer = NULL;
    kpc_box_index next;
    kpc_seen seen, none;
    kpc_completion done = kpc_seen_by(&seen), refused = kpc_seen_by(&none);
    kpc_op write = 0, read = 0, other = 0;
    int before;

#ifdef __SANITIZE_ADDRESS__
    kpc_test_skip("AddressSanitizer needs more memory than the test leaves");
#endif
    kpc_sim_start(&sim, "--instant");
    client = kpc_sim_connected(&sim);
    OK(kpc_event_sink_open(client, 8, &sink, &error));
    OK(kpc_event_sink_open(client, 8, &called, &error));
    OK(kpc_event_sink_on_event(called, on_event, NULL, NULL, &error));
    CHECK(kpc_seen_until(&documents, 1));
    OK(kpc_write_box_async(client, &written.writer, &written.first, (const uint8_t *)"x", 1, 0, KPC_FOREVER,
                           NULL, &write, &error));
    OK(kpc_op_wait(client, write, KPC_SOON, NULL, &error));
    OK(kpc_read_box_async(client, &missing.reader, &missing.first, 0, KPC_FOREVER, &done, &read, &error));
    before = kpc_seen_now(&documents);
    fill();

    /* What is asked for is refused, and what would come stays. */
    STATUS(KPC_ERR_NO_MEMORY, kpc_buffer_new((const uint8_t *)"x", 1, &buffer, NULL));
    STATUS(KPC_ERR_NO_MEMORY, kpc_op_wait(client, write, KPC_NO_WAIT, &result, NULL));
    STATUS(KPC_ERR_NO_MEMORY, kpc_event_sink_next(sink, KPC_NO_WAIT, &event, NULL));
    CHECK(buffer == NULL && result == NULL && event == NULL);
    STATUS(KPC_ERR_NO_MEMORY,
           kpc_read_box_async(client, &missing.reader, &missing.first, 0, KPC_FOREVER, &refused, &other, NULL));
    CHECK(other == 0 && kpc_seen_now(&none.calls) == 0 && kpc_seen_now(&none.drops) == 1);

    /* What was begun before is told. */
    STATUS(KPC_OK, kpc_op_cancel(client, read, NULL));
    CHECK(kpc_seen_until(&seen.drops, 1));
    CHECK(kpc_seen_now(&seen.calls) == 1 && seen.op == read && seen.status == KPC_ERR_CANCELLED);
    kpc_sim_say(&sim, "epoch-advance");
    CHECK(kpc_seen_until(&documents, before + 1));

    empty();
    OK(kpc_op_wait(client, write, KPC_NO_WAIT, &result, &error));
    CHECK(kpc_result_op(result) == write);
    OK(kpc_write_box_result(result, &next, &error));
    kpc_result_free(result);
    OK(kpc_event_sink_next(sink, KPC_NO_WAIT, &event, &error));
    CHECK(kpc_event_kind(event) == KPC_EVENT_CONNECTION_STATUS);
    kpc_event_free(event);

    kpc_event_sink_free(sink);
    kpc_event_sink_free(called);
    kpc_client_free(client);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
