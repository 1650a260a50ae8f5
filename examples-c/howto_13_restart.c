/* How to keep working when the daemon stops and restarts: the program does nothing.
 *
 *   $ howto_13_restart thinclient.toml restart-daemon
 *   waiting for a box that is not written yet
 *   running: restart-daemon
 *   event: the daemon is gone (it did not say that it would)
 *   event: another daemon process is there
 *   wrote the box
 *   the read has ended: KPC_OK, worth the wait
 *
 * The second argument is a command that restarts the daemon, such as "systemctl restart
 * kpclientd". kpclientd v0.0.99 leaves its Unix socket behind when it is killed (SIGKILL), and does
 * not start again while that file exists: the command must remove it first. The example says so
 * if the daemon stays away.
 *
 * The read in flight continues. Only plain messages are not sent again: they fail with
 * KPC_ERR_CONNECTION_LOST, and may or may not have left. */
#include "example.h"

/* A daemon that starts at all is there again sooner. */
#define SOON_MS 20000

/* The next event; says what may be wrong where none comes. */
static kpc_event *next_event(kpc_event_sink *sink)
{
    kpc_error *error = NULL;
    kpc_event *event = NULL;

    if (kpc_event_sink_next(sink, SOON_MS, &event, NULL) == KPC_OK) {
        return event;
    }
    fprintf(stderr, "the daemon is not back yet. If it was killed and listens on a Unix socket, it "
                    "may not start: remove the file of its socket, and start it again\n");
    must(kpc_event_sink_next(sink, PATIENCE_MS, &event, &error), &error, "an event");
    return event;
}

/* Takes events until this kind has come, telling of those that matter here. */
static void await(kpc_event_sink *sink, int32_t kind)
{
    int32_t found;

    do {
        kpc_event *event = next_event(sink);
        found = kpc_event_kind(event);
        if (found == KPC_EVENT_DISCONNECTED) {
            printf("event: the daemon is gone (%s)\n", kpc_event_is_graceful(event)
                                                           ? "it said that it would"
                                                           : "it did not say that it would");
        } else if (found == KPC_EVENT_RESTARTED) {
            printf("event: another daemon process is there\n");
        } else if (found == KPC_EVENT_RESUMED) {
            printf("event: the same daemon process is there again\n");
        }
        kpc_event_free(event);
    } while (found != kind);
}

int main(int argc, char **argv)
{
    static const char text[] = "worth the wait";
    kpc_error *error = NULL;
    kpc_config *config = NULL;
    kpc_client *client = NULL;
    kpc_event_sink *sink = NULL;
    kpc_write_cap write_cap;
    kpc_read_cap read_cap;
    kpc_box_index first, next;
    kpc_op op;
    kpc_result *result = NULL;
    kpc_buffer *plaintext = NULL;
    kpc_status status;

    need(argc == 3, "usage: howto_13_restart THINCLIENT.TOML COMMAND");
    setvbuf(stdout, NULL, _IOLBF, 0);
    must(kpc_config_load_file(argv[1], &config, &error), &error, "the configuration");
    /* How long to wait before dialling again: 1 second, doubled up to 60, unless set. */
    must(kpc_config_set_reconnect(config, 100, 5000, &error), &error, "the configuration");
    must(kpc_client_new(config, &client, &error), &error, "a client");
    kpc_config_free(config);
    must(kpc_client_connect(client, PATIENCE_MS, &error), &error, "connecting");
    must(kpc_event_sink_open(client, 16, &sink, &error), &error, "a sink");

    example_channel(&write_cap, &read_cap, &first);
    must(kpc_read_box_async(client, &read_cap, &first, 0, KPC_FOREVER, NULL, &op, &error), &error,
         "a read");
    printf("waiting for a box that is not written yet\n");

    printf("running: %s\n", argv[2]);
    need(system(argv[2]) == 0, "the command failed");
    await(sink, KPC_EVENT_RESTARTED);

    must(kpc_write_box(client, &write_cap, &first, (const uint8_t *)text, sizeof text - 1, 0,
                       PATIENCE_MS, &next, &error),
         &error, "writing");
    printf("wrote the box\n");

    must(kpc_op_wait(client, op, PATIENCE_MS, &result, &error), &error, "waiting");
    status = kpc_read_box_result(result, &plaintext, &next, &error);
    must(status, &error, "the read");
    printf("the read has ended: %s, %.*s\n", kpc_status_name(status),
           (int)kpc_buffer_len(plaintext), (const char *)kpc_buffer_data(plaintext));

    kpc_buffer_free(plaintext);
    kpc_result_free(result);
    kpc_event_sink_free(sink);
    example_leave(client);
    kpc_wipe(&write_cap, sizeof write_cap);
    return 0;
}
