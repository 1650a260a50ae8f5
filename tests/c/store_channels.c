/* Channels of a store: made, imported, found again, listed, deleted; what is known of each; and the
 * calls on boxes with the capability of a channel. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_stores.h"

/* The names of a list, each followed by a blank. Takes over the list. */
static const char *all_of(kpc_names *names)
{
    static char text[256];
    size_t i;

    text[0] = 0;
    for (i = 0; i < kpc_names_count(names); i++) {
        kpc_buffer *name = NULL;
        OK(kpc_names_at(names, i, &name, &error));
        strcat(text, (const char *)kpc_buffer_data(name));
        strcat(text, " ");
        kpc_buffer_free(name);
    }
    kpc_names_free(names);
    return text;
}

static const char *writers_of(const person *somebody)
{
    kpc_names *names = NULL;
    OK(kpc_store_list_writers(somebody->store, KPC_SOON, &names, &error));
    return all_of(names);
}

static const char *readers_of(const person *somebody)
{
    kpc_names *names = NULL;
    OK(kpc_store_list_readers(somebody->store, KPC_SOON, &names, &error));
    return all_of(names);
}

/* In memory nothing is found again. */
static void store_open(void)
{
    person carol = {kpc_sim_connected(&sim), NULL};
    kpc_writer *notes;
    kpc_names *names = NULL;
    kpc_buffer *none = NULL;
    int i;

    for (i = 0; i < 2; i++) {
        OK(kpc_store_open(carol.client, NULL, KPC_SOON, &carol.store, &error));
        CHECK(strcmp(writers_of(&carol), "") == 0);
        notes = creates(&carol, "notes");
        CHECK(sends(notes, "one") == 1);
        OK(kpc_writer_wait_stored(notes, 1, KPC_SOON, &error));
        OK(kpc_store_list_writers(carol.store, KPC_SOON, &names, &error));
        ERROR(KPC_ERR_ARG_VALUE, kpc_names_at(names, 1, &none, &error));
        CHECK(strcmp(all_of(names), "notes ") == 0);
        kpc_writer_free(notes);
        OK(kpc_store_close(carol.store, KPC_SOON, &error));
        kpc_store_free(carol.store);
    }
    kpc_client_free(carol.client);
}

static void store_import_writer(void)
{
    person alice = comes("alice");
    kpc_test_stream stream = kpc_test_stream_of(1);
    kpc_writer *writer = NULL, *again = NULL;
    kpc_write_cap cap;
    kpc_box_index second, at;
    uint8_t seed[KPC_SEED_SIZE];

    OK(kpc_next_message_box_index(&stream.first, &second, &error));
    OK(kpc_store_import_writer(alice.store, "old", &stream.writer, &second, KPC_SOON, &writer, &error));
    OK(kpc_writer_next_index(writer, &at, &error));
    CHECK(same_index(&at, &second));
    kpc_writer_free(writer);
    ERROR(KPC_ERR_CHANNEL_EXISTS,
          kpc_store_import_writer(alice.store, "old", &stream.writer, NULL, KPC_SOON, &writer, &error));
    ERROR(KPC_ERR_CHANNEL_EXISTS,
          kpc_store_create_writer(alice.store, "old", NULL, 0, KPC_SOON, &writer, &error));
    CHECK(writer == NULL);
    /* A seed makes the channel that kpc_new_keypair makes of it. */
    memset(seed, 1, sizeof seed);
    OK(kpc_store_create_writer(alice.store, "seeded", seed, sizeof seed, KPC_SOON, &writer, &error));
    OK(kpc_writer_write_cap(writer, &cap, &error));
    CHECK(memcmp(&cap, &stream.writer, sizeof cap) == 0);
    OK(kpc_store_open_writer(alice.store, "seeded", KPC_SOON, &again, &error));
    CHECK(sends(writer, "x") == 1);
    kpc_writer_free(writer);
    CHECK(sends(again, "y") == 2); /* each handle is freed for itself */
    kpc_writer_free(again);
    leaves(&alice);
}

static void store_list_writers(void)
{
    person alice = comes("lists");
    kpc_writer *writer;

    kpc_writer_free(creates(&alice, "b"));
    kpc_writer_free(creates(&alice, "a"));
    writer = creates(&alice, "c");
    CHECK(strcmp(writers_of(&alice), "a b c ") == 0 && strcmp(readers_of(&alice), "") == 0);
    ERROR(KPC_ERR_BUSY, kpc_store_delete_writer(alice.store, "c", KPC_SOON, &error));
    OK(kpc_store_delete_writer(alice.store, "b", KPC_SOON, &error));
    kpc_writer_free(writer);
    leaves(&alice);
    alice = comes("lists");
    CHECK(strcmp(writers_of(&alice), "a c ") == 0);
    OK(kpc_store_delete_writer(alice.store, "c", KPC_SOON, &error));
    ERROR(KPC_ERR_CHANNEL_NOT_IN_DB, kpc_store_open_writer(alice.store, "c", KPC_SOON, &writer, &error));
    CHECK(writer == NULL);
    leaves(&alice);
}

static void store_import_reader(void)
{
    person alice = comes("alice2"), bob = comes("bob2");
    kpc_writer *writer = creates(&alice, "diary");
    kpc_reader *reader = NULL;
    kpc_read_cap cap;
    kpc_box_index second;

    sends(writer, "one");
    sends(writer, "two");
    OK(kpc_writer_wait_stored(writer, 2, KPC_SOON, &error));
    OK(kpc_writer_read_cap(writer, &cap, &error));
    OK(kpc_read_cap_first_index(&cap, &second, &error));
    OK(kpc_next_message_box_index(&second, &second, &error));
    OK(kpc_store_import_reader(bob.store, "diary", &cap, &second, KPC_SOON, &reader, &error));
    CHECK(takes(reader, 1, "two"));
    kpc_reader_free(reader);
    ERROR(KPC_ERR_CHANNEL_EXISTS,
          kpc_store_import_reader(bob.store, "diary", &cap, NULL, KPC_SOON, &reader, &error));
    CHECK(reader == NULL);
    kpc_writer_free(writer);
    leaves(&alice);
    leaves(&bob);
}

static void store_list_readers(void)
{
    person bob = comes("bob2");
    kpc_reader *reader = NULL;

    CHECK(strcmp(readers_of(&bob), "diary ") == 0 && strcmp(writers_of(&bob), "") == 0);
    OK(kpc_store_open_reader(bob.store, "diary", KPC_SOON, &reader, &error));
    ERROR(KPC_ERR_BUSY, kpc_store_delete_reader(bob.store, "diary", KPC_SOON, &error));
    kpc_reader_free(reader);
    OK(kpc_store_delete_reader(bob.store, "diary", KPC_SOON, &error));
    ERROR(KPC_ERR_CHANNEL_NOT_IN_DB, kpc_store_delete_reader(bob.store, "diary", KPC_SOON, &error));
    CHECK(strcmp(readers_of(&bob), "") == 0);
    leaves(&bob);
}

static void writer_next_index(void)
{
    person alice = comes("alice3");
    kpc_writer *writer = creates(&alice, "w\xc3\xb6rter");
    kpc_buffer *name = NULL;
    kpc_write_cap cap;
    kpc_read_cap half, expected;
    kpc_box_index at, first;

    OK(kpc_writer_name(writer, &name, &error));
    CHECK(holds(name, "w\xc3\xb6rter"));
    OK(kpc_writer_write_cap(writer, &cap, &error));
    OK(kpc_writer_read_cap(writer, &half, &error));
    STATUS(KPC_OK, kpc_write_cap_read_cap(&cap, &expected, NULL));
    CHECK(memcmp(&half, &expected, sizeof half) == 0);
    STATUS(KPC_OK, kpc_write_cap_first_index(&cap, &first, NULL));
    OK(kpc_writer_next_index(writer, &at, &error));
    CHECK(same_index(&at, &first));
    sends(writer, "one");
    OK(kpc_writer_wait_stored(writer, 1, KPC_SOON, &error));
    OK(kpc_writer_next_index(writer, &at, &error));
    OK(kpc_next_message_box_index(&first, &first, &error));
    CHECK(same_index(&at, &first));
    kpc_writer_free(writer);
    leaves(&alice);
}

static void reader_next_index(void)
{
    person alice = comes("alice4"), bob = comes("bob4");
    kpc_writer *writer = creates(&alice, "diary");
    kpc_reader *reader = follows(&bob, "of alice", writer);
    kpc_buffer *name = NULL;
    kpc_read_cap cap, expected;
    kpc_box_index at, first;

    OK(kpc_reader_name(reader, &name, &error));
    CHECK(holds(name, "of alice"));
    OK(kpc_reader_read_cap(reader, &cap, &error));
    OK(kpc_writer_read_cap(writer, &expected, &error));
    CHECK(memcmp(&cap, &expected, sizeof cap) == 0);
    STATUS(KPC_OK, kpc_read_cap_first_index(&cap, &first, NULL));
    OK(kpc_reader_next_index(reader, &at, &error));
    CHECK(same_index(&at, &first));
    sends(writer, "one");
    OK(kpc_reader_poll_now(reader, &error));
    CHECK(takes(reader, 1, "one"));
    OK(kpc_reader_next_index(reader, &at, &error));
    OK(kpc_next_message_box_index(&first, &first, &error));
    CHECK(same_index(&at, &first));
    kpc_reader_free(reader);
    kpc_writer_free(writer);
    leaves(&alice);
    leaves(&bob);
}

int main(void)
{
    kpc_sim_start(&sim, "--instant");
    store_open();
    store_import_writer();
    store_list_writers();
    store_import_reader();
    store_list_readers();
    writer_next_index();
    reader_next_index();
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
