/* How to use the library from an event loop: poll(2), and so epoll, kqueue, glib, libuv, Qt.
 *
 *   $ printf 'one\ntwo\nthree\n' | event_loop_poll thinclient.toml | sort
 *   echo: one
 *   echo: three
 *   echo: two
 *   ready
 *
 * The program sends every line of the standard input to an echo service and prints every reply, on
 * one thread that waits for both in one place. Nothing here blocks: the descriptor of a sink is
 * readable while the sink has an event. */
#define _POSIX_C_SOURCE 200809L
#include "example.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

static kpc_client *client;
static kpc_event_sink *sink;
static unsigned outstanding;

/* Begins a message; its completion goes to the sink, as an event. */
static void send_line(const char *line, size_t length)
{
    kpc_error *error = NULL;
    kpc_completion done = {NULL, NULL, NULL, NULL};
    kpc_service echo;

    done.sink = sink;
    must(kpc_client_get_service(client, "echo", &echo, &error), &error, "an echo service");
    must(kpc_send_message_await_reply_async(client, &echo, (const uint8_t *)line, length,
                                         PATIENCE_MS, &done, NULL, &error),
         &error, "a message");
    outstanding++;
}

/* Takes all that is there: the descriptor stays readable until nothing is left. */
static void take_events(void)
{
    kpc_event *event = NULL;

    while (kpc_event_sink_next(sink, KPC_NO_WAIT, &event, NULL) == KPC_OK) {
        if (kpc_event_kind(event) == KPC_EVENT_OPERATION) {
            kpc_error *error = NULL;
            kpc_buffer *reply = NULL;
            kpc_result *result = NULL;
            must(kpc_event_result(event, &result, &error), &error, "a message");
            must(kpc_send_message_await_reply_result(result, &reply, &error), &error, "a message");
            printf("echo: %s\n", (const char *)kpc_buffer_data(reply));
            kpc_buffer_free(reply);
            kpc_result_free(result);
            outstanding--;
        }
        kpc_event_free(event);
    }
}

/* Takes what there is of the input, and sends the lines that are whole; 0 at its end. */
static int take_input(void)
{
    static char buffer[1024];
    static size_t have;
    char *end;
    ssize_t more = read(STDIN_FILENO, buffer + have, sizeof buffer - have);

    need(more >= 0 || errno == EINTR, "the input cannot be read");
    have += more > 0 ? (size_t)more : 0;
    while ((end = memchr(buffer, '\n', have)) != NULL) {
        size_t length = (size_t)(end - buffer);
        send_line(buffer, length);
        have -= length + 1;
        memmove(buffer, end + 1, have);
    }
    need(have < sizeof buffer, "this line is too long");
    return more != 0;
}

int main(int argc, char **argv)
{
    kpc_error *error = NULL;
    struct pollfd wanted[2];

    need(argc == 2, "usage: event_loop_poll THINCLIENT.TOML");
    client = example_connect(argv[1]);
    must(kpc_event_sink_open(client, 16, &sink, &error), &error, "a sink");
    wanted[0].fd = kpc_event_sink_fd(sink); /* belongs to the sink: poll it, no more */
    wanted[0].events = POLLIN;
    wanted[1].fd = STDIN_FILENO;
    wanted[1].events = POLLIN;
    need(wanted[0].fd >= 0, "no descriptor");
    printf("ready\n");

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
