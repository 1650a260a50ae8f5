/* A callback or drop function that ends its thread, as runtimes do that shut down: the process is aborted and nothing
 * goes on half done, as docs/languages.md says. */
/* c_suite: needs sim */
/* c_suite: not valgrind (the process that is looked at is aborted) */
/* c_suite: leaks are not looked for: the process that is looked at is aborted */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

static kpc_sim sim;

static void end_in_callback(const kpc_result *result, void *user_data)
{
    (void)result;
    (void)user_data;
    pthread_exit(NULL);
}

static void end_in_drop(void *user_data)
{
    (void)user_data;
    pthread_exit(NULL);
}

static void nothing(const kpc_result *result, void *user_data)
{
    (void)result;
    (void)user_data;
}

/* What becomes of a process of which such a function runs. */
static int fate_with(kpc_completion_fn fn, kpc_drop_fn drop)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        kpc_client *client = kpc_sim_connected(&sim);
        kpc_test_stream stream = kpc_test_stream_of(1);
        kpc_completion done = {fn, NULL, drop, NULL};
        kpc_error *error = NULL;

        fclose(stderr);
        OK(kpc_next_message_box_index_remote_async(client, &stream.first, KPC_SOON, &done, NULL, &error));
        STATUS(KPC_OK, kpc_client_close(client, KPC_SOON, NULL));
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child);
    return status;
}

int main(void)
{
    int status;

    kpc_sim_start(&sim, "--instant");
    status = fate_with(nothing, NULL);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    status = fate_with(end_in_callback, NULL);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    status = fate_with(nothing, end_in_drop);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
