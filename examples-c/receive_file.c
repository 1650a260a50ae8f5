/* Receives the next file of a channel into a directory, whatever crashes: a program that is killed
 * goes on where it was when the same command is given again. send_file is the other side:
 *   $ send_file thinclient.toml alice.db bob invite > for-bob.txt
 *   $ echo "dear Bob" > letter && send_file thinclient.toml alice.db bob letter 2> /dev/null
 *   sent
 *
 * Nothing is overwritten. If the name is taken, the file gets another one:
 *
 *   $ mkdir inbox && touch inbox/letter
 *   $ receive_file thinclient.toml bob.db alice inbox "$(cat for-bob.txt)"
 *   received as letter.1
 *   $ cat inbox/letter.1
 *   dear Bob
 *   $ echo "dear Bob, again" > letter && send_file thinclient.toml alice.db bob letter 2> /dev/null
 *   sent
 *   $ receive_file thinclient.toml bob.db alice inbox
 *   received as letter.2
 */
#include "example.h"

static kpc_store *store;
static kpc_reader *reader;

/* The sender's line. A second time it changes nothing. */
static void join(const char *name, const char *text)
{
    kpc_error *error = NULL;
    kpc_status status;
    kpc_read_cap cap;
    kpc_box_index index;

    must(kpc_shared_text_parse(text, NULL, NULL, &cap, &index, &error), &error, "the text");
    status = kpc_store_import_reader(store, name, &cap, &index, PATIENCE_MS, &reader, &error);
    must(status == KPC_ERR_CHANNEL_EXISTS ? KPC_OK : status, &error, "joining");
    kpc_error_free(error);
    kpc_reader_free(reader);
}

/* Acknowledges what is no part of a file. A program for both handles it. */
static void pass_over(void)
{
    kpc_error *error = NULL;
    kpc_message *message = NULL;

    must(kpc_reader_receive(reader, PATIENCE_MS, &message, &error), &error, "a message");
    fprintf(stderr, "message %llu is no file\n", (unsigned long long)kpc_message_number(message));
    must(kpc_reader_acknowledge(reader, kpc_message_number(message), PATIENCE_MS, &error), &error,
         "acknowledging");
    kpc_message_free(message);
}

/* The sender's name with a number, once the library knows the file. */
static void another_name(char *name, size_t size, int number)
{
    kpc_error *error = NULL;
    kpc_buffer *sent = NULL;

    must(kpc_reader_file_name(reader, &sent, &error), &error, "the name");
    snprintf(name, size, "%s.%d", (const char *)kpc_buffer_data(sent), number);
    kpc_buffer_free(sent);
}

static void receive_file(const char *directory)
{
    kpc_error *error = NULL;
    kpc_buffer *path = NULL;
    kpc_status status;
    char name[300];
    int number = 0;

    for (;;) {
        status = kpc_reader_receive_file(reader, directory, number > 0 ? name : NULL, KPC_FOREVER,
                                         &path, &error);
        if (status == KPC_ERR_NO_FILE) {
            pass_over();
        } else if (status == KPC_ERR_FILE_EXISTS) {
            another_name(name, sizeof name, ++number);
        } else if (status == KPC_ERR_FILE_BROKEN) {
            fprintf(stderr, "%s\n", kpc_error_message(error));
        } else {
            break;
        }
        kpc_error_free(error);
        error = NULL;
    }
    must(status, &error, "receiving");
    printf("received as %s\n", strrchr((const char *)kpc_buffer_data(path), '/') + 1);
    kpc_buffer_free(path);
}

int main(int argc, char **argv)
{
    kpc_error *error = NULL;
    kpc_client *client;

    need(argc == 5 || argc == 6, "usage: receive_file THINCLIENT.TOML DATABASE CHANNEL DIRECTORY [TEXT]");
    client = example_connect(argv[1]);
    must(kpc_store_open(client, argv[2], PATIENCE_MS, &store, &error), &error, "the database");
    if (argc == 6) {
        join(argv[3], argv[5]);
    }
    must(kpc_store_open_reader(store, argv[3], PATIENCE_MS, &reader, &error), &error, "reading");
    receive_file(argv[4]);
    kpc_reader_free(reader);
    must(kpc_store_close(store, PATIENCE_MS, &error), &error, "closing the database");
    kpc_store_free(store);
    example_leave(client);
    return 0;
}
