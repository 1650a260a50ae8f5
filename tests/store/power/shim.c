/* A disk that loses power, for a program that keeps a database: preload it.
 *
 * Whatever the program writes to <database>, <database>-wal and <database>-journal reaches the file
 * at once, as it would the cache of an operating system. What was there before is noted beside it
 * until the program syncs, so that the test can take any part of it back after the process died.
 *
 * SQLite and the store change files by these functions; they map <database>-shm only, which is made anew.
 *
 * KPC_POWER_DATABASE  the path of the database, without symbolic links
 * KPC_POWER_SIDE      a directory for the notes, on the same file system:
 *                       undo.INODE  struct change, then the old bytes; for each change of a file
 *                       names.0     struct renaming; for each file that came or went
 *                       kept.INODE  a file that is gone by name, and whose removal is not synced
 * KPC_POWER_FILES     a directory, if set: of what is written to its files the same is noted, not of their names
 * KPC_POWER_CUT_AT    kills the process before this operation, counted from 1
 * KPC_POWER_CUT_IN    if set, those of the database itself are counted only: most belong to checkpoints
 * KPC_POWER_LIES      if set, a sync does nothing, and claims to have succeeded
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(function) ((__typeof__(&function))dlsym(RTLD_NEXT, #function))

/* Bytes `from` to `from + extent` are to change; those before the old end follow, `kept` in number. */
struct change { int64_t from, extent, old_length, kept; };
/* A name that has had no file (inode 0) or this one until now. */
struct renaming { int64_t name, inode; };

enum { NAMES = 3, DIRECTORY = NAMES, FILES, NOTHING, FDS = 1024, REMOVED = 256, AT_CURSOR = -1, TO_END = -1 };

static const char *const SUFFIX[NAMES] = {"", "-wal", "-journal"};
static char watched[NAMES + 1][PATH_MAX];
static const char *side, *files;
static long operations_left;
static int counts_all, lies;
static unsigned char what[FDS]; /* of each descriptor: 0, or 1 more than its watched name */
static unsigned long inode[FDS];
static unsigned long removed[REMOVED];
static int removed_count;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void set_up(void) {
    const char *database = getenv("KPC_POWER_DATABASE"), *cut_at = getenv("KPC_POWER_CUT_AT");
    side = getenv("KPC_POWER_SIDE");
    files = getenv("KPC_POWER_FILES");
    if (!database || !side || strlen(database) + strlen(side) + 64 > PATH_MAX) abort();
    for (int i = 0; i < NAMES; i++) sprintf(watched[i], "%s%s", database, SUFFIX[i]);
    strcpy(watched[DIRECTORY], database);
    *strrchr(watched[DIRECTORY], '/') = 0;
    operations_left = cut_at ? atol(cut_at) : 0;
    counts_all = !getenv("KPC_POWER_CUT_IN");
    lies = !!getenv("KPC_POWER_LIES");
}

static void operation(int name) {
    if (operations_left == 0 || (name != 0 && !counts_all) || --operations_left > 0) return;
    usleep(5000); /* whoever was promised something may note it */
    for (;;) kill(getpid(), SIGKILL);
}

static char *beside(char *path, const char *kind, unsigned long number) {
    sprintf(path, "%s/%s.%lu", side, kind, number);
    return path;
}

static void note(const char *kind, unsigned long number, void *head, size_t head_size, void *body, size_t body_size) {
    struct iovec parts[] = {{head, head_size}, {body, body_size}};
    char log[PATH_MAX];
    int fd = REAL(open64)(beside(log, kind, number), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 || REAL(writev)(fd, parts, 2) != (ssize_t)(head_size + body_size)) abort();
    REAL(close)(fd);
}

static void note_name(int name, unsigned long number) {
    struct renaming renaming = {name, (int64_t)number};
    note("names", 0, &renaming, sizeof renaming, NULL, 0);
}

static void note_change(int fd, int64_t from, int64_t extent) {
    struct stat64 now;
    if (fstat64(fd, &now)) abort();
    int64_t kept = now.st_size - from;
    if (extent == TO_END) extent = kept < 0 ? 0 : kept;
    kept = kept < 0 ? 0 : kept > extent ? extent : kept;
    struct change change = {from, extent, now.st_size, kept};
    char *old = malloc((size_t)kept + 1);
    if (!old || pread64(fd, old, (size_t)kept, from) != kept) abort();
    note("undo", inode[fd], &change, sizeof change, old, (size_t)kept);
    free(old);
}

/* Locks if the descriptor is of a watched file. */
static int enter(int fd) {
    pthread_once(&once, set_up);
    if (fd < 0 || fd >= FDS || !what[fd]) return 0;
    pthread_mutex_lock(&mutex);
    return 1;
}

static void leave(int entered) { if (entered) pthread_mutex_unlock(&mutex); }

static int will_change(int fd, int64_t from, int64_t extent) {
    if (!enter(fd)) return 0;
    operation(what[fd] - 1);
    note_change(fd, from == AT_CURSOR ? lseek64(fd, 0, SEEK_CUR) : from, extent);
    return 1;
}

/* Which of the watched names it is. Locks, unless it is none. */
static int find(const char *path) {
    pthread_once(&once, set_up);
    for (int name = 0; name <= DIRECTORY; name++)
        if (!strcmp(path, watched[name])) return pthread_mutex_lock(&mutex), name;
    if (files && !strncmp(path, files, strlen(files))) return pthread_mutex_lock(&mutex), FILES;
    return NOTHING;
}

static int will_open(const char *path, int flags) {
    int name = find(path);
    if (name < NAMES && (flags & O_TRUNC)) abort(); /* not noted: SQLite does not do it */
    if (name < NAMES && (flags & O_CREAT) && access(path, F_OK)) operation(name), note_name(name, 0);
    return name;
}

static int has_opened(int name, int fd) {
    struct stat64 now;
    if (name != NOTHING && fd >= 0) {
        if (fd >= FDS || fstat64(fd, &now)) abort();
        what[fd] = (unsigned char)(name + 1), inode[fd] = now.st_ino;
    }
    return leave(name != NOTHING), fd;
}

static int sync_of(int fd) {
    char path[PATH_MAX];
    operation(what[fd] - 1);
    if (lies) return 0;
    usleep(1000); /* as a disk does: changes that come meanwhile share the next commit */
    if (what[fd] - 1 != DIRECTORY) return REAL(unlink)(beside(path, "undo", inode[fd])), 0;
    REAL(unlink)(beside(path, "names", 0));
    while (removed_count) {
        REAL(unlink)(beside(path, "kept", removed[--removed_count]));
        REAL(unlink)(beside(path, "undo", removed[removed_count]));
    }
    return 0;
}

#define HOOK(type, before, call) { int entered = before; type done = call; leave(entered); return done; }
#define WRITE(function, offset) ssize_t function(int fd, const void *data, size_t count, offset at) \
    HOOK(ssize_t, will_change(fd, at, (int64_t)count), REAL(function)(fd, data, count, at))
#define RESIZE(function, offset) int function(int fd, offset length) \
    HOOK(int, will_change(fd, length, TO_END), REAL(function)(fd, length))
#define SYNC(function) int function(int fd) \
    HOOK(int, enter(fd), entered ? sync_of(fd) : REAL(function)(fd))
#define OPEN(function) int function(const char *path, int flags, ...) { \
    va_list more; va_start(more, flags); mode_t mode = va_arg(more, mode_t); va_end(more); \
    int name = will_open(path, flags); \
    return has_opened(name, REAL(function)(path, flags, mode)); }

WRITE(pwrite, off_t)
WRITE(pwrite64, off64_t)
ssize_t write(int fd, const void *data, size_t count)
    HOOK(ssize_t, will_change(fd, AT_CURSOR, (int64_t)count), REAL(write)(fd, data, count))
RESIZE(ftruncate, off_t)
RESIZE(ftruncate64, off64_t)
SYNC(fsync)
SYNC(fdatasync)
OPEN(open)
OPEN(open64)

int mknod(const char *path, mode_t mode, dev_t device) {
    int name = will_open(path, O_CREAT), done = REAL(mknod)(path, mode, device);
    return leave(name != NOTHING), done;
}

int unlink(const char *path) {
    char kept[PATH_MAX];
    struct stat64 now;
    int name = find(path);
    if (name < NAMES && !stat64(path, &now)) {
        operation(name);
        if (removed_count == REMOVED || link(path, beside(kept, "kept", now.st_ino))) abort();
        removed[removed_count++] = now.st_ino;
        note_name(name, now.st_ino);
    }
    int done = REAL(unlink)(path);
    return leave(name != NOTHING), done;
}

int close(int fd) HOOK(int, enter(fd), (entered ? what[fd] = 0 : 0, REAL(close)(fd)))
