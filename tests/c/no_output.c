/* The library writes nothing to standard output or standard error, whatever is asked of it and
 * whatever happens to its daemon. */
/* c_suite: needs sim */
/* c_suite: leaks are not looked for: what watches would write to where nothing may be written */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

static kpc_error *error;
static kpc_sim sim;

static void on_event(const kpc_event *event, void *user_data)
{
    (void)event;
    kpc_seen_one_more((int *)user_data);
}

/* A bit of everything, with failures of every origin. */
static void work(void)
{
    static const char *const ways[] = {"cut", "cut-mid-frame", "garbage", "oversize", "empty", "restart",
                                       "restart 50 graceful"};
    kpc_test_stream s = kpc_test_stream_of(1);
    kpc_client *client = kpc_sim_client(&sim), *nobody = NULL;
    kpc_config *config = NULL;
    kpc_event_sink *sink = NULL;
    kpc_box_index next;
    kpc_buffer *buffer = NULL;
    kpc_service echo;
    int events = 0;
    size_t i;

    ERROR(KPC_ERR_CONFIG_PARSE, kpc_config_load_text("[[[", 3, &config, &error));
    ERROR(KPC_ERR_CONFIG_IO, kpc_config_load_file("/no/such/file", &config, &error));
    STATUS(KPC_OK, kpc_config_new(&config, NULL));
    OK(kpc_config_set_unix(config, "/no/such/socket", &error));
    OK(kpc_client_new(config, &nobody, &error));
    kpc_config_free(config);
    ERROR(KPC_ERR_CONNECT, kpc_client_connect(nobody, KPC_SOON, &error));
    kpc_client_free(nobody);

    OK(kpc_event_sink_open(client, 2, &sink, &error));
    OK(kpc_event_sink_on_event(sink, on_event, &events, NULL, &error));
    OK(kpc_client_connect(client, KPC_SOON, &error));
    OK(kpc_client_get_service(client, "echo", &echo, &error));
    OK(kpc_write_box(client, &s.writer, &s.first, (const uint8_t *)"x", 1, 0, KPC_SOON, &next, &error));
    OK(kpc_read_box(client, &s.reader, &s.first, 0, KPC_SOON, &buffer, &next, &error));
    kpc_buffer_free(buffer);
    OK(kpc_send_message_await_reply(client, &echo, (const uint8_t *)"x", 1, KPC_SOON, &buffer, &error));
    kpc_buffer_free(buffer);
    ERROR(KPC_ERR_BOX_ID_NOT_FOUND,
          kpc_read_box(client, &s.reader, &next, KPC_START_NO_RETRY, KPC_SOON, &buffer, &next, &error));
    for (i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        OK(kpc_read_box_async(client, &s.reader, &next, 0, 50, NULL, NULL, &error));
        kpc_sim_say(&sim, "%s", ways[i]);
        OK(kpc_next_message_box_index_remote(client, &s.first, KPC_SOON, &next, &error));
    }
    kpc_client_free(client);
    kpc_event_sink_free(sink);
    kpc_client_free(client);
    CHECK(events > 2);
}

int main(void)
{
    char text[4096];
    int ends[2], status = 0;
    ssize_t got, all = 0;
    pid_t child;

    /* The variables that make Rust programs talk. */
    setenv("RUST_LOG", "trace", 1);
    setenv("RUST_BACKTRACE", "full", 1);
    kpc_sim_start(&sim, "--instant");
    kpc_sim_pipe(ends);
    child = fork();
    if (child == 0) {
        if (dup2(ends[1], 1) != 1 || dup2(ends[1], 2) != 2) {
            _exit(2);
        }
        work();
        /* A check that failed has written. */
        fflush(stdout);
        _exit(0);
    }
    close(ends[1]);
    while ((got = read(ends[0], text, sizeof text)) > 0) {
        fwrite(text, 1, (size_t)got, stdout);
        all += got;
    }
    close(ends[0]);
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(all == 0);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
