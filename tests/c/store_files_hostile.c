/* A sender who keeps to no rule: names that lead elsewhere, pieces out of place, wrong hashes. The
 * messages are written box by box, as docs/channel-format.md describes them. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_files.h"

static kpc_client *mallory;
static kpc_write_cap write_cap;
static kpc_box_index next_box;

/* A channel of Mallory's, and Bob, who reads it. */
static kpc_reader *begins(const person *bob, const char *name)
{
    kpc_reader *reader = NULL;
    kpc_read_cap cap;
    OK(kpc_new_keypair(NULL, 0, &write_cap, &cap, &next_box, &error));
    OK(kpc_store_import_reader(bob->store, name, &cap, NULL, KPC_SOON, &reader, &error));
    return reader;
}

/* Writes a message of one box, of the kind of files. */
static void writes(const uint8_t *message, size_t len)
{
    uint8_t box[1024] = {0xff, 0x6b, 0x70, 0x63, 0xd1, 0x8e, 1, 0, KPC_MESSAGE_KIND_FILE};
    uint8_t covered[1024];
    kpc_hash checksum;

    box[11] = (uint8_t)(len >> 8);
    box[12] = (uint8_t)len;
    memcpy(covered, box, 21);
    memcpy(covered + 21, message, len);
    OK(kpc_blake2b_256(covered, 21 + len, &checksum, &error));
    memcpy(box + 21, checksum.bytes, 16);
    memcpy(box + 37, message, len);
    OK(kpc_write_box(mallory, &write_cap, &next_box, box, 37 + len, 0, KPC_SOON, &next_box, &error));
}

/* The first message of a file that has this content, or says so. */
static void head(uint8_t id, const char *content, uint64_t size, const char *name, size_t name_len)
{
    uint8_t message[512] = {0, id};
    kpc_hash hash;
    int i;

    OK(kpc_blake2b_256(bytes(content), strlen(content), &hash, &error));
    for (i = 0; i < 8; i++) {
        message[9 + i] = (uint8_t)(size >> (56 - 8 * i));
    }
    memcpy(message + 17, hash.bytes, 32);
    memcpy(message + 49, name, name_len);
    writes(message, 49 + name_len);
}

static void piece(uint8_t id, uint8_t offset, const char *data)
{
    uint8_t message[512] = {1, id};
    message[16] = offset;
    memcpy(message + 17, data, strlen(data));
    writes(message, 17 + strlen(data));
}

/* Whether receiving fails so, and leaves nothing. */
static int fails(kpc_reader *reader, kpc_status status)
{
    kpc_buffer *path = NULL;
    int failed =
        ERROR(status, kpc_reader_receive_file(reader, place("in"), NULL, KPC_SOON, &path, &error));
    kpc_buffer_free(path);
    return failed && path == NULL && rmdir(place("in")) == 0 && mkdir(place("in"), 0700) == 0;
}

static void err_file_name_separator(void)
{
    static const struct {
        kpc_status status;
        const char *name;
        size_t len;
    } names[] = {
        {KPC_ERR_FILE_NAME_EMPTY, "", 0},
        {KPC_ERR_FILE_NAME_RESERVED, ".", 1},
        {KPC_ERR_FILE_NAME_RESERVED, "..", 2},
        {KPC_ERR_FILE_NAME_SEPARATOR, "/tmp/evil", 9},
        {KPC_ERR_FILE_NAME_SEPARATOR, "../evil", 7},
        {KPC_ERR_FILE_NAME_SEPARATOR, "..\\evil", 7},
        {KPC_ERR_FILE_NAME_CONTROL_CHAR, "evil\n", 5},
        {KPC_ERR_FILE_NAME_CONTROL_CHAR, "evil\0.txt", 9},
        {KPC_ERR_FILE_NAME_CONTROL_CHAR, "\x1b[2J", 4},
        {KPC_ERR_FILE_NAME_NOT_UTF8, "evil\xff", 5},
    };
    person bob = comes("bob");
    kpc_reader *reader = begins(&bob, "names");
    kpc_buffer *path = NULL;
    char longest[256];
    size_t i;

    for (i = 0; i < sizeof names / sizeof *names; i++) {
        head((uint8_t)i, "ab", 2, names[i].name, names[i].len);
        piece((uint8_t)i, 0, "ab");
        CHECK(fails(reader, names[i].status) && fails(reader, names[i].status));
        /* The program's own name does, and the file is whole. */
        OK(kpc_reader_receive_file(reader, place("in"), "harmless", KPC_SOON, &path, &error));
        CHECK(holds(path, place("in/harmless")) && unlink(place("in/harmless")) == 0);
    }
    memset(longest, 'n', sizeof longest);
    head(100, "", 0, longest, 256);
    CHECK(fails(reader, KPC_ERR_FILE_NAME_TOO_LONG));
    kpc_reader_free(reader);
    leaves(&bob);
}

static void err_file_broken(void)
{
    person bob = comes("bob");
    kpc_reader *reader = begins(&bob, "pieces");
    kpc_buffer *path = NULL;
    kpc_message *message;

    /* Another content than its hash. */
    head(1, "abcd", 4, "wrong", 5);
    piece(1, 0, "ab");
    piece(1, 2, "ef");
    CHECK(fails(reader, KPC_ERR_FILE_BROKEN));
    head(2, "other", 0, "empty", 5);
    CHECK(fails(reader, KPC_ERR_FILE_BROKEN));
    /* A gap, and what comes of it later is of no file. */
    head(3, "abcd", 4, "gap", 3);
    piece(3, 0, "a");
    piece(3, 2, "cd");
    CHECK(fails(reader, KPC_ERR_FILE_BROKEN));
    piece(3, 1, "b");
    /* More than it has. */
    head(4, "abcd", 4, "long", 4);
    piece(4, 0, "abcde");
    CHECK(fails(reader, KPC_ERR_FILE_BROKEN));
    head(5, "abcd", 4, "half", 4);
    piece(5, 0, "ab");
    /* Another one begins, whose pieces come twice, and overlap. */
    head(6, "abcd", 4, "good", 4);
    CHECK(fails(reader, KPC_ERR_FILE_BROKEN));
    piece(6, 0, "ab");
    piece(6, 0, "ab");
    piece(6, 1, "bcd");
    OK(kpc_reader_receive_file(reader, place("in"), NULL, KPC_SOON, &path, &error));
    CHECK(holds(path, place("in/good")) && unlink(place("in/good")) == 0);
    /* What is no message of a file that this version knows is left to the program. */
    writes(bytes("\3 of a later version"), 20);
    CHECK(fails(reader, KPC_ERR_NO_FILE));
    message = receives(reader);
    CHECK(kpc_message_kind(message) == KPC_MESSAGE_KIND_FILE);
    OK(kpc_reader_acknowledge(reader, kpc_message_number(message), KPC_SOON, &error));
    kpc_message_free(message);
    /* More than any file has. */
    head(7, "", (uint64_t)1 << 63, "vast", 4);
    CHECK(fails(reader, KPC_ERR_NO_FILE));
    kpc_reader_free(reader);
    leaves(&bob);
}

int main(void)
{
    kpc_sim_start(&sim, "--instant");
    mallory = kpc_sim_connected(&sim);
    CHECK(mkdir(place("in"), 0700) == 0);
    err_file_name_separator();
    err_file_broken();
    STATUS(KPC_OK, kpc_client_close(mallory, KPC_SOON, NULL));
    kpc_client_free(mallory);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
