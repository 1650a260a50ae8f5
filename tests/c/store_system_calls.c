/* The system refuses a call that the library, its runtime or its database makes: each kind of call, each reason, the
 * first time, the second, ... The program's calls go well or say why, nothing hangs, and what was accepted arrives.
 * KPC_EACH_FAULT=1 leaves out no time. */
/* c_suite: needs sim */
/* c_suite: not valgrind (it does not know the filter of system calls) */
/* c_suite: not asan (its search for leaks stops the thread that answers the filter) */
#define _GNU_SOURCE
#include "kpc_counted.h"
#include "kpc_failing.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* A kind of call, and why it is refused. */
typedef struct refusal {
    const char *name;
    int call;
    int reasons[4];
} refusal;

#define CALL(name) #name, SYS_##name

/* Not write: what is written so are the eventfds of the runtime, whose counters are never full. */
static const refusal refusals[] = {
    {CALL(socket), {EMFILE, ENOMEM}},
    {CALL(connect), {EAGAIN, ECONNREFUSED}},
    {CALL(sendto), {EINTR, EPIPE, ENOBUFS}},
    {CALL(sendmsg), {EINTR, EPIPE, ENOMEM}},
    {CALL(recvfrom), {EINTR, ECONNRESET, ENOMEM}},
    {CALL(read), {EINTR, EIO}},
    {CALL(readv), {EINTR, ECONNRESET}},
    {CALL(writev), {EINTR, EPIPE, ENOBUFS}},
#ifdef SYS_poll
    {CALL(poll), {EINTR, ENOMEM}},
#endif
    {CALL(ppoll), {EINTR, ENOMEM}},
#ifdef SYS_epoll_wait
    {CALL(epoll_wait), {EINTR}},
#endif
    {CALL(epoll_pwait), {EINTR}},
    {CALL(epoll_create1), {EMFILE, ENOMEM}},
    {CALL(epoll_ctl), {ENOMEM, ENOSPC}},
    {CALL(eventfd2), {EMFILE, ENOMEM}},
    {CALL(pipe2), {EMFILE}},
    {CALL(fcntl), {EAGAIN, ENOLCK}},
    {CALL(setsockopt), {ENOMEM}},
    {CALL(getsockopt), {ENOMEM}},
    {CALL(openat), {EINTR, EMFILE, ENOSPC}},
#ifdef SYS_open
    {CALL(open), {EINTR, EMFILE}},
#endif
    {CALL(pread64), {EINTR, EIO}},
    {CALL(pwrite64), {EINTR, ENOSPC, EIO}},
    {CALL(fsync), {EIO}},
    {CALL(fdatasync), {EIO, ENOSPC}},
    {CALL(ftruncate), {EIO, ENOSPC}},
    {CALL(getrandom), {EINTR}},
    {CALL(clone3), {EAGAIN, ENOMEM}},
#if defined SYS_mmap && !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
    /* A sanitizer needs its own memory. */
    {CALL(mmap), {ENOMEM}},
    {CALL(mprotect), {ENOMEM}},
    {CALL(munmap), {ENOMEM}},
#endif
};

enum { KINDS = sizeof refusals / sizeof refusals[0] };

/* Which call is refused, at which time, and why; how many were made. */
static int refused = -1, time_of_it, reason;
static int made, was_refused;
static int listener = -1;

/* Whether this is what is refused. Nobody is refused to give a lock back: see
 * store_refused_unlock.c. */
static int is_meant(const struct seccomp_data *asked)
{
    if (asked->nr != __atomic_load_n(&refused, __ATOMIC_SEQ_CST)) {
        return 0;
    }
    if (asked->nr == SYS_fcntl && (asked->args[1] == F_SETLK || asked->args[1] == F_SETLKW)) {
        return ((const struct flock *)(uintptr_t)asked->args[2])->l_type != F_UNLCK;
    }
    return asked->nr != SYS_fcntl;
}

/* What the supervisor answers to a call. */
static int answer_to(const struct seccomp_data *asked)
{
    if (!is_meant(asked)) {
        return 0;
    }
    if (__atomic_add_fetch(&made, 1, __ATOMIC_SEQ_CST) != time_of_it) {
        return 0;
    }
    __atomic_store_n(&was_refused, 1, __ATOMIC_SEQ_CST);
    return -reason;
}

/* Asked about each of these calls by the kernel. Its own are not among them: it began before the filter. */
static void *supervise(void *unused)
{
    int fd;
    (void)unused;
    while ((fd = __atomic_load_n(&listener, __ATOMIC_SEQ_CST)) < 0) {
        sched_yield();
    }
    for (;;) {
        struct seccomp_notif asked;
        struct seccomp_notif_resp answer;

        memset(&asked, 0, sizeof asked);
        if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &asked) != 0) {
            continue; /* a signal ended the call */
        }
        memset(&answer, 0, sizeof answer);
        answer.id = asked.id;
        answer.error = answer_to(&asked.data);
        answer.flags = answer.error == 0 ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0;
        (void)ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &answer);
    }
    return NULL;
}

/* From now on the kernel asks about the calls of this thread and of those that it makes. */
static void put_in_a_filter(void)
{
    struct sock_filter filter[2 * KINDS + 2];
    struct sock_fprog program;
    pthread_t supervisor;
    unsigned short n = 0;
    int i;

    CHECK(pthread_create(&supervisor, NULL, supervise, NULL) == 0);
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (i = 0; i < KINDS; i++) {
        filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)refusals[i].call, 0, 1);
        filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
    }
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    program.len = n;
    program.filter = filter;
    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    i = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
    if (!CHECK(i >= 0)) {
        printf("no filter of system calls: %s\n", strerror(errno));
        exit(1);
    }
    __atomic_store_n(&listener, i, __ATOMIC_SEQ_CST);
}

static kpc_lives lives;
static int life, descriptors, threads;

/* Whether all of a life went well. */
static int is_well(int call)
{
    kpc_config *config = kpc_sim_config(&sim);
    int well;

    __atomic_store_n(&refused, call, __ATOMIC_SEQ_CST);
    well = kpc_life(&lives, config, path_of("alice"), life++);
    kpc_config_free(config);
    kpc_test_await_callbacks();
    __atomic_store_n(&refused, -1, __ATOMIC_SEQ_CST);
    return well;
}

/* A life with one call refused. Whether it came so far. */
static int one_life(const refusal *what, int why, int number)
{
    int failures = kpc_test_failures, well;

    reason = why;
    time_of_it = number;
    was_refused = made = 0;
    well = is_well(what->call);
    /* Only what was refused is a reason; what may always happen is none. */
    CHECK(well || (was_refused && why != EINTR));
    if (kpc_test_failures != failures) {
        printf("    %s, the %d. time: %s\n", what->name, number, strerror(why));
    }
    if (!CHECK(kpc_counted_until(descriptors, threads))) {
        printf("    %s, the %d. time: a descriptor is left\n", what->name, number);
        descriptors = kpc_descriptors();
    }
    return was_refused;
}

/* store_system_calls [NAME]: only this kind of call. */
int main(int argc, char **argv)
{
    int i, k, number, all = 0;

    kpc_sim_start(&sim, "--instant");
    put_in_a_filter();
    threads = kpc_threads();
    kpc_lives_begin("alice");
    CHECK(is_well(-1));
    /* What is opened once stays; what the threads of that life have does not. */
    while (kpc_threads() != threads) {
        kpc_test_nap();
    }
    descriptors = kpc_descriptors();
    for (i = 0; i < KINDS; i++) {
        int met = 0;
        if (argc == 2 && strcmp(argv[1], refusals[i].name) != 0) {
            continue;
        }
        for (k = 0; k < 4 && refusals[i].reasons[k] != 0; k++) {
            for (number = 1; one_life(&refusals[i], refusals[i].reasons[k], number);) {
                met++;
                number = kpc_next_number(number, 1);
            }
        }
        printf("%s: %d\n", refusals[i].name, met);
        all += met;
    }
    CHECK((all > KINDS || argc == 2) && life < KPC_LIVES);
    CHECK(is_well(-1));
    CHECK(kpc_counted_until(descriptors, threads));
    printf("%d calls refused; %d calls of the program failed\n", all, lives.failures);
    kpc_lives_end(&lives, "alice");
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
