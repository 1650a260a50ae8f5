/* The program's process is stopped and goes on (SIGSTOP, SIGCONT) while operations wait, with KPC_STOP_S for so many
 * seconds; meanwhile the daemon answers, restarts, or a time limit passes. All of them end as if nothing had been. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

enum { OPERATIONS = 12, LIMIT_MS = 50 };

static kpc_error *error;
static kpc_sim sim;

/* Waits for as long as it takes: the time for which the process is stopped counts. */
static kpc_result *result_of(kpc_client *client, kpc_op op)
{
    kpc_result *result = NULL;
    OK(kpc_op_wait(client, op, KPC_FOREVER, &result, &error));
    return result;
}

/* Writes and local requests that are at the daemon while the process is stopped. */
static void operations_end(kpc_client *client)
{
    kpc_test_stream streams[OPERATIONS];
    kpc_op writes[OPERATIONS], requests[OPERATIONS];
    int i;

    for (i = 0; i < OPERATIONS; i++) {
        const kpc_test_stream *s = &streams[i];
        streams[i] = kpc_test_stream_of((uint8_t)(i + 1));
        OK(kpc_write_box_async(client, &s->writer, &s->first, bytes("x"), 1, 0, KPC_FOREVER, NULL, &writes[i], &error));
        OK(kpc_next_message_box_index_remote_async(client, &s->first, KPC_FOREVER, NULL, &requests[i], &error));
    }
    for (i = 0; i < OPERATIONS; i++) {
        kpc_result *written = result_of(client, writes[i]), *answered = result_of(client, requests[i]);
        kpc_box_index next, expected;
        kpc_buffer *found = NULL;

        OK(kpc_next_message_box_index(&streams[i].first, &expected, &error));
        OK(kpc_write_box_result(written, &next, &error));
        CHECK(memcmp(&next, &expected, sizeof next) == 0);
        OK(kpc_next_message_box_index_remote_result(answered, &next, &error));
        CHECK(memcmp(&next, &expected, sizeof next) == 0);
        kpc_result_free(written);
        kpc_result_free(answered);
        OK(kpc_read_box(client, &streams[i].reader, &streams[i].first, 0, KPC_FOREVER, &found, &next, &error));
        CHECK(kpc_buffer_len(found) == 1);
        kpc_buffer_free(found);
    }
}

/* An operation that runs and a call that waits, whose time is over when the process goes on; then it works as before. */
static void limits_pass(kpc_client *client)
{
    kpc_test_stream one = kpc_test_stream_of(101), two = kpc_test_stream_of(102), three = kpc_test_stream_of(103);
    kpc_buffer *found = NULL;
    kpc_box_index next;
    kpc_result *result;
    kpc_op op = 0;

    OK(kpc_read_box_async(client, &one.reader, &one.first, 0, LIMIT_MS, NULL, &op, &error));
    ERROR(KPC_ERR_TIMEOUT, kpc_read_box(client, &two.reader, &two.first, 0, LIMIT_MS, &found, &next, &error));
    result = result_of(client, op);
    STATUS(KPC_ERR_TIMEOUT, kpc_result_status(result));
    kpc_result_free(result);
    OK(kpc_write_box(client, &three.writer, &three.first, bytes("x"), 1, 0, KPC_FOREVER, &next, &error));
}

#ifndef KPC_WITHOUT_STORE
/* A message that is on its way. */
static void a_channel_goes_on(kpc_client *client)
{
    kpc_store *store = NULL;
    kpc_writer *writer = NULL;
    const char *directory = getenv("KPC_TMP");
    char path[512];

    snprintf(path, sizeof path, "%s/stopped.db", directory != NULL ? directory : ".");
    OK(kpc_store_open(client, path, KPC_SOON, &store, &error));
    OK(kpc_store_create_writer(store, "channel", NULL, 0, KPC_SOON, &writer, &error));
    OK(kpc_writer_send(writer, KPC_MESSAGE_KIND, bytes("x"), 1, KPC_SOON, NULL, &error));
    OK(kpc_writer_wait_stored(writer, kpc_writer_last_message(writer), KPC_FOREVER, &error));
    kpc_writer_free(writer);
    OK(kpc_store_close(store, KPC_FOREVER, &error));
    kpc_store_free(store);
}
#endif

/* The program, in a process of its own. */
static pid_t program(void (*body)(kpc_client *client))
{
    pid_t child;
    fflush(stdout);
    child = fork();
    if (child == 0) {
        kpc_client *client;
        close(sim.in); /* its end is this test's to say */
        close(sim.out);
        client = kpc_sim_connected(&sim);
        body(client);
        OK(kpc_client_close(client, KPC_FOREVER, &error));
        kpc_client_free(client);
        fflush(stdout);
        _exit(kpc_test_end());
    }
    CHECK(child > 0);
    return child;
}

static void pause_ms(int64_t ms)
{
    int64_t end = kpc_test_now_ms() + ms;
    while (kpc_test_now_ms() <= end) {
        kpc_test_nap();
    }
}

/* Stops the program while a request for the mixnet is at the daemon, and lets it go on. */
static void stopped(void (*body)(kpc_client *client), const char *meanwhile)
{
    const char *wanted = getenv("KPC_STOP_S");
    long before = kpc_sim_count(&sim, "start_resending_encrypted_message");
    pid_t child;
    int status = 0;

    kpc_sim_say(&sim, "hold");
    child = program(body);
    CHECK(kpc_sim_at_least(&sim, "start_resending_encrypted_message", before + 1));
    CHECK(kill(child, SIGSTOP) == 0);
    CHECK(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status));
    kpc_sim_say(&sim, "%s", meanwhile);
    kpc_sim_say(&sim, "release");
    pause_ms(wanted != NULL ? 1000 * atoi(wanted) : 2 * LIMIT_MS);
    CHECK(waitpid(child, &status, WNOHANG) == 0);
    CHECK(kill(child, SIGCONT) == 0);
    CHECK(waitpid(child, &status, 0) == child);
    if (!CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0)) {
        printf("    stopped, and meanwhile: %s\n", meanwhile);
    }
    CHECK(kpc_sim_until(&sim, "arq_entries", 0));
}

int main(void)
{
    kpc_sim_start(&sim, "--instant");
    stopped(operations_end, "release");
    stopped(operations_end, "restart");
    stopped(operations_end, "cut");
    stopped(limits_pass, "stats");
    stopped(limits_pass, "restart");
#ifndef KPC_WITHOUT_STORE
    stopped(a_channel_goes_on, "restart");
#endif
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
