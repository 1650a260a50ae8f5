/* Durable messages a second beside a program that only commits; how long a store with much in it
 * takes to open; what readers of quiet channels cost. Usage: store DIRECTORY SOCKET */
#include <kpclient.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../report.h"

enum { ROUNDS = 20, A_ROUND = 20, THREADS = 8, MANY = 100000, READERS = 1000, QUIET_S = 20 };

static const uint8_t message[200] = "two hundred bytes, as a line of a chat has with its frame";

static void ok(kpc_status status, kpc_error *error, const char *what)
{
    if (status != KPC_OK)
        fail(what, error ? kpc_error_message(error) : kpc_status_name(status));
}

static kpc_client *new_client(const char *socket)
{
    kpc_error *error = NULL;
    kpc_config *config = NULL;
    kpc_client *client = NULL;
    ok(kpc_config_new(&config, &error), error, "config");
    ok(kpc_config_set_unix(config, socket, &error), error, "socket");
    ok(kpc_client_new(config, &client, &error), error, "client");
    kpc_config_free(config);
    ok(kpc_client_connect(client, KPC_FOREVER, &error), error, "connect");
    return client;
}

static kpc_store *open_store(kpc_client *client, const char *path)
{
    kpc_error *error = NULL;
    kpc_store *store = NULL;
    ok(kpc_store_open(client, path, KPC_FOREVER, &store, &error), error, "open");
    return store;
}

static kpc_writer *new_writer(kpc_store *store, const char *name)
{
    kpc_error *error = NULL;
    kpc_writer *writer = NULL;
    ok(kpc_store_create_writer(store, name, NULL, 0, KPC_FOREVER, &writer, &error), error, name);
    return writer;
}

static void send_one(kpc_writer *writer)
{
    kpc_error *error = NULL;
    ok(kpc_writer_send(writer, KPC_MESSAGE_KIND, message, sizeof message, KPC_FOREVER, NULL, &error),
       error, "send");
}

static void sql(sqlite3 *database, const char *text)
{
    if (sqlite3_exec(database, text, NULL, NULL, NULL) != SQLITE_OK)
        fail(text, sqlite3_errmsg(database));
}

static sqlite3 *bare_database(const char *path)
{
    sqlite3 *database = NULL;
    if (sqlite3_open(path, &database) != SQLITE_OK)
        fail("sqlite3_open", path);
    sql(database, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                  "CREATE TABLE t(k INTEGER PRIMARY KEY, v BLOB)");
    return database;
}

/* Milliseconds of a commit, over some. */
static double commits(sqlite3_stmt *insert)
{
    uint64_t begun = now_ns();
    for (int i = 0; i < A_ROUND; i++) {
        sqlite3_bind_blob(insert, 1, message, sizeof message, SQLITE_STATIC);
        if (sqlite3_step(insert) != SQLITE_DONE)
            fail("insert", "sqlite");
        sqlite3_reset(insert);
    }
    return (double)(now_ns() - begun) / 1e6 / A_ROUND;
}

static double sends(kpc_writer *writer)
{
    uint64_t begun = now_ns();
    for (int i = 0; i < A_ROUND; i++)
        send_one(writer);
    return (double)(now_ns() - begun) / 1e6 / A_ROUND;
}

static void *send_many(void *writer)
{
    for (int i = 0; i < A_ROUND; i++)
        send_one(writer);
    return NULL;
}

static double sends_at_once(kpc_writer *writer)
{
    pthread_t threads[THREADS];
    uint64_t begun = now_ns();
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, send_many, writer) != 0)
            fail("pthread_create", "");
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    return (double)(now_ns() - begun) / 1e6 / (A_ROUND * THREADS);
}

/* Until nothing is sent any more, which would slow down what is measured next. */
static void settle(kpc_writer *writer)
{
    kpc_error *error = NULL;
    uint64_t last = kpc_writer_last_message(writer);
    ok(kpc_writer_wait_stored(writer, last, KPC_FOREVER, &error), error, "stored");
}

/* Alternately, so that a disk that is slower for a while is so for all. */
static void durable(kpc_client *client, const char *directory)
{
    kpc_error *error = NULL;
    char path[4096];
    snprintf(path, sizeof path, "%s/bare.db", directory);
    sqlite3 *bare = bare_database(path);
    sqlite3_stmt *insert = NULL;
    sqlite3_prepare_v2(bare, "INSERT INTO t(v) VALUES(?)", -1, &insert, NULL);
    snprintf(path, sizeof path, "%s/sends.db", directory);
    kpc_store *store = open_store(client, path);
    kpc_writer *writer = new_writer(store, "writer");
    double of_bare[ROUNDS], of_one[ROUNDS], of_eight[ROUNDS], one[ROUNDS], eight[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        of_bare[i] = commits(insert);
        of_one[i] = sends(writer);
        settle(writer);
        of_eight[i] = sends_at_once(writer);
        settle(writer);
        one[i] = of_bare[i] / of_one[i];
        eight[i] = of_bare[i] / of_eight[i];
    }
    double commit = 1000 / quantile(of_bare, ROUNDS, 0.5);
    report_section("durable messages a second, beside commits of a bare database");
    report_ratio("one thread", 1000 / quantile(of_one, ROUNDS, 0.5), "/s", commit,
                 quantile(one, ROUNDS, 0.5), 0.8, 0);
    report_ratio("eight threads", 1000 / quantile(of_eight, ROUNDS, 0.5), "/s", commit,
                 quantile(eight, ROUNDS, 0.5), 0, 0);
    kpc_writer_free(writer);
    ok(kpc_store_close(store, KPC_FOREVER, &error), error, "close");
    kpc_store_free(store);
    sqlite3_finalize(insert);
    sqlite3_close(bare);
}

/* A store in which many messages wait that were received and sent is opened in no time. */
static void opening(kpc_client *client, const char *directory)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/many.db", directory);
    kpc_store *store = open_store(client, path);
    kpc_writer_free(new_writer(store, "writer"));
    kpc_error *error = NULL;
    ok(kpc_store_close(store, KPC_FOREVER, &error), error, "close");
    kpc_store_free(store);
    /* The messages of another channel, with the keys of the format: taking each by itself would take
     * long, and says nothing of opening. */
    sqlite3 *bare = NULL;
    if (sqlite3_open(path, &bare) != SQLITE_OK)
        fail("sqlite3_open", path);
    sql(bare, "BEGIN");
    sqlite3_stmt *insert = NULL;
    sqlite3_prepare_v2(bare, "INSERT INTO records VALUES(?, ?)", -1, &insert, NULL);
    for (uint32_t i = 0; i < MANY; i++) {
        uint8_t key[17] = {0, 0, 0, 0, 0, 0, 0, 99, 'm'};
        for (int byte = 0; byte < 4; byte++)
            key[16 - byte] = (uint8_t)(i >> (8 * byte));
        sqlite3_bind_blob(insert, 1, key, sizeof key, SQLITE_STATIC);
        sqlite3_bind_blob(insert, 2, message, sizeof message, SQLITE_STATIC);
        if (sqlite3_step(insert) != SQLITE_DONE)
            fail("insert", sqlite3_errmsg(bare));
        sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
    sql(bare, "COMMIT");
    sqlite3_close(bare);
    uint64_t begun = now_ns();
    store = open_store(client, path);
    kpc_writer *writer = NULL;
    ok(kpc_store_open_writer(store, "writer", KPC_FOREVER, &writer, &error), error, "open writer");
    report_section("a store with 100 000 messages");
    report_value("opened, with a writer", (double)(now_ns() - begun) / 1e6, "ms");
    kpc_writer_free(writer);
    ok(kpc_store_close(store, KPC_FOREVER, &error), error, "close");
    kpc_store_free(store);
}

static double processor_ms(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

static double resident_kib(void)
{
    long pages = 0, resident = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    if (!statm || fscanf(statm, "%ld %ld", &pages, &resident) != 2)
        fail("/proc/self/statm", "");
    fclose(statm);
    return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1024;
}

static void quiet_readers(kpc_client *client)
{
    static kpc_reader *readers[READERS];
    kpc_error *error = NULL;
    kpc_store *store = open_store(client, NULL);
    double before = resident_kib();
    for (int i = 0; i < READERS; i++) {
        char name[32];
        kpc_write_cap write_cap;
        kpc_read_cap read_cap;
        kpc_box_index first;
        snprintf(name, sizeof name, "reader %d", i);
        ok(kpc_new_keypair(NULL, 0, &write_cap, &read_cap, &first, &error), error, "keypair");
        ok(kpc_store_import_reader(store, name, &read_cap, NULL, KPC_FOREVER, &readers[i], &error),
           error, "reader");
    }
    sleep(QUIET_S);
    double begun = processor_ms();
    sleep(QUIET_S);
    report_section("1 000 readers of quiet channels");
    report_value("processor, of each second", (processor_ms() - begun) / QUIET_S, "ms");
    report_value("memory of each", (resident_kib() - before) / READERS, "KiB");
    for (int i = 0; i < READERS; i++)
        kpc_reader_free(readers[i]);
    kpc_store_free(store);
}

int main(int count, char **arguments)
{
    if (count != 3)
        fail("usage", "store DIRECTORY SOCKET");
    report_open(NULL, "");
    kpc_client *client = new_client(arguments[2]);
    durable(client, arguments[1]);
    opening(client, arguments[1]);
    quiet_readers(client);
    kpc_client_free(client);
    report_close();
    return 0;
}
