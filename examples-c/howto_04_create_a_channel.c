/* How to create a Pigeonhole channel.
 *
 *   $ howto_04_create_a_channel writer.txt reader.txt
 *   a channel that begins at box ...
 *   writer.txt: the writer's half, 168 + 104 bytes
 *   reader.txt: the readers' half, 136 + 104 bytes
 *   $ wc -l < writer.txt
 *   2
 *   $ wc -l < reader.txt
 *   2
 *
 * A channel is a sequence of numbered boxes. Nobody else can see that they belong together. The
 * write capability allows to write and read them, the read capability to read them. Creating a
 * channel is arithmetic: no daemon is asked, nothing is sent, and nobody else knows the channel. */
#include "example.h"

#include <sys/stat.h>

static void save(const char *path, const char *name, const uint8_t *cap, size_t size,
                 const kpc_box_index *index)
{
    FILE *file = fopen(path, "w");

    need(file != NULL, "the file cannot be written");
    put_hex(file, name, cap, size);
    put_hex(file, "index", index->bytes, sizeof index->bytes);
    need(fclose(file) == 0, "the file cannot be written");
}

int main(int argc, char **argv)
{
    kpc_error *error = NULL;
    kpc_write_cap write_cap;
    kpc_read_cap read_cap;
    kpc_box_index first;
    uint64_t number;

    need(argc == 3, "usage: howto_04_create_a_channel WRITER.TXT READER.TXT");

    /* All that a channel's secrecy rests on is 32 bytes that nobody can guess. Without a seed the
     * library draws them. */
    must(kpc_new_keypair(NULL, 0, &write_cap, &read_cap, &first, &error), &error,
         "a new channel");
    must(kpc_get_message_box_index_counter(&first, &number, &error), &error, "the number");
    printf("a channel that begins at box %llu\n", (unsigned long long)number);

    /* The writer keeps the write capability, and with it the index of the box to write next.
     * Both are secrets: here they go to a file that only its owner can read. */
    umask(077);
    save(argv[1], "write cap", write_cap.bytes, sizeof write_cap.bytes, &first);
    printf("%s: the writer's half, %u + %u bytes\n", argv[1], (unsigned)sizeof write_cap.bytes,
           (unsigned)sizeof first.bytes);

    /* Readers get the read capability and the first index, by a way of their own: in person,
     * or through a channel that they share already. */
    save(argv[2], "read cap", read_cap.bytes, sizeof read_cap.bytes, &first);
    printf("%s: the readers' half, %u + %u bytes\n", argv[2], (unsigned)sizeof read_cap.bytes,
           (unsigned)sizeof first.bytes);

    kpc_wipe(&write_cap, sizeof write_cap);
    kpc_wipe(&read_cap, sizeof read_cap);
    kpc_wipe(&first, sizeof first);
    return 0;
}
