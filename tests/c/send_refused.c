/* A thread that may not send, as in a sandbox: the end of its connection says so, and not that the
 * daemon closed it; other threads go on. */
/* c_suite: needs sim */
/* c_suite: not valgrind (a thread that may not send is made with seccomp) */
#define _GNU_SOURCE
#include "kpc_sim.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static kpc_error *error;
static kpc_sim sim;
static kpc_client *client;
static kpc_test_stream stream;

/* From now on, sending is not permitted to the calling thread. */
static void refuse_sending(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sendto, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
#ifdef SYS_socketcall
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socketcall, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
#endif
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof filter / sizeof filter[0], filter};
    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

static void *ask(void *argument)
{
    kpc_box_index next;
    (void)argument;
    refuse_sending();
    /* The library's own thread sends it on the next connection. */
    OK(kpc_next_message_box_index_remote(client, &stream.first, KPC_SOON, &next, &error));
    return NULL;
}

int main(void)
{
    kpc_event_sink *sink = NULL;
    kpc_event *event;
    kpc_error *reason;
    kpc_box_index next;
    pthread_t thread;

    kpc_sim_start(&sim, "--instant");
    client = kpc_sim_client(&sim);
    stream = kpc_test_stream_of(1);
    OK(kpc_event_sink_open(client, 16, &sink, &error));
    OK(kpc_client_connect(client, KPC_SOON, &error));
    /* Nothing else is being written, which a thread of the library would go on with. */
    CHECK(kpc_sim_verified(client));
    CHECK(pthread_create(&thread, NULL, ask, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);

    event = EVENT_OF(sink, KPC_EVENT_DISCONNECTED);
    reason = kpc_event_error(event);
    STATUS(KPC_ERR_CONNECTION_LOST, kpc_error_status(reason));
    CHECK(kpc_error_errno(reason) == EPERM);
    CHECK(strstr(kpc_error_message(reason), "writing to the daemon failed") != NULL);
    kpc_error_free(reason);
    kpc_event_free(event);
    OK(kpc_write_box(client, &stream.writer, &stream.first, bytes("x"), 1, 0, KPC_SOON, &next, &error));
    kpc_event_sink_free(sink);
    kpc_client_free(client);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
