/* What this process has, as the kernel and the allocator count it.
 *
 * To be included like kpc_sim.h, after a feature macro. */
#ifndef KPC_COUNTED_H
#define KPC_COUNTED_H

#include "kpc_sim.h"

#include <dirent.h>
#include <malloc.h>

/* Entries of a directory of /proc. */
static inline int kpc_counted_in(const char *path)
{
    DIR *directory = opendir(path);
    struct dirent *entry;
    int count = 0;
    if (directory == NULL) {
        kpc_test_skip("there is no /proc");
    }
    while ((entry = readdir(directory)) != NULL) {
        count += entry->d_name[0] != '.';
    }
    closedir(directory);
    return count;
}

/* Descriptors, without that of the look itself. */
static inline int kpc_descriptors(void)
{
    return kpc_counted_in("/proc/self/fd") - 1;
}

static inline int kpc_threads(void)
{
    return kpc_counted_in("/proc/self/task");
}

/* Bytes that are allocated; 0 where the allocator does not say. */
static inline long kpc_allocated(void)
{
#if defined __GLIBC__ && __GLIBC_PREREQ(2, 33)
    struct mallinfo2 heap = mallinfo2();
    return (long)(heap.uordblks + heap.hblkhd);
#else
    return 0;
#endif
}

/* Waits until there are no more descriptors and threads than these: a freed client's threads end soon after. */
static inline int kpc_counted_until(int descriptors, int threads)
{
    int64_t end = kpc_test_now_ms() + KPC_SOON;
    while ((kpc_descriptors() != descriptors || kpc_threads() != threads) && kpc_test_now_ms() < end) {
        kpc_test_nap();
    }
    return kpc_descriptors() == descriptors && kpc_threads() == threads;
}

#endif
