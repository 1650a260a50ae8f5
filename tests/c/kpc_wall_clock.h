/* A wall clock that the test puts wrong, in a program of its own.
 *
 * To be included once, after _GNU_SOURCE is defined. */
#ifndef KPC_WALL_CLOCK_H
#define KPC_WALL_CLOCK_H

#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* By how many seconds the wall clock is wrong. */
static int64_t wrong_by;

/* In the place of that of the C library, for the library too. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
    long status = syscall(SYS_clock_gettime, clock, now);
    if (clock == CLOCK_REALTIME) {
        now->tv_sec += (time_t)__atomic_load_n(&wrong_by, __ATOMIC_SEQ_CST);
    }
    return (int)status;
}

static inline void jump(int64_t seconds)
{
    __atomic_store_n(&wrong_by, seconds, __ATOMIC_SEQ_CST);
}

#endif
