/* A chat of two people in two terminals, each with a database: whoever is killed at any moment and
 * started again has lost nothing. A message that was just printed when the kill came is printed
 * again, under its number. Each gives the other one line of text, on a way that nobody else reads:
 *   $ chat thinclient.toml alice.db bob invite > of-alice.txt
 *   $ chat thinclient.toml bob.db alice invite > of-bob.txt
 *
 * What is typed is sent; at the end of the input, when all is on the mixnet, the program ends. Bob
 * answers and is killed; what he said is sent when he comes again. Alice is killed, too:
 *
 *   $ echo "are you there?" | chat thinclient.toml alice.db bob join "$(cat of-bob.txt)"
 *   me 1: are you there?
 *   $ mkfifo keyboard && exec 8<> keyboard
 *   $ chat thinclient.toml bob.db alice join "$(cat of-alice.txt)" < keyboard > bobs &
 *   $ until grep -qs there bobs; do sleep 0.1; done; echo yes >&8
 *   $ until grep -q yes bobs; do sleep 0.1; done; kill -9 $!; cat bobs
 *   alice 1: are you there?
 *   me 1: yes
 *   $ chat thinclient.toml bob.db alice < /dev/null
 *   $ chat thinclient.toml alice.db bob < keyboard > hers &
 *   $ until grep -qs yes hers; do sleep 0.1; done; echo good >&8
 *   $ until grep -q good hers; do sleep 0.1; done; kill -9 $!; cat hers
 *   bob 1: yes
 *   me 2: good
 *   $ chat thinclient.toml alice.db bob history
 *   bob 1: yes
 */
#define _POSIX_C_SOURCE 200809L
#include "example.h"

#include <poll.h>
#include <unistd.h>

static kpc_client *client;
static kpc_store *store;
static kpc_writer *writer;
static kpc_reader *reader;
static const char *other;

/* What is said goes to the channel that this side writes. */
static void open_writer(void)
{
    kpc_error *error = NULL;
    kpc_status status = kpc_store_open_writer(store, other, PATIENCE_MS, &writer, &error);

    if (status == KPC_ERR_CHANNEL_NOT_IN_DB) {
        kpc_error_free(error);
        status = kpc_store_create_writer(store, other, NULL, 0, PATIENCE_MS, &writer, &error);
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

/* The other side's line. A second time it changes nothing. */
static void join(const char *text)
{
    kpc_error *error = NULL;
    kpc_status status;
    kpc_read_cap cap;
    kpc_box_index index;

    must(kpc_shared_text_parse(text, NULL, NULL, &cap, &index, &error), &error, "the text");
    status = kpc_store_import_reader(store, other, &cap, &index, PATIENCE_MS, &reader, &error);
    must(status == KPC_ERR_CHANNEL_EXISTS ? KPC_OK : status, &error, "joining");
    kpc_error_free(error);
}

static void print(const kpc_message *message)
{
    unsigned long long number = (unsigned long long)kpc_message_number(message);
    kpc_error *error = NULL;
    kpc_buffer *data = NULL;

    must(kpc_message_data(message, &data, &error), &error, "the message");
    if (kpc_message_arrival(message) == KPC_ARRIVAL_MESSAGE) {
        printf("%s %llu: %.*s\n", other, number, (int)kpc_buffer_len(data),
               (const char *)kpc_buffer_data(data));
    } else {
        printf("%s %llu was deleted, or cannot be read\n", other, number);
    }
    kpc_buffer_free(data);
}

static void history(void)
{
    kpc_error *error = NULL;
    kpc_messages *all = NULL;
    size_t i;

    must(kpc_reader_messages(reader, 1, UINT32_MAX, PATIENCE_MS, &all, &error), &error, "history");
    for (i = 0; i < kpc_messages_count(all); i++) {
        kpc_message *message = NULL;
        must(kpc_messages_at(all, i, &message, &error), &error, "a message");
        print(message);
        kpc_message_free(message);
    }
    kpc_messages_free(all);
}

/* Prints what has arrived; it is acknowledged when it is printed, and not before. */
static void hear(void)
{
    kpc_error *error = NULL;

    while (kpc_reader_waiting(reader) > 0) {
        kpc_message *message = NULL;
        must(kpc_reader_receive(reader, PATIENCE_MS, &message, &error), &error, "receiving");
        print(message);
        must(kpc_reader_acknowledge(reader, kpc_message_number(message), PATIENCE_MS, &error),
             &error, "acknowledging");
        kpc_message_free(message);
    }
}

/* Sends a line that is typed; 0 at the end of the input. When it is printed it is on the disk, and
 * will arrive. */
static int say(void)
{
    kpc_error *error = NULL;
    char line[4096];
    uint64_t number;

    if (fgets(line, sizeof line, stdin) == NULL) {
        return 0;
    }
    line[strcspn(line, "\n")] = 0;
    must(kpc_writer_send(writer, KPC_MESSAGE_KIND, (const uint8_t *)line, strlen(line), PATIENCE_MS,
                         &number, &error),
         &error, "sending");
    printf("me %llu: %s\n", (unsigned long long)number, line);
    return 1;
}

static void chat(void)
{
    kpc_error *error = NULL;
    kpc_event_sink *sink = NULL;
    struct pollfd from[2] = {{STDIN_FILENO, POLLIN, 0}, {-1, POLLIN, 0}};

    setvbuf(stdin, NULL, _IONBF, 0); /* what is in a buffer poll does not see */
    must(kpc_event_sink_open(client, 64, &sink, &error), &error, "events");
    from[1].fd = kpc_event_sink_fd(sink);
    do {
        kpc_event *event = NULL;
        hear();
        need(poll(from, 2, -1) > 0, "nothing to wait for");
        while (kpc_event_sink_next(sink, KPC_NO_WAIT, &event, NULL) == KPC_OK) {
            if (kpc_event_kind(event) == KPC_EVENT_CHANNEL_CONFLICT) {
                fprintf(stderr, "another program writes with a copy of this database\n");
                must(kpc_writer_step_over(writer, PATIENCE_MS, &error), &error, "going on");
            }
            kpc_event_free(event);
        }
    } while (from[0].revents == 0 || say());
    while (kpc_writer_pending(writer) > 0) {
        must(kpc_writer_wait_stored(writer, kpc_writer_last_message(writer), PATIENCE_MS, &error),
             &error, "sending the rest");
    }
    kpc_event_sink_free(sink);
}

int main(int argc, char **argv)
{
    const char *command = argc > 4 ? argv[4] : "";
    kpc_error *error = NULL;

    need(argc >= 4 && argc <= 6, "usage: chat THINCLIENT.TOML DATABASE NAME [invite | join TEXT | history]");
    other = argv[3];
    setvbuf(stdout, NULL, _IOLBF, 0); /* what is printed is seen */
    client = example_connect(argv[1]);
    must(kpc_store_open(client, argv[2], PATIENCE_MS, &store, &error), &error, "the database");
    open_writer();
    if (strcmp(command, "invite") == 0) {
        invite();
    } else {
        if (argc == 6) {
            join(argv[5]);
        }
        kpc_reader_free(reader);
        must(kpc_store_open_reader(store, other, PATIENCE_MS, &reader, &error), &error, "reading");
        strcmp(command, "history") == 0 ? history() : chat();
    }
    kpc_reader_free(reader);
    kpc_writer_free(writer);
    must(kpc_store_close(store, PATIENCE_MS, &error), &error, "closing the database");
    kpc_store_free(store);
    example_leave(client);
    return 0;
}
