/* A program that connects, opens everything at that, and then locks itself in: with the system calls that the
 * header names, and no others, every kind of work goes on. */
/* c_suite: needs sim */
/* c_suite: not valgrind (the program is locked in with seccomp, and valgrind with it) */
/* c_suite: not tsan (it makes system calls of its own) */
/* c_suite: leaks are not looked for: what looks for them is locked in, too */
#define _GNU_SOURCE
#include "kpc_sim.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#ifndef SECCOMP_FILTER_FLAG_TSYNC
#define SECCOMP_FILTER_FLAG_TSYNC 1
#endif

enum { MOST = 64 };

static kpc_error *error;
static kpc_sim sim;
static kpc_client *client;

/* What kpc_config_set_connect_all says. */
static const int named[] = {
    SYS_read, SYS_write, SYS_recvfrom, SYS_sendto, SYS_shutdown, SYS_close, SYS_ppoll, SYS_epoll_ctl,
    SYS_epoll_pwait, SYS_fcntl, SYS_futex, SYS_getpid, SYS_getrandom, SYS_clock_gettime, SYS_brk, SYS_munmap,
    SYS_mremap, SYS_mprotect, SYS_madvise, SYS_restart_syscall, SYS_rt_sigreturn, SYS_rt_sigprocmask,
    SYS_sigaltstack, SYS_exit,
#ifdef SYS_poll
    SYS_poll,
#endif
#ifdef SYS_epoll_wait
    SYS_epoll_wait,
#endif
#ifdef SYS_mmap
    SYS_mmap,
#endif
#ifdef SYS_mmap2
    SYS_mmap2,
#endif
};

/* What this test itself needs. */
static const int own[] = {SYS_exit_group, SYS_fstat, SYS_newfstatat, SYS_wait4, SYS_clock_nanosleep, SYS_nanosleep,
                          SYS_sched_yield};

/* A system call that is not allowed ends the test, and says which. */
static void caught(int signal, siginfo_t *info, void *context)
{
    char text[] = "locked_in: system call 000\n";
    int number = info->si_syscall;
    char *digit = text + sizeof text - 3;
    (void)signal;
    (void)context;
    for (; number > 0; number /= 10) {
        *digit-- = (char)('0' + number % 10);
    }
    (void)!write(STDOUT_FILENO, text, sizeof text - 1);
    _exit(1);
}

/* From now on all threads of the process can make these system calls, and no others. */
static void lock_in(void)
{
    struct sock_filter filter[MOST + 4];
    struct sock_fprog program = {0, filter};
    struct sigaction action;
    size_t count = 0, i, both = sizeof named / sizeof named[0] + sizeof own / sizeof own[0];

    memset(&action, 0, sizeof action);
    action.sa_sigaction = caught;
    action.sa_flags = SA_SIGINFO;
    CHECK(sigaction(SIGSYS, &action, NULL) == 0);
    CHECK(both <= MOST);
    filter[count++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (i = 0; i < both; i++) {
        size_t names = sizeof named / sizeof named[0];
        uint32_t number = (uint32_t)(i < names ? named[i] : own[i - names]);
        filter[count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, (uint8_t)(both - i), 0);
    }
    filter[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP);
    filter[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    program.len = (unsigned short)count;
    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) != 0) {
        kpc_test_skip("seccomp does not take a filter for all threads here");
    }
}

static void boxes(const kpc_test_stream *stream)
{
    kpc_box_index next, second;
    kpc_buffer *plaintext = NULL;

    OK(kpc_write_box(client, &stream->writer, &stream->first, bytes("box"), 3, 0, KPC_SOON, &next, &error));
    OK(kpc_read_box(client, &stream->reader, &stream->first, 0, KPC_SOON, &plaintext, &second, &error));
    CHECK(kpc_buffer_len(plaintext) == 3 && memcmp(&next, &second, sizeof next) == 0);
    kpc_buffer_free(plaintext);
}

/* One that waits beside others, with the completion in a callback. */
static void callbacks(const kpc_test_stream *stream)
{
    kpc_seen seen = {0, 0, 0, 0};
    kpc_completion done = {kpc_seen_call, &seen, kpc_seen_drop, NULL};
    kpc_op op = 0, waiting = 0;
    kpc_box_index next;

    OK(kpc_next_message_box_index(&stream->first, &next, &error));
    OK(kpc_read_box_async(client, &stream->reader, &next, 0, KPC_FOREVER, NULL, &waiting, &error));
    OK(kpc_write_box_async(client, &stream->writer, &next, bytes("x"), 1, 0, KPC_SOON, &done, &op, &error));
    kpc_result_free(WAIT_FOR(client, waiting));
    OK(kpc_client_flush(client, KPC_SOON, &error));
    while (__atomic_load_n(&seen.drops, __ATOMIC_SEQ_CST) == 0) {
        kpc_test_nap();
    }
    STATUS(KPC_OK, seen.status);
    OK(kpc_read_box_async(client, &stream->reader, &stream->first, 0, KPC_FOREVER, NULL, &waiting, &error));
    STATUS(KPC_OK, kpc_op_cancel(client, waiting, NULL));
}

static void a_message(void)
{
    kpc_service echo;
    kpc_buffer *reply = NULL;
    OK(kpc_client_get_service(client, "echo", &echo, &error));
    OK(kpc_send_message_await_reply(client, &echo, bytes("hello"), 5, KPC_SOON, &reply, &error));
    kpc_buffer_free(reply);
}

/* What the daemon computes; a copy stream of several boxes, a deletion in it, and the command for it. */
static void a_copy(const kpc_test_stream *stream)
{
    static const uint8_t payload[5000];
    kpc_test_stream to = kpc_test_stream_of(2);
    kpc_copy_builder *builder = NULL;
    kpc_envelope *envelope = NULL;
    kpc_box_index next;

    OK(kpc_next_message_box_index_remote(client, &stream->first, KPC_SOON, &next, &error));
    OK(kpc_encrypt_read(client, &to.reader, &to.first, KPC_SOON, &envelope, &error));
    kpc_envelope_free(envelope);
    OK(kpc_copy_builder_new(client, &builder, &error));
    OK(kpc_copy_builder_add(client, builder, &to.writer, &to.first, payload, sizeof payload, KPC_SOON, &next,
                            &error));
    OK(kpc_copy_builder_add_tombstones(client, builder, &stream->writer, &stream->first, 2, KPC_SOON, NULL,
                                       &error));
    OK(kpc_copy_builder_finish(client, builder, NULL, KPC_SOON, NULL, &error));
    kpc_copy_builder_free(builder);
}

int main(void)
{
    kpc_config *config;
    kpc_event_sink *sink = NULL;
    kpc_test_stream stream = kpc_test_stream_of(1);

    kpc_sim_start(&sim, "--instant");
    config = kpc_sim_config(&sim);
    OK(kpc_config_set_connect_all(config, true, &error));
    OK(kpc_client_new(config, &client, &error));
    kpc_config_free(config);
    OK(kpc_event_sink_open(client, 64, &sink, &error));
    CHECK(kpc_event_sink_fd(sink) > 2);
    OK(kpc_client_connect(client, KPC_SOON, &error));
    CHECK(kpc_sim_count(&sim, "connections") == 5);
    lock_in();
    boxes(&stream);
    callbacks(&stream);
    a_message();
    a_copy(&stream);
    kpc_event_free(EVENT_OF(sink, KPC_EVENT_PKI_DOCUMENT));
    CHECK(kpc_sim_count(&sim, "connections") == 5);
    kpc_event_sink_free(sink);
    OK(kpc_client_close(client, KPC_FOREVER, &error));
    kpc_client_free(client);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
