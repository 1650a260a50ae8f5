/* How to make a copy stream with several calls, and continue after a crash in between.
 *
 *   $ howto_10_pass_the_buffer thinclient.toml state begin
 *   first call: ... elements, and ... bytes in the buffer
 *   wrote one element; here the power fails
 *   $ howto_10_pass_the_buffer thinclient.toml state continue
 *   second call: ... elements, and 0 bytes in the buffer
 *   the courier is through
 *   the reader has all 5000 bytes
 *
 * Each call returns the bytes that do not fill an element as a buffer, for the next call. The
 * program also stores the elements until they are written: made again they would be different, and a
 * box is written only once. kpc_copy_builder_save and kpc_copy_builder_restore do all of this. */
#include "example.h"

#include <sys/stat.h>

enum { HALF = 2500, MOST = 8, LONGEST = 16384 };

static struct state {
    kpc_write_cap stream, writer;
    kpc_read_cap reader, unused;
    kpc_box_index position, first, next;
    size_t elements;
    struct bytes {
        size_t len;
        uint8_t at[LONGEST];
    } element[MOST], buffer;
} state;
static uint8_t payload[2 * HALF];

static void store(const char *path, const char *mode)
{
    FILE *file = fopen(path, mode);

    need(file != NULL && (*mode == 'w' ? fwrite(&state, sizeof state, 1, file)
                                       : fread(&state, sizeof state, 1, file)) == 1 &&
             fclose(file) == 0, "the state cannot be stored or loaded");
}

static void take(kpc_buffer *from, struct bytes *to)
{
    to->len = kpc_buffer_len(from);
    need(to->len <= LONGEST, "too long for this example");
    memcpy(to->at, kpc_buffer_data(from), to->len);
    kpc_buffer_free(from);
}

/* One call for one half of the payload; what it gives is stored before anything is written. */
static void add(kpc_client *client, const char *path, const char *which, bool is_first)
{
    kpc_error *error = NULL;
    kpc_stream_elements *made = NULL;
    kpc_buffer *buffer = NULL;
    kpc_destination destination = {state.writer, state.next, payload + (is_first ? 0 : HALF), HALF};
    size_t i;

    must(kpc_create_courier_envelopes_from_multi_payload(
             client, &destination, 1, is_first, !is_first, state.buffer.at, state.buffer.len,
             PATIENCE_MS, &made, &error),
         &error, which);
    must(kpc_stream_elements_buffer(made, &buffer, &error), &error, "the buffer");
    take(buffer, &state.buffer);
    state.elements = kpc_stream_elements_count(made);
    for (i = 0; i < state.elements; i++) {
        kpc_buffer *element = NULL;
        need(i < MOST, "too many for this example");
        must(kpc_stream_elements_at(made, i, &element, &error), &error, "an element");
        take(element, &state.element[i]);
    }
    must(kpc_stream_elements_next_index(made, &state.next, &error), &error, "the next index");
    kpc_stream_elements_free(made);
    store(path, "w");
    printf("%s: %lu elements, and %lu bytes in the buffer\n", which, (unsigned long)state.elements,
           (unsigned long)state.buffer.len);
}

/* Writing what is there already, as after a crash, is fine as long as it is the same. */
static void write_out(kpc_client *client, size_t elements)
{
    kpc_error *error = NULL;
    size_t i;

    for (i = 0; i < elements; i++) {
        must(kpc_write_box(client, &state.stream, &state.position, state.element[i].at,
                           state.element[i].len, 0, PATIENCE_MS, &state.position, &error),
             &error, "writing an element");
    }
}

int main(int argc, char **argv)
{
    kpc_error *error = NULL;
    kpc_client *client;

    need(argc == 4, "usage: howto_10_pass_the_buffer THINCLIENT.TOML STATE begin|continue");
    umask(077);
    memset(payload, 'x', sizeof payload);
    client = example_connect(argv[1]);
    if (strcmp(argv[3], "begin") == 0) {
        example_channel(&state.stream, &state.unused, &state.position);
        example_channel(&state.writer, &state.reader, &state.first);
        state.next = state.first;
        add(client, argv[2], "first call", true);
        write_out(client, 1);
        printf("wrote one element; here the power fails\n");
        return 0;
    }
    store(argv[2], "r");
    write_out(client, state.elements);
    add(client, argv[2], "second call", false);
    write_out(client, state.elements);
    must(kpc_start_resending_copy_command(client, &state.stream, NULL, PATIENCE_MS, &error), &error,
         "the copy");
    printf("the courier is through\n");
    example_read_payload(client, &state.reader, state.first, payload, sizeof payload);
    printf("the reader has all %d bytes\n", 2 * HALF);
    example_leave(client);
    return 0;
}
