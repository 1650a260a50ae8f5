/* Sends a file on a channel, whatever crashes: a program that is killed goes on where it was when the
 * same command is given again. receive_file is the other side. It needs one line of text, which is
 * given to it on a way that nobody else reads:
 *   $ send_file thinclient.toml alice.db bob invite > for-bob.txt
 *
 * The progress goes to the standard error. The name is not that of a directory, and not taken:
 *
 *   $ seq 20000 > numbers.txt
 *   $ send_file thinclient.toml alice.db bob numbers.txt 2> progress
 *   sent
 *   $ tail -n 1 progress
 *   108894 of 108894 bytes
 *   $ mkdir inbox
 *   $ receive_file thinclient.toml bob.db alice inbox "$(cat for-bob.txt)" 2> /dev/null
 *   received as numbers.txt
 *   $ cmp numbers.txt inbox/numbers.txt && ls -A inbox
 *   numbers.txt
 */
#include "example.h"

static kpc_client *client;
static kpc_writer *writer;

/* The channel of the last time, or a new one. */
static void open_writer(kpc_store *store, const char *name)
{
    kpc_error *error = NULL;
    kpc_status status = kpc_store_open_writer(store, name, PATIENCE_MS, &writer, &error);

    if (status == KPC_ERR_CHANNEL_NOT_IN_DB) {
        kpc_error_free(error);
        status = kpc_store_create_writer(store, name, NULL, 0, PATIENCE_MS, &writer, &error);
    }
    must(status, &error, "the channel to write");
}

/* One line that lets the other side read it. */
static void invite(void)
{
    kpc_error *error = NULL;
    kpc_buffer *text = NULL;
    kpc_read_cap cap;

    must(kpc_writer_read_cap(writer, &cap, &error), &error, "the capability");
    must(kpc_read_cap_to_text(&cap, NULL, &text, &error), &error, "the text");
    printf("%s\n", (const char *)kpc_buffer_data(text));
    kpc_buffer_free(text);
}

/* Says what is left from the last time. */
static void look_back(void)
{
    kpc_error *error = NULL;
    kpc_buffer *path = NULL;
    kpc_status status = kpc_writer_file_path(writer, &path, &error);

    if (status == KPC_OK) {
        fprintf(stderr, "%s is not sent yet\n", (const char *)kpc_buffer_data(path));
    }
    kpc_buffer_free(path);
    kpc_error_free(error);
}

/* Prints the progress until the operation is over. */
static void send_file(const char *path)
{
    kpc_error *error = NULL;
    kpc_event_sink *sink = NULL;
    kpc_completion done = {0};
    kpc_op op = 0;
    int is_over = 0;

    must(kpc_event_sink_open(client, 1024, &sink, &error), &error, "events");
    done.sink = sink;
    must(kpc_writer_send_file_async(writer, path, KPC_FOREVER, &done, &op, &error), &error, path);
    while (!is_over) {
        kpc_event *event = NULL;
        kpc_result *result = NULL;
        must(kpc_event_sink_next(sink, KPC_FOREVER, &event, &error), &error, "an event");
        if (kpc_event_kind(event) == KPC_EVENT_FILE_PROGRESS) {
            fprintf(stderr, "%llu of %llu bytes\n", (unsigned long long)kpc_event_file_done(event),
                    (unsigned long long)kpc_event_file_size(event));
        } else if (kpc_event_kind(event) == KPC_EVENT_CHANNEL_CONFLICT) {
            fprintf(stderr, "another program writes with a copy of this database\n");
        } else if (kpc_event_kind(event) == KPC_EVENT_OPERATION) {
            must(kpc_event_result(event, &result, &error), &error, "the result");
            must(kpc_writer_send_file_result(result, &error), &error, path);
            kpc_result_free(result);
            is_over = 1;
        }
        kpc_event_free(event);
    }
    printf("sent\n");
    kpc_event_sink_free(sink);
}

int main(int argc, char **argv)
{
    kpc_error *error = NULL;
    kpc_store *store = NULL;

    need(argc == 5, "usage: send_file THINCLIENT.TOML DATABASE CHANNEL invite|FILE");
    client = example_connect(argv[1]);
    must(kpc_store_open(client, argv[2], PATIENCE_MS, &store, &error), &error, "the database");
    open_writer(store, argv[3]);
    look_back();
    strcmp(argv[4], "invite") == 0 ? invite() : send_file(argv[4]);
    kpc_writer_free(writer);
    must(kpc_store_close(store, PATIENCE_MS, &error), &error, "closing the database");
    kpc_store_free(store);
    example_leave(client);
    return 0;
}
