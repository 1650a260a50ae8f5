/* How to read messages from a channel.
 *
 *   $ howto_04_create_a_channel writer.txt reader.txt > /dev/null
 *   $ (howto_06_read_a_message thinclient.toml reader.txt 2 > read.txt) &
 *   $ howto_05_write_a_message thinclient.toml writer.txt "good morning" "good night"
 *   wrote box ...: good morning
 *   wrote box ...: good night
 *   $ wait; cat read.txt
 *   read box ...: good morning
 *   read box ...: good night
 *
 * The read starts before the box is written. It waits until then, also across restarts of the
 * daemon. */
#include "example.h"

#include <sys/stat.h>

/* Reads one box. An envelope for the read is made by the daemon, and sent until the box is there.
 * kpc_read_box does both steps in one call. */
static kpc_buffer *read_box(kpc_client *client, const kpc_read_cap *read_cap,
                            kpc_box_index *index)
{
    kpc_error *error = NULL;
    kpc_envelope *envelope = NULL;
    kpc_buffer *plaintext = NULL;

    must(kpc_encrypt_read(client, read_cap, index, PATIENCE_MS, &envelope, &error), &error,
         "preparing a read");
    /* For a read the index goes with it: the daemon opens what comes back. */
    must(kpc_start_resending_encrypted_message(client, read_cap, NULL, index, -1, envelope, 0,
                                               PATIENCE_MS, &plaintext, NULL, &error),
         &error, "reading");
    must(kpc_envelope_next_index(envelope, index, &error), &error, "the next index");
    kpc_envelope_free(envelope);
    return plaintext;
}

static void load(const char *path, kpc_read_cap *cap, kpc_box_index *index)
{
    kpc_error *error = NULL;
    FILE *file = fopen(path, "r");

    need(file != NULL && get_hex(file, "read cap", cap->bytes, sizeof cap->bytes) &&
             get_hex(file, "index", index->bytes, sizeof index->bytes),
         "this is no reader's half of a channel");
    fclose(file);
    must(kpc_read_cap_from_bytes(cap->bytes, sizeof cap->bytes, cap, &error), &error, "the file");
}

/* What is kept between two runs: the capability and the index of the next box. */
static void save(const char *path, const kpc_read_cap *cap, const kpc_box_index *index)
{
    FILE *file = fopen(path, "w");

    need(file != NULL, "the file cannot be written");
    put_hex(file, "read cap", cap->bytes, sizeof cap->bytes);
    put_hex(file, "index", index->bytes, sizeof index->bytes);
    need(fclose(file) == 0, "the file cannot be written");
}

int main(int argc, char **argv)
{
    kpc_error *error = NULL;
    kpc_read_cap read_cap;
    kpc_box_index index;
    kpc_client *client;
    int count;

    need(argc == 4, "usage: howto_06_read_a_message THINCLIENT.TOML READER.TXT COUNT");
    umask(077);
    load(argv[2], &read_cap, &index);
    client = example_connect(argv[1]);
    for (count = atoi(argv[3]); count > 0; count--) {
        kpc_buffer *text;
        uint64_t number;
        must(kpc_get_message_box_index_counter(&index, &number, &error), &error, "the number");
        text = read_box(client, &read_cap, &index);
        save(argv[2], &read_cap, &index);
        printf("read box %llu: %.*s\n", (unsigned long long)number, (int)kpc_buffer_len(text),
               (const char *)kpc_buffer_data(text));
        kpc_buffer_free(text);
    }
    example_leave(client);
    kpc_wipe(&read_cap, sizeof read_cap);
    kpc_wipe(&index, sizeof index);
    return 0;
}
