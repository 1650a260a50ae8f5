/* What the tests of files share: files with a content that is known.
 *
 * To be included like kpc_stores.h. */
#ifndef KPC_FILES_H
#define KPC_FILES_H

#include "kpc_stores.h"

/* Where a file of the test is; good until the fourth call after this one. */
static inline const char *place(const char *name)
{
    static char paths[4][512];
    static int next;
    const char *directory = getenv("KPC_TMP");
    char *path = paths[next];
    next = (next + 1) % 4;
    snprintf(path, sizeof paths[0], "%s/%s", directory != NULL ? directory : ".", name);
    return path;
}

/* What a file of the test has at a position. */
static inline int byte_at(size_t at)
{
    return (int)(at * 7 % 251);
}

static inline void makes(const char *name, size_t size)
{
    FILE *file = fopen(place(name), "wb");
    size_t at;
    CHECK(file != NULL);
    for (at = 0; file != NULL && at < size; at++) {
        fputc(byte_at(at), file);
    }
    CHECK(file != NULL && fclose(file) == 0);
}

/* Whether a file has this size, and the content that makes() gave it. */
static inline int is_file_at(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    int same = file != NULL;
    size_t at;
    for (at = 0; same && at < size; at++) {
        same = fgetc(file) == byte_at(at);
    }
    same = same && fgetc(file) == EOF;
    if (file != NULL) {
        fclose(file);
    }
    return same;
}

static inline int is_file(const char *name, size_t size)
{
    return is_file_at(place(name), size);
}

#endif
