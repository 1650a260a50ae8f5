/* How to watch the daemon from an event loop, and notice that it has to be restarted: kpclientd is
 * known to stall after its machine has slept.
 *
 *   $ printf 'ask\nask\n' | health thinclient.toml
 *   the daemon is healthy
 *   the daemon has answered, and is healthy
 *   the daemon has answered, and is healthy
 *
 * Each line of the standard input makes the program ask the daemon for something. Silence alone
 * says nothing of a daemon: only one that owes an answer can be late with it. So a program that
 * asks for nothing asks for a small thing now and then, if it wants to know. */
#define _POSIX_C_SOURCE 200809L
#include "example.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

static kpc_client *client;
static kpc_event_sink *sink;
static kpc_box_index first;
static unsigned outstanding;

/* Later versions may know more verdicts: what is unknown is taken for bad. */
static const char *in_words(uint64_t verdict)
{
    switch (verdict) {
    case KPC_HEALTH_UNCONNECTED:
    case KPC_HEALTH_CLOSED: return "not in use";
    case KPC_HEALTH_CONNECTING: return "away";
    case KPC_HEALTH_HEALTHY: return "healthy";
    case KPC_HEALTH_OFFLINE: return "not on the mixnet";
    case KPC_HEALTH_SILENT: return "silent";
    case KPC_HEALTH_NOT_DRAINING: return "not reading what is sent to it";
    default: return "stuck: restart it";
    }
}

/* Asks nobody: it is what the client sees anyway. */
static uint64_t verdict(void)
{
    kpc_error *error = NULL;
    kpc_daemon_health health;

    must(kpc_client_health(client, &health, sizeof health, &error), &error, "the health");
    return health.verdict;
}

/* A request that the daemon answers at once, without the mixnet. */
static void ask(void)
{
    kpc_error *error = NULL;
    kpc_completion done = {NULL, NULL, NULL, NULL};

    done.sink = sink;
    must(kpc_next_message_box_index_remote_async(client, &first, KPC_FOREVER, &done, NULL, &error),
         &error, "a request");
    outstanding++;
}

/* Each change for the worse, and back, comes as an event. */
static void take_events(void)
{
    kpc_event *event = NULL;

    while (kpc_event_sink_next(sink, KPC_NO_WAIT, &event, NULL) == KPC_OK) {
        if (kpc_event_kind(event) == KPC_EVENT_HEALTH) {
            printf("the daemon is now %s\n", in_words((uint64_t)kpc_event_health(event)));
        } else if (kpc_event_kind(event) == KPC_EVENT_OPERATION) {
            printf("the daemon has answered, and is %s\n", in_words(verdict()));
            outstanding--;
        }
        kpc_event_free(event);
    }
}

/* Asks once for each line; 0 at the end of the input. */
static int take_input(void)
{
    char buffer[256];
    ssize_t i, more = read(STDIN_FILENO, buffer, sizeof buffer);

    need(more >= 0 || errno == EINTR, "the input cannot be read");
    for (i = 0; i < more; i++) {
        if (buffer[i] == '\n') {
            ask();
        }
    }
    return more != 0;
}

int main(int argc, char **argv)
{
    kpc_error *error = NULL;
    kpc_write_cap write_cap;
    kpc_read_cap read_cap;
    struct pollfd wanted[2] = {{-1, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};

    need(argc == 2, "usage: health THINCLIENT.TOML");
    client = example_connect(argv[1]);
    example_channel(&write_cap, &read_cap, &first);
    must(kpc_event_sink_open(client, 16, &sink, &error), &error, "a sink");
    wanted[0].fd = kpc_event_sink_fd(sink); /* belongs to the sink: poll it, no more */
    need(wanted[0].fd >= 0, "no descriptor");
    printf("the daemon is %s\n", in_words(verdict()));

    while (wanted[1].fd >= 0 || outstanding > 0) {
        need(poll(wanted, 2, -1) >= 0 || errno == EINTR, "poll failed");
        if (wanted[0].revents != 0) {
            take_events();
        }
        if (wanted[1].fd >= 0 && wanted[1].revents != 0 && !take_input()) {
            wanted[1].fd = -1; /* poll passes over it from now on */
        }
    }
    kpc_event_sink_free(sink);
    example_leave(client);
    return 0;
}
