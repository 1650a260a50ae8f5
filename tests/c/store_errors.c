/* What a store, its writers and its readers refuse, each with its own status. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_stores.h"

static person alice;

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    CHECK(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

/* Not every file is a database of ours. */
static void err_db(void)
{
    kpc_store *store = NULL;
    const char *directory = getenv("KPC_TMP");

    ERROR(KPC_ERR_DB, kpc_store_open(alice.client, directory != NULL ? directory : ".", KPC_SOON, &store, &error));
    ERROR(KPC_ERR_DB, kpc_store_open(alice.client, "/no/such/place.db", KPC_SOON, &store, &error));
    put(path_of("text"), "a long text that is no database, and will not be made one by opening it\n");
    ERROR(KPC_ERR_DB, kpc_store_open(alice.client, path_of("text"), KPC_SOON, &store, &error));
    ERROR(KPC_ERR_ARG_EMPTY, kpc_store_open(alice.client, "", KPC_SOON, &store, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_store_open(alice.client, "\xff", KPC_SOON, &store, &error));
    ERROR(KPC_ERR_TIMEOUT, kpc_store_open(alice.client, path_of("never"), KPC_NO_WAIT, &store, &error));
    CHECK(store == NULL && access(path_of("never"), F_OK) != 0);
}

static void err_channel_exists(void)
{
    kpc_writer *writer = creates(&alice, "twice"), *other = NULL;

    ERROR(KPC_ERR_CHANNEL_EXISTS,
          kpc_store_create_writer(alice.store, "twice", NULL, 0, KPC_SOON, &other, &error));
    kpc_writer_free(writer);
    ERROR(KPC_ERR_CHANNEL_EXISTS,
          kpc_store_create_writer(alice.store, "twice", NULL, 0, KPC_SOON, &other, &error));
    CHECK(other == NULL);
}

static void err_channel_not_in_db(void)
{
    kpc_writer *writer = NULL;
    kpc_reader *reader = NULL;

    ERROR(KPC_ERR_CHANNEL_NOT_IN_DB, kpc_store_open_writer(alice.store, "nobody", KPC_SOON, &writer, &error));
    /* There is a writer of this name, and no reader. */
    ERROR(KPC_ERR_CHANNEL_NOT_IN_DB, kpc_store_open_reader(alice.store, "twice", KPC_SOON, &reader, &error));
    ERROR(KPC_ERR_CHANNEL_NOT_IN_DB, kpc_store_delete_writer(alice.store, "nobody", KPC_SOON, &error));
    ERROR(KPC_ERR_CHANNEL_NOT_IN_DB, kpc_store_delete_reader(alice.store, "twice", KPC_SOON, &error));
    CHECK(writer == NULL && reader == NULL);
}

static void names(void)
{
    kpc_writer *writer = NULL;
    char longest[257];

    memset(longest, 'n', sizeof longest);
    longest[256] = 0;
    ERROR(KPC_ERR_ARG_VALUE, kpc_store_create_writer(alice.store, longest, NULL, 0, KPC_SOON, &writer, &error));
    longest[255] = 0;
    OK(kpc_store_create_writer(alice.store, longest, NULL, 0, KPC_SOON, &writer, &error));
    kpc_writer_free(writer);
    OK(kpc_store_delete_writer(alice.store, longest, KPC_SOON, &error));
    ERROR(KPC_ERR_ARG_EMPTY, kpc_store_create_writer(alice.store, "", NULL, 0, KPC_SOON, &writer, &error));
    ERROR(KPC_ERR_ARG_EMPTY, kpc_store_open_writer(alice.store, "", KPC_SOON, &writer, &error));
    ERROR(KPC_ERR_ARG_SIZE,
          kpc_store_create_writer(alice.store, "seeded", bytes("short"), 5, KPC_SOON, &writer, &error));
    CHECK(writer == NULL);
}

/* A capability of nobody's, and an index of another channel. */
static void err_invalid_capability(void)
{
    kpc_test_stream one = kpc_test_stream_of(1), other = kpc_test_stream_of(2);
    kpc_writer *writer = NULL;
    kpc_reader *reader = NULL;

    ERROR(KPC_ERR_INVALID_CAPABILITY,
          kpc_store_import_writer(alice.store, "bad", &one.writer, &other.first, KPC_SOON, &writer, &error));
    ERROR(KPC_ERR_INVALID_CAPABILITY,
          kpc_store_import_reader(alice.store, "bad", &one.reader, &other.first, KPC_SOON, &reader, &error));
    one.writer.bytes[0] ^= 1;
    memset(one.reader.bytes, 0, 32);
    one.reader.bytes[0] = 1; /* a point, but no key */
    ERROR(KPC_ERR_INVALID_CAPABILITY,
          kpc_store_import_writer(alice.store, "bad", &one.writer, NULL, KPC_SOON, &writer, &error));
    ERROR(KPC_ERR_INVALID_CAPABILITY,
          kpc_store_import_reader(alice.store, "bad", &one.reader, NULL, KPC_SOON, &reader, &error));
    CHECK(writer == NULL && reader == NULL);
}

static void err_message_not_in_db(void)
{
    kpc_writer *writer = creates(&alice, "few");
    kpc_reader *reader = follows(&alice, "few", writer);
    uint64_t number = 7;
    uint8_t *much = (uint8_t *)calloc(KPC_MAX_MESSAGE_SIZE + 1, 1);

    ERROR(KPC_ERR_MESSAGE_NOT_IN_DB, kpc_writer_wait_stored(writer, 1, KPC_SOON, &error));
    ERROR(KPC_ERR_MESSAGE_NOT_IN_DB, kpc_reader_acknowledge(reader, 1, KPC_SOON, &error));
    sends(writer, "one");
    ERROR(KPC_ERR_MESSAGE_NOT_IN_DB, kpc_writer_wait_stored(writer, 2, KPC_SOON, &error));
    ERROR(KPC_ERR_MESSAGE_NOT_IN_DB, kpc_writer_wait_stored(writer, 0, KPC_SOON, &error));
    ERROR(KPC_ERR_MESSAGE_NOT_IN_DB, kpc_writer_erase_before(writer, 3, KPC_SOON, &error));
    CHECK(takes(reader, 1, "one"));
    ERROR(KPC_ERR_MESSAGE_NOT_IN_DB, kpc_reader_acknowledge(reader, 2, KPC_SOON, &error));

    ERROR(KPC_ERR_ARG_VALUE, kpc_writer_send(writer, 0, bytes("x"), 1, KPC_SOON, &number, &error));
    CHECK(number == 0);
    ERROR(KPC_ERR_ARG_VALUE, kpc_writer_send(writer, 127, bytes("x"), 1, KPC_SOON, &number, &error));
    ERROR(KPC_ERR_PAYLOAD_TOO_LARGE,
          kpc_writer_send(writer, KPC_MESSAGE_KIND, much, KPC_MAX_MESSAGE_SIZE + 1, KPC_SOON, &number, &error));
    CHECK(kpc_writer_last_message(writer) == 1);
    free(much);
    kpc_writer_free(writer);
    kpc_reader_free(reader);
}

/* One channel has one owner among all stores of one file. */
static void err_busy(void)
{
    kpc_store *other = NULL;
    kpc_writer *writer = creates(&alice, "mine"), *same = NULL;

    OK(kpc_store_open(alice.client, path_of("alice"), KPC_SOON, &other, &error));
    ERROR(KPC_ERR_BUSY, kpc_store_open_writer(other, "mine", KPC_SOON, &same, &error));
    ERROR(KPC_ERR_BUSY, kpc_store_delete_writer(other, "mine", KPC_SOON, &error));
    ERROR(KPC_ERR_BUSY, kpc_store_delete_writer(alice.store, "mine", KPC_SOON, &error));
    kpc_writer_free(writer);
    kpc_writer_free(opens_when_free(other, "mine"));
    kpc_store_free(other);
}

int main(void)
{
    kpc_sim_start(&sim, "--instant");
    alice = comes("alice");
    err_db();
    err_channel_exists();
    err_channel_not_in_db();
    names();
    err_invalid_capability();
    err_message_not_in_db();
    err_busy();
    leaves(&alice);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
