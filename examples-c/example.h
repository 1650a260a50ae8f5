/* What the examples share, so that each can be about its own subject: how they connect, how
 * they fail, and how they print and store bytes. Your own programs need none of this. */
#ifndef KPC_EXAMPLE_H
#define KPC_EXAMPLE_H

#include <kpclient.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Long enough for a slow network; whoever has all the time takes KPC_FOREVER. */
#define PATIENCE_MS 120000

/* Ends the program if a call failed, saying which and why. It takes the address of the error,
 * because C does not say whether the call or the variable is looked at first; NULL is for calls
 * that have none. */
static inline void must(kpc_status status, kpc_error **error, const char *what)
{
    if (status == KPC_OK) {
        return;
    }
    fprintf(stderr, "%s: %s: %s\n", what, kpc_status_name(status),
            error != NULL ? kpc_error_message(*error) : kpc_status_text(status));
    exit(EXIT_FAILURE);
}

/* The same for what is not a call of the library. */
static inline void need(int held, const char *what)
{
    if (!held) {
        fprintf(stderr, "%s\n", what);
        exit(EXIT_FAILURE);
    }
}

/* A connected client, from the path of a thinclient.toml. howto_01 shows the steps. */
static inline kpc_client *example_connect(const char *path)
{
    kpc_error *error = NULL;
    kpc_config *config = NULL;
    kpc_client *client = NULL;

    must(kpc_config_load_file(path, &config, &error), &error, "the configuration");
    must(kpc_client_new(config, &client, &error), &error, "a client");
    kpc_config_free(config);
    must(kpc_client_connect(client, PATIENCE_MS, &error), &error, "connecting");
    return client;
}

/* Says goodbye to the daemon, waits until it has heard that, and lets go of the client. */
static inline void example_leave(kpc_client *client)
{
    kpc_client_close(client, KPC_FOREVER, NULL);
    kpc_client_free(client);
}

/* A new channel of boxes: the writer's and the readers' half. */
static inline void example_channel(kpc_write_cap *write_cap, kpc_read_cap *read_cap,
                                   kpc_box_index *first)
{
    kpc_error *error = NULL;

    must(kpc_new_keypair(NULL, 0, write_cap, read_cap, first, &error), &error, "a new channel");
}

/* Writes the elements of a copy stream, one to a box; index moves on. howto_08 shows the steps. */
static inline void example_write_elements(kpc_client *client,
                                          const kpc_stream_elements *elements,
                                          const kpc_write_cap *stream, kpc_box_index *index)
{
    kpc_error *error = NULL;
    size_t i;

    for (i = 0; i < kpc_stream_elements_count(elements); i++) {
        kpc_buffer *element = NULL;
        must(kpc_stream_elements_at(elements, i, &element, &error), &error, "an element");
        must(kpc_write_box(client, stream, index, kpc_buffer_data(element),
                           kpc_buffer_len(element), KPC_WRITE_UNCHECKED, PATIENCE_MS, index, &error),
             &error, "writing an element");
        kpc_buffer_free(element);
    }
}

/* Reads boxes until a payload is together, which must be this; the number of boxes. */
static inline int example_read_payload(kpc_client *client, const kpc_read_cap *reader,
                                       kpc_box_index index, const uint8_t *payload, size_t size)
{
    kpc_error *error = NULL;
    size_t found = 0;
    int boxes = 0;

    for (; found < size; boxes++) {
        kpc_buffer *box = NULL;
        size_t len;
        must(kpc_read_box(client, reader, &index, 0, PATIENCE_MS, &box, &index, &error), &error,
             "reading");
        len = kpc_buffer_len(box);
        need(len <= size - found && memcmp(payload + found, kpc_buffer_data(box), len) == 0,
             "something else was read");
        found += len;
        kpc_buffer_free(box);
    }
    return boxes;
}

/* The number of a box within its channel. */
static inline unsigned long long example_number(const kpc_box_index *index)
{
    kpc_error *error = NULL;
    uint64_t number;

    must(kpc_get_message_box_index_counter(index, &number, &error), &error, "the number");
    return (unsigned long long)number;
}

/* One line: the name, then the bytes as hexadecimal digits. */
static inline void put_hex(FILE *file, const char *name, const uint8_t *bytes, size_t size)
{
    size_t i;

    fprintf(file, "%s: ", name);
    for (i = 0; i < size; i++) {
        fprintf(file, "%02x", bytes[i]);
    }
    fputc('\n', file);
}

/* Reads such a line; 1 if it is there, with this name and exactly so many bytes. */
static inline int get_hex(FILE *file, const char *name, uint8_t *bytes, size_t size)
{
    char line[512];
    size_t at = strlen(name), i;
    unsigned value;

    if (fgets(line, sizeof line, file) == NULL || strncmp(line, name, at) != 0 ||
        line[at] != ':' || strlen(line) != at + 2 + 2 * size + 1) {
        return 0;
    }
    for (i = 0; i < size; i++) {
        if (sscanf(line + at + 2 + 2 * i, "%2x", &value) != 1) {
            return 0;
        }
        bytes[i] = (uint8_t)value;
    }
    return 1;
}

#endif
