/* How to write to several channels by a courier, and continue after a crash, with the copy builder.
 *
 *   $ copy_builder thinclient.toml state begin
 *   3 destinations: 0 of ... boxes are written
 *   the power fails: ... of ... boxes are written
 *   $ copy_builder thinclient.toml state continue
 *   restored: 0 of ... boxes are written
 *   the courier is at work: ... of ... boxes are written
 *   finished: ... of ... boxes are written
 *   Alice's channel: 5000 bytes, all of them
 *   Bob's channel: 1 bytes, all of them
 *   Carol's channel: 20000 bytes, all of them
 *
 * The builder does what howto_08 to howto_10 show step by step. Writing a box twice is harmless. */
#include "example.h"

#include <sys/stat.h>

enum { CHANNELS = 3, LONGEST = 20000 };

static const char *const names[CHANNELS] = {"Alice", "Bob", "Carol"};
static const size_t sizes[CHANNELS] = {5000, 1, LONGEST};
static uint8_t payload[LONGEST] = "any bytes, and zeros";

/* What is stored. */
static struct state {
    kpc_read_cap readers[CHANNELS];
    kpc_box_index first[CHANNELS];
    size_t saved_len;
    uint8_t saved[1 << 16];
} state;

static void save(const kpc_copy_builder *builder, const char *path)
{
    kpc_buffer *saved = NULL;
    FILE *file = fopen(path, "w");

    must(kpc_copy_builder_save(builder, &saved, NULL), NULL, "saving");
    state.saved_len = kpc_buffer_len(saved);
    need(state.saved_len <= sizeof state.saved, "too long for this example");
    memcpy(state.saved, kpc_buffer_data(saved), state.saved_len);
    need(file != NULL && fwrite(&state, sizeof state, 1, file) == 1 && fclose(file) == 0,
         "the state cannot be stored");
    kpc_buffer_free(saved);
}

static void show(const char *at, const kpc_copy_builder *builder)
{
    kpc_error *error = NULL;
    uint64_t written, needed;

    must(kpc_copy_builder_progress(builder, &written, &needed, &error), &error, "the progress");
    printf("%s: %lu of %lu boxes are written\n", at, (unsigned long)written, (unsigned long)needed);
}

static void begin(kpc_client *client, const char *path)
{
    kpc_error *error = NULL;
    kpc_copy_builder *builder = NULL;
    kpc_write_cap writer;
    int i;

    must(kpc_copy_builder_new(client, &builder, &error), &error, "a builder");
    for (i = 0; i < CHANNELS; i++) {
        example_channel(&writer, &state.readers[i], &state.first[i]);
        must(kpc_copy_builder_add(client, builder, &writer, &state.first[i], payload, sizes[i],
                                  PATIENCE_MS, NULL, &error), &error, "a destination");
    }
    show("3 destinations", builder);
    save(builder, path); /* before it writes: a crash can come at any time */
    must(kpc_copy_builder_write(client, builder, PATIENCE_MS, &error), &error, "writing");
    show("the power fails", builder);
}

static void finish(kpc_client *client, const char *path)
{
    kpc_error *error = NULL;
    kpc_copy_builder *builder = NULL;
    kpc_event_sink *sink = NULL;
    kpc_op op = 0;
    bool copying = false;
    FILE *file = fopen(path, "r");

    need(file && fread(&state, sizeof state, 1, file) == 1 && fclose(file) == 0, "no state");
    must(kpc_copy_builder_restore(state.saved, state.saved_len, &builder, &error), &error, "this");
    show("restored", builder);
    must(kpc_event_sink_open(client, 64, &sink, &error), &error, "a sink");
    must(kpc_copy_builder_finish_async(client, builder, NULL, PATIENCE_MS, NULL, &op, &error),
         &error, "finishing");
    while (!copying) { /* progress comes with each box, until all are written */
        kpc_event *event = NULL;
        must(kpc_event_sink_next(sink, PATIENCE_MS, &event, &error), &error, "an event");
        copying = kpc_event_is_copying(event);
        kpc_event_free(event);
    }
    show("the courier is at work", builder);
    must(kpc_op_wait(client, op, PATIENCE_MS, NULL, &error), &error, "the copy");
    need(kpc_copy_builder_is_finished(builder), "the copy failed");
    show("finished", builder);
    kpc_event_sink_free(sink);
    kpc_copy_builder_free(builder);
}

int main(int argc, char **argv)
{
    const int again = argc == 4 && strcmp(argv[3], "continue") == 0;
    kpc_client *client;
    int i;

    need(argc == 4, "usage: copy_builder THINCLIENT.TOML STATE begin|continue");
    umask(077);
    client = example_connect(argv[1]);
    (again ? finish : begin)(client, argv[2]);
    for (i = 0; again && i < CHANNELS; i++) {
        example_read_payload(client, &state.readers[i], state.first[i], payload, sizes[i]);
        printf("%s's channel: %lu bytes, all of them\n", names[i], (unsigned long)sizes[i]);
    }
    example_leave(client);
    return 0;
}
