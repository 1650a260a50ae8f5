/* The system refuses to give back a lock of a store's database, as network file systems do: SQLite ignores that and
 * then waits for itself. The store opens the database again, and what was accepted is stored, once and in order.
 * KPC_EACH_FAULT=1 refuses each time. */
/* c_suite: needs sim */
/* c_suite: not valgrind (SQLite itself waits for ten seconds) */
/* c_suite: not asan (it has a fcntl of its own) */
#define _GNU_SOURCE
#include "kpc_stores.h"

#include <dlfcn.h>

enum { MESSAGES = 3, EACH = 24, ONE = 3 };

/* Which of the next times is refused; how many there were. */
static int refused_at, unlocks;

/* In the place of those of the C library, for SQLite too: what is given back is counted. */
static int change(const char *name, int fd, int cmd, void *argument)
{
    int (*real)(int, int, void *) = NULL;
    if ((cmd == F_SETLK || cmd == F_SETLKW) && ((const struct flock *)argument)->l_type == F_UNLCK &&
        __atomic_add_fetch(&unlocks, 1, __ATOMIC_SEQ_CST) == __atomic_load_n(&refused_at, __ATOMIC_SEQ_CST)) {
        errno = ENOLCK;
        return -1;
    }
    *(void **)&real = dlsym(RTLD_NEXT, name);
    return real(fd, cmd, argument);
}

int fcntl(int fd, int cmd, ...)
{
    va_list list;
    void *argument;
    va_start(list, cmd);
    argument = va_arg(list, void *);
    va_end(list);
    return change("fcntl", fd, cmd, argument);
}

int fcntl64(int fd, int cmd, ...)
{
    va_list list;
    void *argument;
    va_start(list, cmd);
    argument = va_arg(list, void *);
    va_end(list);
    return change("fcntl64", fd, cmd, argument);
}

/* Sends messages with one unlock refused. None has to wait for ever; how many were accepted. */
static int send_all(kpc_writer *writer, int number, int from)
{
    int i, accepted = 0;

    __atomic_store_n(&unlocks, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n(&refused_at, number, __ATOMIC_SEQ_CST);
    for (i = 0; i < MESSAGES; i++) {
        char text[16];
        kpc_status status;
        snprintf(text, sizeof text, "%d", from + accepted);
        status = kpc_writer_send(writer, KPC_MESSAGE_KIND, bytes(text), strlen(text), KPC_SOON, NULL, NULL);
        CHECK(status == KPC_OK || status == KPC_ERR_DB);
        accepted += status == KPC_OK;
        OK(kpc_writer_wait_stored(writer, kpc_writer_last_message(writer), KPC_SOON, &error));
    }
    CHECK(__atomic_load_n(&unlocks, __ATOMIC_SEQ_CST) >= number);
    __atomic_store_n(&refused_at, 0, __ATOMIC_SEQ_CST);
    return accepted;
}

int main(void)
{
    int number = ONE, last = ONE, accepted = 0, i;
    person alice, bob;
    kpc_writer *writer;
    kpc_reader *reader;

#ifndef __LP64__
    kpc_test_skip("locks of files have two forms here");
#endif
    if (getenv("KPC_EACH_FAULT") != NULL) {
        number = 1;
        last = EACH;
    }
    kpc_sim_start(&sim, "--instant");
    alice = comes("alice");
    writer = creates(&alice, "channel");
    for (; number <= last; number++) {
        accepted += send_all(writer, number, accepted);
    }
    bob = comes("bob");
    reader = follows(&bob, "channel", writer);
    for (i = 0; i < accepted; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        CHECK(takes(reader, (uint64_t)i + 1, text));
    }
    CHECK(kpc_reader_waiting(reader) == 0);
    kpc_reader_free(reader);
    kpc_writer_free(writer);
    leaves(&bob);
    leaves(&alice);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
