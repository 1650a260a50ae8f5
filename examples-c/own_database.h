/* Stands for the database that a program has: records in the order of their keys, with
 * transactions. It is a list in memory, written to a file as a whole at each commit; a real one
 * encrypts, and is faster. own_database.c puts a store of channels into it. */
#ifndef KPC_OWN_DATABASE_H
#define KPC_OWN_DATABASE_H

#include "example.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

typedef struct record {
    struct record *next;
    size_t key_len, value_len;
    uint8_t bytes[]; /* key, then value */
} record;

typedef struct database {
    const char *path;
    record *first; /* as the transaction has made them; the file has what is committed */
    int is_urgent; /* the commit has to be on the disk when it returns */
} database;

/* Where the first record is that does not come before a key: in the order of bytes, the shorter key
 * first where it begins the longer one. */
static inline record **db_place(database *db, const uint8_t *key, size_t key_len)
{
    record **at = &db->first;
    for (; *at != NULL; at = &(*at)->next) {
        size_t own = (*at)->key_len;
        int order = memcmp((*at)->bytes, key, own < key_len ? own : key_len);
        if (order > 0 || (order == 0 && own >= key_len)) {
            break;
        }
    }
    return at;
}

static inline int db_has_key(const record *r, const uint8_t *key, size_t key_len)
{
    return r != NULL && r->key_len == key_len && memcmp(r->bytes, key, key_len) == 0;
}

/* Puts a new record before the one at a place. Returns 0 or an errno. */
static inline int db_insert(record **at, const uint8_t *key, size_t key_len, const uint8_t *value,
                            size_t value_len)
{
    record *added = malloc(sizeof *added + key_len + value_len);
    if (added == NULL) {
        return ENOMEM;
    }
    added->next = *at;
    added->key_len = key_len;
    added->value_len = value_len;
    memcpy(added->bytes, key, key_len);
    memcpy(added->bytes + key_len, value, value_len);
    *at = added;
    return 0;
}

static inline void db_take_out(record **at)
{
    record *gone = *at;
    *at = gone->next;
    kpc_wipe(gone->bytes, gone->key_len + gone->value_len);
    free(gone);
}

static inline void db_forget(database *db)
{
    while (db->first != NULL) {
        db_take_out(&db->first);
    }
}

/* Reads what is committed. Returns 0 or an errno. */
static inline int db_load(database *db)
{
    FILE *file = fopen(db->path, "rb");
    record head, *read, **last = &db->first;
    int held = 1;

    db_forget(db);
    while (held && file != NULL && fread(&head, sizeof head, 1, file) == 1) {
        size_t len = head.key_len + head.value_len;
        read = malloc(sizeof *read + len);
        need(read != NULL && fread(read->bytes, 1, len, file) == len, "the file is damaged");
        read->next = NULL;
        read->key_len = head.key_len;
        read->value_len = head.value_len;
        *last = read;
        last = &read->next;
    }
    held = file != NULL ? fclose(file) == 0 : errno == ENOENT;
    return held ? 0 : errno;
}

/* A new file takes the place of the old one, so that there is always a whole one. Returns 0 or an
 * errno. */
static inline int db_commit(const database *db)
{
    FILE *file = fopen("new-records", "wb");
    int directory = open(".", O_RDONLY), held = file != NULL && directory >= 0;
    const record *r;

    for (r = db->first; held && r != NULL; r = r->next) {
        held = fwrite(r, sizeof *r + r->key_len + r->value_len, 1, file) == 1;
    }
    held = held && fflush(file) == 0 && (!db->is_urgent || fsync(fileno(file)) == 0);
    held = file != NULL && fclose(file) == 0 && held && rename("new-records", db->path) == 0;
    held = held && (!db->is_urgent || fsync(directory) == 0);
    close(directory);
    return held ? 0 : errno;
}

#endif
