/* How to write messages to a channel.
 *
 *   $ howto_04_create_a_channel writer.txt reader.txt > /dev/null
 *   $ howto_05_write_a_message thinclient.toml writer.txt "first message" "second message"
 *   wrote box ...: first message
 *   wrote box ...: second message
 *   $ howto_05_write_a_message thinclient.toml writer.txt "third message"
 *   wrote box ...: third message
 *   $ howto_06_read_a_message thinclient.toml reader.txt 3
 *   read box ...: first message
 *   read box ...: second message
 *   read box ...: third message
 *
 * This example writes in two steps, as a program must that continues after its own crash. A program
 * that need not continue calls kpc_write_box, which does both steps. */
#include "example.h"

#include <sys/stat.h>

/* Writes one box: encrypts, then has the daemon send it until a replica has answered. */
static void write_box(kpc_client *client, const kpc_write_cap *write_cap,
                      kpc_box_index *index, const char *text)
{
    kpc_error *error = NULL;
    kpc_envelope *envelope = NULL;
    kpc_status status;
    uint64_t number;
    int attempt;

    must(kpc_get_message_box_index_counter(index, &number, &error), &error, "the number");
    must(kpc_encrypt_write(client, write_cap, index, (const uint8_t *)text, strlen(text),
                           PATIENCE_MS, &envelope, &error),
         &error, "encrypting");
    /* A program that may crash saves kpc_envelope_to_bytes here: sending the same envelope again
     * is harmless, writing something else to a box that is taken is not possible. */
    for (attempt = 0;; attempt++) {
        status = kpc_start_resending_encrypted_message(client, NULL, write_cap, NULL, -1, envelope,
                                                       0, PATIENCE_MS, NULL, NULL, &error);
        if (status != KPC_ERR_TIMEOUT || attempt == 2) {
            break;
        }
        kpc_error_free(error); /* the same envelope once more */
    }
    must(status, &error, "writing");

    /* Advance only now, when the box is written. */
    must(kpc_envelope_next_index(envelope, index, &error), &error, "the next index");
    kpc_envelope_free(envelope);
    printf("wrote box %llu: %s\n", (unsigned long long)number, text);
}

static void load(const char *path, kpc_write_cap *cap, kpc_box_index *index)
{
    kpc_error *error = NULL;
    FILE *file = fopen(path, "r");

    need(file != NULL && get_hex(file, "write cap", cap->bytes, sizeof cap->bytes) &&
             get_hex(file, "index", index->bytes, sizeof index->bytes),
         "this is no writer's half of a channel");
    fclose(file);
    /* Whether the bytes are a capability at all. */
    must(kpc_write_cap_from_bytes(cap->bytes, sizeof cap->bytes, cap, &error), &error, "the file");
}

/* What is kept between two runs: the capability and the index of the next box. */
static void save(const char *path, const kpc_write_cap *cap, const kpc_box_index *index)
{
    FILE *file = fopen(path, "w");

    need(file != NULL, "the file cannot be written");
    put_hex(file, "write cap", cap->bytes, sizeof cap->bytes);
    put_hex(file, "index", index->bytes, sizeof index->bytes);
    need(fclose(file) == 0, "the file cannot be written");
}

int main(int argc, char **argv)
{
    kpc_write_cap write_cap;
    kpc_box_index index;
    kpc_client *client;
    int i;

    need(argc >= 4, "usage: howto_05_write_a_message THINCLIENT.TOML WRITER.TXT MESSAGE...");
    umask(077);
    load(argv[2], &write_cap, &index);
    client = example_connect(argv[1]);
    for (i = 3; i < argc; i++) {
        write_box(client, &write_cap, &index, argv[i]);
        save(argv[2], &write_cap, &index);
    }
    example_leave(client);
    kpc_wipe(&write_cap, sizeof write_cap);
    kpc_wipe(&index, sizeof index);
    return 0;
}
