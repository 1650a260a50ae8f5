/* A store in a database of the program's: what it is given and must give, when it is let go of, and what
 * is refused. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_own_database.h"

static void backing_check(void)
{
    kpc_backing all = own_functions(), least = own_functions(), longer[2];
    own_database database;
    uint64_t seed;

    memset(&database, 0, sizeof database);
    least.remove_range = NULL;
    least.claim = NULL;
    least.release = NULL;
    for (seed = 1; seed <= 2; seed++) {
        OK(kpc_backing_check(&all, &database, seed, &error));
        OK(kpc_backing_check(&least, &database, seed, &error));
    }
    CHECK(database.now.count == 0 && database.calls[REMOVE_RANGE] > 0 && !database.is_other_thread);
    CHECK(database.calls[CLAIM] > 0 && database.calls[CLAIM] == database.calls[RELEASE]);
    /* A program with a later header that gives no more functions than there are. */
    memset(longer, 0, sizeof longer);
    longer[0] = all;
    longer[0].size = sizeof longer;
    OK(kpc_backing_check(longer, &database, seed, &error));
    own_free(&database);
}

/* The rule is broken, and the error says so in these words. */
static void breaks(int fault, const kpc_backing *backing, const char *words)
{
    own_database *database = (own_database *)calloc(1, sizeof *database);
    database->fault = fault;
    STATUS(KPC_ERR_DB, kpc_backing_check(backing, database, 7, &error));
    if (!CHECK(strstr(kpc_error_message(error), words) != NULL)) {
        printf("    fault %d: %s\n", fault, kpc_error_message(error));
    }
    kpc_error_free(error);
    error = NULL;
    CHECK(!database->in_transaction);
    own_free(database);
    free(database);
}

static void broken_rules(void)
{
    kpc_backing all = own_functions(), one_by_one = own_functions();
    own_database database;

    one_by_one.remove_range = NULL;
    breaks(ANOTHER_KEY, &all, "another key");
    breaks(ONE_TWICE, &all, "two records of one key");
    breaks(BEYOND_THE_LIMIT, &all, "more records than its limit");
    breaks(OUT_OF_RANGE, &all, "outside of its range");
    breaks(OUT_OF_ORDER, &all, "order of the bytes");
    breaks(ONE_IS_LEFT_OUT, &all, "is missing");
    breaks(ROLLBACK_KEEPS, &all, "after a rollback");
    breaks(COMMIT_LOSES, &all, "after a commit");
    breaks(EMPTY_IS_NOTHING, &all, "is missing");
    breaks(REMOVES_NOTHING, &all, "must not be");
    breaks(REMOVES_NOTHING, &one_by_one, "must not be");

    memset(&database, 0, sizeof database);
    database.now.all[database.now.count++] = own_record_of(bytes("mine"), 4, bytes(""), 0);
    STATUS(KPC_ERR_DB, kpc_backing_check(&all, &database, 7, &error));
    CHECK(strstr(kpc_error_message(error), "must be empty") != NULL && database.now.count == 1);
    kpc_error_free(error);
    error = NULL;
    own_free(&database);
}

/* Whatever is refused, the user data is let go of. */
static void refuses(kpc_status expected, const kpc_backing *backing)
{
    static own_database database;
    kpc_client *client = kpc_sim_connected(&sim);
    kpc_store *store = NULL;
    kpc_op op = 0;

    database.drops = 0;
    ERROR(expected, kpc_backing_check(backing, &database, 1, &error));
    ERROR(expected, kpc_store_open_on(client, backing, &database, own_drop, KPC_SOON, &store, &error));
    CHECK(own_drops(&database) == 1);
    ERROR(expected,
          kpc_store_open_on_async(client, backing, &database, own_drop, KPC_SOON, NULL, &op, &error));
    CHECK(own_drops(&database) == 2 && store == NULL && database.calls[BEGIN] == 0);
    kpc_client_free(client);
}

static void wrong_arguments(void)
{
    kpc_backing backing = own_functions(), longer[2];
    kpc_client *client = kpc_sim_connected(&sim);
    own_database database;
    kpc_store *store = NULL;

    refuses(KPC_ERR_ARG_NULL, NULL);
    refuses(KPC_ERR_ARG_VALUE, (const kpc_backing *)(const void *)((const char *)&backing + 1));
#define WITHOUT(function, expected)     \
    do {                                \
        backing = own_functions();      \
        backing.function = NULL;        \
        refuses((expected), &backing);  \
    } while (0)
    WITHOUT(begin, KPC_ERR_ARG_NULL);
    WITHOUT(commit, KPC_ERR_ARG_NULL);
    WITHOUT(rollback, KPC_ERR_ARG_NULL);
    WITHOUT(get, KPC_ERR_ARG_NULL);
    WITHOUT(put, KPC_ERR_ARG_NULL);
    WITHOUT(remove, KPC_ERR_ARG_NULL);
    WITHOUT(scan, KPC_ERR_ARG_NULL);
    WITHOUT(claim, KPC_ERR_ARG_NULL);
    WITHOUT(release, KPC_ERR_ARG_NULL);
    backing = own_functions();
    backing.size = 0;
    refuses(KPC_ERR_ARG_SIZE, &backing);
    backing.size = sizeof backing - 1;
    refuses(KPC_ERR_ARG_SIZE, &backing);
    backing.size = (size_t)-1;
    refuses(KPC_ERR_ARG_SIZE, &backing);
    memset(longer, 0, sizeof longer);
    longer[0] = own_functions();
    longer[0].size = sizeof longer[0] + sizeof(void *);
    longer[1].size = 1; /* a function of a later version */
    refuses(KPC_ERR_ARG_SIZE, longer);

    backing = own_functions();
    memset(&database, 0, sizeof database);
    ERROR(KPC_ERR_ARG_NULL,
          kpc_store_open_on(NULL, &backing, &database, own_drop, KPC_SOON, &store, &error));
    ERROR(KPC_ERR_ARG_NULL,
          kpc_store_open_on(client, &backing, &database, own_drop, KPC_SOON, NULL, &error));
    ERROR(KPC_ERR_TIMEOUT,
          kpc_store_open_on(client, &backing, &database, own_drop, KPC_NO_WAIT, &store, &error));
    CHECK(own_drops(&database) == 3 && store == NULL);
    kpc_client_free(client);
    own_free(&database);
}

/* All that channels are made of works as in a file, and is there again the next time. */
static void store_open_on(void)
{
    static own_database hers, his;
    person alice = comes_with(&hers), bob = comes_with(&his);
    kpc_writer *writer = creates(&alice, "bob");
    kpc_reader *reader = follows(&bob, "alice", writer);
    kpc_messages *all = NULL;
    kpc_names *names = NULL;

    CHECK(sends(writer, "one") == 1);
    CHECK(__atomic_load_n(&hers.durability, __ATOMIC_SEQ_CST) == KPC_DURABILITY_NOW);
    OK(kpc_writer_wait_stored(writer, 1, KPC_SOON, &error));
    CHECK(is_text(receives(reader), 1, "one"));
    kpc_writer_free(writer);
    kpc_reader_free(reader);
    CHECK(own_drops(&hers) == 0);
    leaves(&alice);
    leaves(&bob);
    CHECK(own_drops(&hers) == 1 && own_drops(&his) == 1 && hers.calls[CLAIM] == hers.calls[RELEASE]);
    CHECK(!hers.is_other_thread && !his.is_other_thread && hers.claimed[1] == 0);

    alice = comes_with(&hers);
    bob = comes_with(&his);
    OK(kpc_store_open_writer(alice.store, "bob", KPC_SOON, &writer, &error));
    OK(kpc_store_open_reader(bob.store, "alice", KPC_SOON, &reader, &error));
    CHECK(takes(reader, 1, "one")); /* it was not acknowledged */
    CHECK(sends(writer, "two") == 2);
    CHECK(takes(reader, 2, "two"));
    OK(kpc_reader_messages(reader, 1, 10, KPC_SOON, &all, &error));
    CHECK(kpc_messages_count(all) == 2);
    kpc_messages_free(all);
    OK(kpc_reader_forget_before(reader, 2, KPC_SOON, &error));
    OK(kpc_writer_erase_before(writer, 2, KPC_SOON, &error));
    OK(kpc_writer_wait_erased(writer, 2, KPC_SOON, &error));
    OK(kpc_store_list_writers(alice.store, KPC_SOON, &names, &error));
    CHECK(kpc_names_count(names) == 1);
    kpc_names_free(names);
    kpc_writer_free(writer);
    kpc_reader_free(reader);
    OK(kpc_store_delete_writer(alice.store, "bob", KPC_SOON, &error));
    leaves(&alice);
    leaves(&bob);
    CHECK(own_drops(&hers) == 2 && own_drops(&his) == 2);
    CHECK(hers.now.count == 2); /* the form of the records, and the number of the next channel */
    own_free(&hers);
    own_free(&his);
}

/* Freed without a close: it is let go of a moment later. The channel has one owner among two stores. */
static void owners(void)
{
    static own_database shared;
    kpc_backing backing = own_functions();
    person alice = comes_with(&shared);
    kpc_writer *writer = creates(&alice, "mine"), *same = NULL;
    kpc_store *other = NULL;
    int64_t end = kpc_test_now_ms() + KPC_SOON;

    /* In this program the two threads take turns: nothing is under way in the first store. */
    OK(kpc_writer_wait_stored(writer, sends(writer, "one"), KPC_SOON, &error));
    AWAIT_STATE(kpc_writer_state(writer), KPC_WRITER_IDLE);
    ASYNC(alice.client,
          kpc_store_open_on_async(alice.client, &backing, &shared, own_drop, KPC_SOON, NULL, &op, &error),
          kpc_store_open_on_result(result, &other, &error));
    ERROR(KPC_ERR_BUSY, kpc_store_open_writer(other, "mine", KPC_SOON, &same, &error));
    ERROR(KPC_ERR_BUSY, kpc_store_delete_writer(other, "mine", KPC_SOON, &error));
    OK(kpc_store_close(other, KPC_SOON, &error));
    kpc_store_free(other);
    CHECK(own_drops(&shared) == 1);
    kpc_writer_free(writer);
    kpc_store_free(alice.store);
    while (own_drops(&shared) < 2 && kpc_test_now_ms() < end) {
        kpc_test_nap();
    }
    CHECK(own_drops(&shared) == 2 && shared.claimed[1] == 0);
    kpc_client_free(alice.client);
    own_free(&shared);
}

int main(void)
{
    kpc_sim_start(&sim, "--instant");
    backing_check();
    broken_rules();
    wrong_arguments();
    store_open_on();
    owners();
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
