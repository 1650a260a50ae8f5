/* Looks through the memory of this process for what was to be secret: all that can be written to,
 * so heap, anonymous mappings and stacks, those of threads that are over too.
 *
 * The secrets themselves are remembered upside down, so that the search does not find itself. To be
 * included after _GNU_SOURCE. */
#ifndef KPC_SCAN_H
#define KPC_SCAN_H

#include "kpc_test.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

/* Of each secret so many bytes are looked for: keys and the parts of indices have 32. */
#define KPC_SCAN_NEEDLE 24
#define KPC_SCAN_MOST 4096

static struct {
    const char *name;
    uint8_t inverted[KPC_SCAN_NEEDLE];
} kpc_scan_secrets[KPC_SCAN_MOST];
static size_t kpc_scan_count;
/* By the first two bytes: whether a secret begins so. */
static uint8_t kpc_scan_begins[1 << 16];
static uint8_t kpc_scan_window[1 << 20];

/* Remembers what is not to be found again. */
static inline void kpc_scan_secret(const char *name, const void *secret)
{
    const uint8_t *bytes = (const uint8_t *)secret;
    size_t i;
    if (!CHECK(kpc_scan_count < KPC_SCAN_MOST)) {
        return;
    }
    kpc_scan_secrets[kpc_scan_count].name = name;
    for (i = 0; i < KPC_SCAN_NEEDLE; i++) {
        kpc_scan_secrets[kpc_scan_count].inverted[i] = (uint8_t)~bytes[i];
    }
    kpc_scan_begins[bytes[0] << 8 | bytes[1]] = 1;
    kpc_scan_count++;
}

static inline void kpc_scan_forget(void)
{
    kpc_scan_count = 0;
    memset(kpc_scan_begins, 0, sizeof kpc_scan_begins);
}

/* Until the threads of the library are over, and what they held with them. */
static inline void kpc_scan_await_threads(void)
{
    int threads;
    do {
        DIR *tasks = opendir("/proc/self/task");
        if (!CHECK(tasks != NULL)) {
            return;
        }
        for (threads = -2; readdir(tasks) != NULL; threads++) {
        }
        closedir(tasks);
    } while (threads > 1);
}

/* Overwrites what earlier calls left on this thread's stack. */
static __attribute__((noinline)) void kpc_scan_sweep(void)
{
    volatile uint8_t stack[400 << 10];
    size_t i;
    for (i = 0; i < sizeof stack; i++) {
        stack[i] = 0;
    }
}

static inline const char *kpc_scan_at(const uint8_t *bytes)
{
    size_t i, k;
    if (!kpc_scan_begins[bytes[0] << 8 | bytes[1]]) {
        return NULL;
    }
    for (i = 0; i < kpc_scan_count; i++) {
        for (k = 0; k < KPC_SCAN_NEEDLE && (bytes[k] ^ kpc_scan_secrets[i].inverted[k]) == 0xff; k++) {
        }
        if (k == KPC_SCAN_NEEDLE) {
            return kpc_scan_secrets[i].name;
        }
    }
    return NULL;
}

/* How many secrets begin in this part of memory; up to 16 of them are told. */
static inline size_t kpc_scan_part(int memory, uintptr_t from, uintptr_t to, const char *where)
{
    size_t found = 0;
    while (from + KPC_SCAN_NEEDLE <= to) {
        size_t wanted = to - from < sizeof kpc_scan_window ? to - from : sizeof kpc_scan_window, i;
        ssize_t got = pread(memory, kpc_scan_window, wanted, (off_t)from);
        if (got < KPC_SCAN_NEEDLE) {
            break; /* a mapping that went away meanwhile */
        }
        for (i = 0; i + KPC_SCAN_NEEDLE <= (size_t)got; i++) {
            const char *name = kpc_scan_at(kpc_scan_window + i);
            if (name != NULL && found++ < 16) {
                printf("left in memory at %#lx, %s: %s\n", (unsigned long)(from + i), where, name);
            }
        }
        from += (size_t)got - KPC_SCAN_NEEDLE + 1;
    }
    memset(kpc_scan_window, 0, sizeof kpc_scan_window);
    return found;
}

/* How many copies of the secrets are in memory. */
static inline size_t kpc_scan(void)
{
    static char maps[1 << 20];
    uintptr_t window = (uintptr_t)kpc_scan_window;
    int file = open("/proc/self/maps", O_RDONLY), memory = open("/proc/self/mem", O_RDONLY);
    size_t length = 0, found = 0;
    ssize_t got;
    char *line;

    kpc_scan_sweep();
    if (!CHECK(file >= 0 && memory >= 0)) {
        return 0;
    }
    while ((got = read(file, maps + length, sizeof maps - 1 - length)) > 0) {
        length += (size_t)got;
    }
    maps[length] = 0;
    CHECK(length > 0 && length < sizeof maps - 1);
    for (line = strtok(maps, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        unsigned long from, to;
        char rights[5], *where = strrchr(line, ' ');
        if (sscanf(line, "%lx-%lx %4s", &from, &to, rights) != 3 || rights[0] != 'r' || rights[1] != 'w') {
            continue;
        }
        if (window >= from && window < to) {
            found += kpc_scan_part(memory, from, window, where);
            from = window + sizeof kpc_scan_window;
        }
        found += kpc_scan_part(memory, from, to, where);
    }
    close(file);
    close(memory);
    return found;
}

#endif
