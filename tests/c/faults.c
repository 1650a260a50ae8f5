/* A fault in a callback comes to the program's handler, as anywhere else: crash reporters see it, and
 * runtimes that make exceptions of faults live on. */
/* c_suite: needs sim */
/* c_suite: not valgrind (it reports the fault itself) */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HANDLED = 42, NOT_HANDLED = 43 };

static kpc_sim sim;

static void on_fault(int number)
{
    (void)number;
    _exit(HANDLED);
}

static void crash(const kpc_result *result, void *user_data)
{
    (void)result;
    if (*(int *)user_data == SIGSEGV) {
        *(volatile int *)user_data = *(volatile int *)(void *)0;
    } else {
        raise(*(int *)user_data);
    }
}

/* In a process of its own, where no thread of the library was made yet. */
static void child(int number)
{
    struct sigaction action;
    kpc_completion done;
    kpc_client *client = kpc_sim_client(&sim);
    sigset_t faults;

    /* Also where the thread that makes the client has it blocked. */
    sigemptyset(&faults);
    sigaddset(&faults, number);
    sigprocmask(SIG_BLOCK, &faults, NULL);
    memset(&action, 0, sizeof action);
    action.sa_handler = on_fault;
    sigaction(number, &action, NULL);
    memset(&done, 0, sizeof done);
    done.fn = crash;
    done.user_data = &number;
    if (kpc_client_connect_async(client, KPC_SOON, &done, NULL, NULL) == KPC_OK) {
        kpc_client_close(client, KPC_FOREVER, NULL);
    }
    _exit(NOT_HANDLED);
}

static void a_handler_sees_a_fault_in_a_callback(int number)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        child(number);
    }
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == HANDLED);
}

int main(void)
{
    kpc_sim_start(&sim, "--instant");
    a_handler_sees_a_fault_in_a_callback(SIGSEGV);
    a_handler_sees_a_fault_in_a_callback(SIGFPE);
    a_handler_sees_a_fault_in_a_callback(SIGABRT);
    a_handler_sees_a_fault_in_a_callback(SIGSYS);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
