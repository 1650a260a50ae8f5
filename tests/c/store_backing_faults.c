/* A database of the program's that fails, at each function in turn: nothing is lost or doubled, and the
 * error says what failed. And one whose functions call the library. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_own_database.h"

static const char *const names[FUNCTIONS] = {"begin",  "commit",       "rollback", "get",   "put",
                                             "remove", "remove_range", "scan",     "claim", "release"};

/* The call fails as the database does, and the message says where. */
#define FAILS(function, call)                                                       \
    do {                                                                            \
        STATUS(KPC_ERR_DB, (call));                                                 \
        CHECK(strstr(kpc_error_message(error), names[function]) != NULL);           \
        CHECK(strstr(kpc_error_message(error), "returned 13") != NULL);             \
        kpc_error_free(error);                                                      \
        error = NULL;                                                               \
    } while (0)

/* Each call fails alone where the function is the one that fails. */
static void each_call(void)
{
    static own_database database;
    kpc_backing backing = own_functions();
    kpc_client *client = kpc_sim_connected(&sim);
    kpc_store *store = NULL;
    kpc_writer *writer = NULL;
    kpc_names *all = NULL;

    database.fails_with = 13;
    database.fails_in[BEGIN] = 1;
    FAILS(BEGIN, kpc_store_open_on(client, &backing, &database, own_drop, KPC_SOON, &store, &error));
    database.fails_in[COMMIT] = 1;
    FAILS(COMMIT, kpc_store_open_on(client, &backing, &database, own_drop, KPC_SOON, &store, &error));
    CHECK(store == NULL && database.now.count == 0 && own_drops(&database) == 2);
    database.has_thread = 0;
    database.is_other_thread = 0;
    OK(kpc_store_open_on(client, &backing, &database, own_drop, KPC_SOON, &store, &error));
    database.fails_in[PUT] = 2;
    FAILS(PUT, kpc_store_create_writer(store, "new", NULL, 0, KPC_SOON, &writer, &error));
    database.fails_in[CLAIM] = 1;
    FAILS(CLAIM, kpc_store_create_writer(store, "new", NULL, 0, KPC_SOON, &writer, &error));
    database.fails_in[GET] = 1;
    FAILS(GET, kpc_store_open_writer(store, "new", KPC_SOON, &writer, &error));
    database.fails_in[SCAN] = 1;
    FAILS(SCAN, kpc_store_list_writers(store, KPC_SOON, &all, &error));
    database.fails_in[REMOVE_RANGE] = 1;
    FAILS(REMOVE_RANGE, kpc_store_delete_writer(store, "new", KPC_SOON, &error));
    database.fails_in[REMOVE] = 1;
    FAILS(REMOVE, kpc_store_delete_writer(store, "new", KPC_SOON, &error));
    /* Numbers that the library knows are not taken for its own failures. */
    database.fails_with = KPC_ERR_CLOSED;
    database.fails_in[SCAN] = 1;
    ERROR(KPC_ERR_DB, kpc_store_list_writers(store, KPC_SOON, &all, &error));
    database.fails_with = KPC_ERR_NO_MEMORY;
    database.fails_in[SCAN] = 1;
    ERROR(KPC_ERR_NO_MEMORY, kpc_store_list_writers(store, KPC_SOON, &all, &error));
    database.fault = OUT_OF_ORDER;
    OK(kpc_store_create_writer(store, "other", NULL, 0, KPC_SOON, &writer, &error));
    kpc_writer_free(writer);
    ERROR(KPC_ERR_DB, kpc_store_list_writers(store, KPC_SOON, &all, &error));
    database.fault = NO_FAULT;
    OK(kpc_store_delete_writer(store, "new", KPC_SOON, &error));
    CHECK(writer != NULL && all == NULL);
    OK(kpc_store_close(store, KPC_SOON, &error));
    kpc_store_free(store);
    kpc_client_free(client);
    CHECK(own_drops(&database) == 3 && !database.is_other_thread);
    own_free(&database);
}

/* The database of one side fails at this function, the n-th time; messages are sent meanwhile. */
static void fails_under_way(int function, long nth, int at_the_reader)
{
    static own_database hers, his;
    own_database *failing = at_the_reader ? &his : &hers;
    person alice, bob;
    kpc_writer *writer;
    kpc_reader *reader;
    char text[32], taken[4][32];
    uint64_t number = 0, count = 0, got;
    int i;

    memset(&hers, 0, sizeof hers);
    memset(&his, 0, sizeof his);
    alice = comes_with(&hers);
    bob = comes_with(&his);
    writer = creates(&alice, "bob");
    reader = follows(&bob, "alice", writer);
    __atomic_store_n(&failing->fails_with, 13, __ATOMIC_SEQ_CST);
    __atomic_store_n(&failing->fails_in[function], nth, __ATOMIC_SEQ_CST);
    for (i = 0; i < 4; i++) {
        snprintf(text, sizeof text, "message %d", i);
        /* What has failed is not stored, and is not sent. */
        if (kpc_writer_send(writer, KPC_MESSAGE_KIND, bytes(text), strlen(text), KPC_SOON, &number, &error) == KPC_OK) {
            strcpy(taken[count++], text);
            CHECK(number == count);
        } else {
            STATUS(KPC_ERR_DB, kpc_error_status(error));
            kpc_error_free(error);
            error = NULL;
        }
    }
    CHECK(count >= 3);
    OK(kpc_writer_wait_stored(writer, count, KPC_SOON, &error));
    OK(kpc_reader_poll_now(reader, &error));
    for (got = 1; got <= count; got++) {
        kpc_status status;
        kpc_message *message = NULL;
        do {
            status = kpc_reader_receive(reader, KPC_SOON, &message, NULL);
        } while (status == KPC_ERR_DB);
        STATUS(KPC_OK, status);
        CHECK(is_text(message, got, taken[got - 1]));
        do {
            status = kpc_reader_acknowledge(reader, got, KPC_SOON, NULL);
        } while (status == KPC_ERR_DB);
        STATUS(KPC_OK, status);
    }
    AWAIT_STATE(kpc_writer_state(writer), KPC_WRITER_IDLE);
    CHECK(kpc_reader_waiting(reader) == 0 && kpc_writer_pending(writer) == 0);
    kpc_writer_free(writer);
    kpc_reader_free(reader);
    leaves(&alice);
    leaves(&bob);
    CHECK(own_drops(&hers) == 1 && own_drops(&his) == 1);
    own_free(&hers);
    own_free(&his);
}

static void under_way(void)
{
    static const int functions[] = {BEGIN, COMMIT, GET, PUT, REMOVE_RANGE};
    size_t i;
    long nth;

    for (i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        for (nth = 1; nth <= 3; nth++) {
            fails_under_way(functions[i], nth, 0);
        }
        fails_under_way(functions[i], 1, 1); /* a reader then waits a second */
        fails_under_way(functions[i], 2, 1);
    }
}

static int called;

/* In a function of the database, on the thread of the store. */
static void in_put(own_database *database)
{
    kpc_names *all = NULL;
    kpc_error *mine = NULL;
    kpc_op op = 0;

    if (__atomic_add_fetch(&called, 1, __ATOMIC_SEQ_CST) > 1) {
        return;
    }
    /* It would wait for itself, */
    STATUS(KPC_ERR_WOULD_DEADLOCK, kpc_store_list_writers(database->store, KPC_SOON, &all, &mine));
    kpc_error_free(mine);
    STATUS(KPC_ERR_WOULD_DEADLOCK, kpc_store_close(database->store, KPC_SOON, NULL));
    /* which others do not. */
    OK(kpc_store_list_writers_async(database->store, KPC_SOON, NULL, &op, &error));
    STATUS(KPC_ERR_WOULD_DEADLOCK, kpc_op_wait(database->client, op, KPC_SOON, NULL, NULL));
    CHECK(kpc_client_is_connected(database->client));
    /* What get was lent is gone. */
    STATUS(KPC_ERR_BAD_HANDLE, kpc_records_add(database->kept, bytes("k"), 1, NULL, 0));
    STATUS(KPC_ERR_ARG_NULL, kpc_records_add(NULL, bytes("k"), 1, NULL, 0));
    STATUS(KPC_ERR_ARG_NULL, kpc_records_add(database->kept, bytes("k"), 1, NULL, 1));
    STATUS(KPC_ERR_ARG_SIZE, kpc_records_add(database->kept, bytes("k"), (size_t)-1, NULL, 0));
}

static void calls_from_inside(void)
{
    static own_database database;
    person alice = comes_with(&database);
    kpc_writer *writer;

    database.client = alice.client;
    database.store = alice.store;
    database.in_put = in_put;
    writer = creates(&alice, "bob");
    CHECK(called > 1 && kpc_writer_last_message(writer) == 0);
    sends(writer, "one");
    kpc_writer_free(writer);
    leaves(&alice);
    CHECK(own_drops(&database) == 1);
    own_free(&database);
}

int main(void)
{
    kpc_sim_start(&sim, "--instant");
    each_call();
    under_way();
    calls_from_inside();
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
