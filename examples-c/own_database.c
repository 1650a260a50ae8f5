/* Channels in a database of the program's own, which own_database.h stands for. One process at a
 * time may have it, as there is neither claim nor release. First the functions are checked on a new
 * one:
 *
 *   $ own_database thinclient.toml new
 *   every rule is kept
 *
 * Then a diary is kept in another. The second time it knows that there was a first one:
 *
 *   $ own_database thinclient.toml diary "a fine day"
 *   page 1 is on the mixnet
 *   $ own_database thinclient.toml diary "rain"
 *   page 2 is on the mixnet
 */
#define _POSIX_C_SOURCE 200809L
#include "own_database.h"

/* A failure may have any number: errno, here. The message of the library's error has it. */
static kpc_status begin(void *db, int32_t durability)
{
    ((database *)db)->is_urgent = durability != KPC_DURABILITY_SOON;
    return KPC_OK;
}

static kpc_status commit(void *db)
{
    return db_commit(db);
}

static void rollback(void *db)
{
    need(db_load(db) == 0, "the database cannot be read any more");
}

static kpc_status give(const record *r, const kpc_records *records)
{
    return kpc_records_add(records, r->bytes, r->key_len, r->bytes + r->key_len, r->value_len);
}

static kpc_status get(void *db, const uint8_t *key, size_t key_len, const kpc_records *records)
{
    const record *r = *db_place(db, key, key_len);
    return db_has_key(r, key, key_len) ? give(r, records) : KPC_OK;
}

static kpc_status take_out(void *db, const uint8_t *key, size_t key_len)
{
    record **at = db_place(db, key, key_len);
    if (db_has_key(*at, key, key_len)) {
        db_take_out(at);
    }
    return KPC_OK;
}

static kpc_status put(void *db, const uint8_t *key, size_t key_len, const uint8_t *value,
                      size_t value_len)
{
    take_out(db, key, key_len);
    return db_insert(db_place(db, key, key_len), key, key_len, value, value_len);
}

static kpc_status scan(void *db, const uint8_t *from, size_t from_len, const uint8_t *to,
                       size_t to_len, size_t limit, const kpc_records *records)
{
    const record *r = *db_place(db, from, from_len), *end = *db_place(db, to, to_len);
    for (; r != end && limit > 0; r = r->next, limit--) {
        kpc_status status = give(r, records);
        if (status != KPC_OK) {
            return status;
        }
    }
    return KPC_OK;
}

static void write_page(kpc_store *store, const char *text)
{
    kpc_error *error = NULL;
    kpc_writer *writer = NULL;
    uint64_t page = 0;
    kpc_status status = kpc_store_open_writer(store, "diary", PATIENCE_MS, &writer, NULL);

    if (status == KPC_ERR_CHANNEL_NOT_IN_DB) {
        status = kpc_store_create_writer(store, "diary", NULL, 0, PATIENCE_MS, &writer, &error);
    }
    must(status, &error, "the channel");
    must(kpc_writer_send(writer, KPC_MESSAGE_KIND, (const uint8_t *)text, strlen(text), PATIENCE_MS,
                         &page, &error),
         &error, "writing");
    must(kpc_writer_wait_stored(writer, page, PATIENCE_MS, &error), &error, "the mixnet");
    printf("page %llu is on the mixnet\n", (unsigned long long)page);
    kpc_writer_free(writer);
}

int main(int argc, char **argv)
{
    kpc_backing backing = {.size = sizeof backing, .begin = begin, .commit = commit,
                           .rollback = rollback, .get = get, .put = put, .remove = take_out,
                           .scan = scan};
    database db = {.path = argc > 2 ? argv[2] : ""};
    kpc_error *error = NULL;
    kpc_store *store = NULL;
    kpc_client *client;

    need(argc > 2 && db_load(&db) == 0, "usage: own_database thinclient.toml FILE [TEXT]");
    if (argc == 3) {
        must(kpc_backing_check(&backing, &db, 1, &error), &error, "the backing");
        puts("every rule is kept");
        return EXIT_SUCCESS;
    }
    client = example_connect(argv[1]);
    must(kpc_store_open_on(client, &backing, &db, NULL, PATIENCE_MS, &store, &error), &error,
         "the store");
    write_page(store, argv[3]);
    must(kpc_store_close(store, PATIENCE_MS, &error), &error, "closing");
    kpc_store_free(store);
    example_leave(client);
    db_forget(&db);
    return EXIT_SUCCESS;
}
