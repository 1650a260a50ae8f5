/* A program may end in the middle of everything without closing or freeing: it ends at once, with
 * its own exit code, prints nothing, and the daemon keeps the session for a while. */
/* c_suite: needs sim */
/* c_suite: leaks are not looked for: not freeing anything is the point */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

static kpc_error *error;
static kpc_sim sim;

static void on_event(const kpc_event *event, void *user_data)
{
    (void)event;
    kpc_seen_one_more((int *)user_data);
}

/* Everything at work: reads, a callback thread, a sink with a descriptor, a thread that waits. */
static void *wait_for_ever(void *argument)
{
    kpc_event *event = NULL;
    kpc_status status = kpc_event_sink_next((kpc_event_sink *)argument, KPC_FOREVER, &event, NULL);
    (void)status;
    return NULL;
}

static int exits;

static void at_exit(void)
{
    exits++;
}

static void begin(void)
{
    static int events;
    kpc_client *client = kpc_sim_connected(&sim);
    kpc_test_stream stream = kpc_test_stream_of(1);
    kpc_event_sink *called = NULL, *awaited = NULL;
    kpc_event *event = NULL;
    kpc_seen *seen = (kpc_seen *)calloc(1, sizeof *seen);
    kpc_completion done = kpc_seen_by(seen);
    pthread_t thread;

    OK(kpc_event_sink_open(client, 8, &called, &error));
    OK(kpc_event_sink_on_event(called, on_event, &events, NULL, &error));
    OK(kpc_event_sink_open(client, 8, &awaited, &error));
    CHECK(kpc_event_sink_fd(awaited) >= 0);
    while (kpc_event_sink_next(awaited, KPC_NO_WAIT, &event, NULL) == KPC_OK) {
        kpc_event_free(event);
    }
    CHECK(pthread_create(&thread, NULL, wait_for_ever, awaited) == 0 && pthread_detach(thread) == 0);
    OK(kpc_read_box_async(client, &stream.reader, &stream.first, 0, KPC_FOREVER, &done, NULL, &error));
    CHECK(kpc_seen_until(&events, 2));
}

/* A child that ends in this way; its exit code, or -1. */
static int ends_so(int way, int failures_so_far)
{
    int status = 0;
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        atexit(at_exit);
        begin();
        if (kpc_test_failures != failures_so_far) {
            _exit(1);
        }
        switch (way) {
        case 0:
            exit(42);
        case 1:
            _exit(42);
        default:
            kill(getpid(), SIGKILL);
        }
    }
    CHECK(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : WIFSIGNALED(status) ? -WTERMSIG(status) : -1;
}

int main(void)
{
    kpc_sim_start(&sim, "--instant --grace 600");
    CHECK(ends_so(0, 0) == 42);
    CHECK(kpc_sim_until(&sim, "connections", 0));
    /* Its lanes for local requests and for reads, without a word of goodbye. */
    CHECK(kpc_sim_count(&sim, "absent_sessions") >= 1 && kpc_sim_count(&sim, "thin_close") == 0);
    CHECK(ends_so(1, 0) == 42);
    CHECK(ends_so(2, 0) == -SIGKILL);
    CHECK(kpc_sim_until(&sim, "connections", 0));
    kpc_sim_stop(&sim);

    /* At last this very process: nothing was made in it that would have to be freed, and main
     * returns while a client is at work. */
    kpc_sim_start(&sim, "--instant");
    begin();
    kpc_sim_stop(&sim);
    printf("%d checks, %d failures\n", kpc_test_checks, kpc_test_failures);
    return kpc_test_failures != 0;
}
