/* A database of the program's for tests: records in memory, in the order of their keys. It fails, and
 * breaks rules, on demand, and looks at who calls it, and when.
 *
 * To be included like kpc_sim.h, after a feature macro. */
#ifndef KPC_OWN_DATABASE_H
#define KPC_OWN_DATABASE_H

#include "kpc_stores.h"

#include <pthread.h>

/* The functions of a backing. */
enum { BEGIN, COMMIT, ROLLBACK, GET, PUT, REMOVE, REMOVE_RANGE, SCAN, CLAIM, RELEASE, FUNCTIONS };

/* Rules that a database breaks. */
enum {
    NO_FAULT,
    ANOTHER_KEY,
    ONE_TWICE,
    BEYOND_THE_LIMIT,
    OUT_OF_RANGE,
    OUT_OF_ORDER,
    ONE_IS_LEFT_OUT,
    ROLLBACK_KEEPS,
    COMMIT_LOSES,
    EMPTY_IS_NOTHING,
    REMOVES_NOTHING,
    FAULTS
};

typedef struct own_record {
    int uses;
    size_t key_len, value_len;
    uint8_t bytes[1]; /* key, then value */
} own_record;

typedef struct own_records {
    own_record *all[600];
    size_t count;
} own_records;

typedef struct own_database {
    own_records now, before;
    int in_transaction;
    /* How often each function was called. */
    long calls[FUNCTIONS];
    /* The how-maniest call of which function from now on fails, 1 being the next, and with what. */
    long fails_in[FUNCTIONS];
    kpc_status fails_with;
    int fault;
    uint64_t claimed[32];
    /* Somebody is inside; on which thread; and how often drop was called. */
    int inside, drops;
    int is_other_thread, has_thread;
    pthread_t thread;
    int durability;
    /* Called within put. */
    void (*in_put)(struct own_database *database);
    kpc_client *client;
    kpc_store *store;
    const kpc_records *kept;
} own_database;

static inline own_record *own_record_of(const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
    own_record *record = (own_record *)malloc(sizeof *record + key_len + value_len);
    record->uses = 1;
    record->key_len = key_len;
    record->value_len = value_len;
    memcpy(record->bytes, key, key_len);
    memcpy(record->bytes + key_len, value, value_len);
    return record;
}

static inline void own_record_end(own_record *record)
{
    if (--record->uses == 0) {
        kpc_wipe(record, sizeof *record + record->key_len + record->value_len);
        free(record);
    }
}

static inline void own_clear(own_records *records)
{
    while (records->count > 0) {
        own_record_end(records->all[--records->count]);
    }
}

static inline void own_copy(own_records *to, const own_records *from)
{
    own_clear(to);
    for (; to->count < from->count; to->count++) {
        to->all[to->count] = from->all[to->count];
        to->all[to->count]->uses++;
    }
}

static inline int own_compare(const own_record *record, const uint8_t *key, size_t key_len)
{
    size_t shorter = record->key_len < key_len ? record->key_len : key_len;
    int order = memcmp(record->bytes, key, shorter);
    return order != 0 ? order : (record->key_len > key_len) - (record->key_len < key_len);
}

/* The place of the first record that does not come before a key. */
static inline size_t own_place(const own_database *database, const uint8_t *key, size_t key_len)
{
    size_t at = 0;
    while (at < database->now.count && own_compare(database->now.all[at], key, key_len) < 0) {
        at++;
    }
    return at;
}

static inline int own_is_at(const own_database *database, size_t at, const uint8_t *key, size_t key_len)
{
    return at < database->now.count && own_compare(database->now.all[at], key, key_len) == 0;
}

static inline void own_take_out(own_database *database, size_t at)
{
    own_records *now = &database->now;
    own_record_end(now->all[at]);
    now->count--;
    memmove(&now->all[at], &now->all[at + 1], (now->count - at) * sizeof now->all[0]);
}

static inline kpc_status own_add(const kpc_records *records, const own_record *record)
{
    const uint8_t *value = record->bytes + record->key_len;
    return kpc_records_add(records, record->bytes, record->key_len, value, record->value_len);
}

/* A function begins: whether it is to fail. */
static inline kpc_status own_enter(own_database *database, int function)
{
    CHECK(!database->inside);
    database->inside = 1;
    if (!database->has_thread) {
        database->has_thread = 1;
        database->thread = pthread_self();
    }
    database->is_other_thread |= !pthread_equal(database->thread, pthread_self());
    CHECK(database->in_transaction == (function != BEGIN) || function == CLAIM || function == RELEASE);
    database->calls[function]++;
    /* A test may say so while the store works. */
    if (__atomic_load_n(&database->fails_in[function], __ATOMIC_SEQ_CST) > 0 &&
        __atomic_sub_fetch(&database->fails_in[function], 1, __ATOMIC_SEQ_CST) == 0) {
        return __atomic_load_n(&database->fails_with, __ATOMIC_SEQ_CST);
    }
    return KPC_OK;
}

static inline kpc_status own_leave(own_database *database, kpc_status status)
{
    database->inside = 0;
    return status;
}

static kpc_status own_begin(void *user_data, int32_t durability)
{
    own_database *database = (own_database *)user_data;
    kpc_status status = own_enter(database, BEGIN);
    CHECK(durability == KPC_DURABILITY_SOON || durability == KPC_DURABILITY_NOW);
    if (status == KPC_OK) {
        own_copy(&database->before, &database->now);
        database->in_transaction = 1;
        __atomic_store_n(&database->durability, durability, __ATOMIC_SEQ_CST);
    }
    return own_leave(database, status);
}

static inline void own_undo(own_database *database)
{
    own_copy(&database->now, &database->before);
}

static kpc_status own_commit(void *user_data)
{
    own_database *database = (own_database *)user_data;
    kpc_status status = own_enter(database, COMMIT);
    if (status == KPC_OK) {
        if (database->fault == COMMIT_LOSES) {
            own_undo(database);
        }
        database->in_transaction = 0;
    }
    return own_leave(database, status);
}

static void own_rollback(void *user_data)
{
    own_database *database = (own_database *)user_data;
    (void)own_enter(database, ROLLBACK);
    if (database->fault != ROLLBACK_KEEPS) {
        own_undo(database);
    }
    database->in_transaction = 0;
    (void)own_leave(database, KPC_OK);
}

static kpc_status own_get(void *user_data, const uint8_t *key, size_t key_len, const kpc_records *records)
{
    own_database *database = (own_database *)user_data;
    kpc_status status = own_enter(database, GET);
    size_t at = own_place(database, key, key_len);

    database->kept = records;
    if (database->fault == ANOTHER_KEY && at + 1 < database->now.count) {
        (void)own_add(records, database->now.all[at + 1]);
    } else if (own_is_at(database, at, key, key_len)) {
        if (database->fault == EMPTY_IS_NOTHING && database->now.all[at]->value_len == 0) {
            return own_leave(database, status);
        }
        STATUS(KPC_OK, own_add(records, database->now.all[at]));
        if (database->fault == ONE_TWICE) {
            STATUS(KPC_ERR_DB, own_add(records, database->now.all[at]));
        }
    }
    return own_leave(database, status);
}

static kpc_status own_put(void *user_data, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
    own_database *database = (own_database *)user_data;
    kpc_status status = own_enter(database, PUT);
    own_records *now = &database->now;
    size_t at = own_place(database, key, key_len);

    CHECK(key_len >= 1 && key_len <= KPC_MAX_BACKING_KEY_SIZE && value_len <= KPC_MAX_BACKING_VALUE_SIZE);
    if (database->in_put != NULL) {
        database->in_put(database);
    }
    if (own_is_at(database, at, key, key_len)) {
        own_take_out(database, at);
    }
    if (CHECK(now->count < sizeof now->all / sizeof now->all[0])) {
        memmove(&now->all[at + 1], &now->all[at], (now->count - at) * sizeof now->all[0]);
        now->all[at] = own_record_of(key, key_len, value, value_len);
        now->count++;
    }
    /* Also where it fails: the library has to call rollback. */
    return own_leave(database, status);
}

static kpc_status own_remove(void *user_data, const uint8_t *key, size_t key_len)
{
    own_database *database = (own_database *)user_data;
    kpc_status status = own_enter(database, REMOVE);
    size_t at = own_place(database, key, key_len);
    if (own_is_at(database, at, key, key_len) && database->fault != REMOVES_NOTHING) {
        own_take_out(database, at);
    }
    return own_leave(database, status);
}

static kpc_status own_remove_range(void *user_data, const uint8_t *from, size_t from_len, const uint8_t *to,
                                   size_t to_len)
{
    own_database *database = (own_database *)user_data;
    kpc_status status = own_enter(database, REMOVE_RANGE);
    size_t at = own_place(database, from, from_len), end = own_place(database, to, to_len);
    CHECK(at <= end);
    for (; end > at; end--) {
        own_take_out(database, end - 1);
    }
    return own_leave(database, status);
}

static kpc_status own_scan(void *user_data, const uint8_t *from, size_t from_len, const uint8_t *to, size_t to_len,
                           size_t limit, const kpc_records *records)
{
    own_database *database = (own_database *)user_data;
    kpc_status status = own_enter(database, SCAN);
    size_t at = own_place(database, from, from_len), end = own_place(database, to, to_len);
    size_t count = end - at < limit ? end - at : limit;

    CHECK(limit >= 1 && at <= end);
    if (database->fault == BEYOND_THE_LIMIT && at + count < end) {
        count++;
    } else if (database->fault == OUT_OF_RANGE && at > 0) {
        (void)own_add(records, database->now.all[at - 1]);
    } else if (database->fault == OUT_OF_ORDER && count > 1) {
        (void)own_add(records, database->now.all[at + 1]);
    } else if (database->fault == ONE_IS_LEFT_OUT && count > 2) {
        at++;
        count--;
    }
    for (end = at + count; at < end; at++) {
        (void)own_add(records, database->now.all[at]);
    }
    return own_leave(database, status);
}

static kpc_status own_claim(void *user_data, uint64_t channel)
{
    own_database *database = (own_database *)user_data;
    kpc_status status = own_enter(database, CLAIM);
    if (status == KPC_OK && CHECK(channel < sizeof database->claimed / sizeof database->claimed[0])) {
        status = database->claimed[channel]++ == 0 ? KPC_OK : KPC_ERR_BUSY;
    }
    return own_leave(database, status);
}

static void own_release(void *user_data, uint64_t channel)
{
    own_database *database = (own_database *)user_data;
    (void)own_enter(database, RELEASE);
    CHECK(database->claimed[channel] > 0);
    database->claimed[channel] = 0;
    (void)own_leave(database, KPC_OK);
}

static void own_drop(void *user_data)
{
    own_database *database = (own_database *)user_data;
    CHECK(!database->inside && !database->in_transaction);
    __atomic_add_fetch(&database->drops, 1, __ATOMIC_SEQ_CST);
}

static inline int own_drops(own_database *database)
{
    return __atomic_load_n(&database->drops, __ATOMIC_SEQ_CST);
}

/* The functions of such a database: all of them. */
static inline kpc_backing own_functions(void)
{
    kpc_backing backing;
    memset(&backing, 0, sizeof backing);
    backing.size = sizeof backing;
    backing.begin = own_begin;
    backing.commit = own_commit;
    backing.rollback = own_rollback;
    backing.get = own_get;
    backing.put = own_put;
    backing.remove = own_remove;
    backing.remove_range = own_remove_range;
    backing.scan = own_scan;
    backing.claim = own_claim;
    backing.release = own_release;
    return backing;
}

static inline void own_free(own_database *database)
{
    own_clear(&database->now);
    own_clear(&database->before);
}

/* Somebody starts a program that has its own database. */
static inline person comes_with(own_database *database)
{
    kpc_backing backing = own_functions();
    person somebody = {NULL, NULL};
    database->has_thread = 0;
    database->is_other_thread = 0;
    somebody.client = kpc_sim_connected(&sim);
    OK(kpc_store_open_on(somebody.client, &backing, database, own_drop, KPC_SOON, &somebody.store, &error));
    return somebody;
}

#endif
