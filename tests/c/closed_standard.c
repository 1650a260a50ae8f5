/* A program without standard input, output and error: none of the library's descriptors takes their
 * place, so that what is printed there goes nowhere, and not to the daemon. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

enum { ROUNDS = 3 };

static kpc_error *error;
static kpc_sim sim;

/* What is printed meanwhile finds no descriptor, as in a program without the library. */
static int are_closed(void)
{
    int fd, closed = 1;
    for (fd = 0; fd <= 2; fd++) {
        closed &= write(fd, "x", 1) == -1 && errno == EBADF;
    }
    return closed;
}

/* A client's life: made, connected, with a sink, cut off and connected again. */
static int live(kpc_config *config, int round)
{
    kpc_test_stream stream = kpc_test_stream_of((uint8_t)(round + 1));
    kpc_client *client = NULL;
    kpc_event_sink *sink = NULL;
    kpc_box_index next;
    int held = 1;

    held &= kpc_client_new(config, &client, &error) == KPC_OK && are_closed();
    held &= kpc_event_sink_open(client, 16, &sink, &error) == KPC_OK && are_closed();
    held &= kpc_event_sink_fd(sink) > 2 && are_closed();
    held &= kpc_client_connect(client, KPC_SOON, &error) == KPC_OK && are_closed();
    held &= kpc_write_box(client, &stream.writer, &stream.first, bytes("x"), 1, 0, KPC_SOON, &next, &error) == KPC_OK;
    held &= are_closed();
    kpc_sim_say(&sim, "cut");
    held &= kpc_write_box(client, &stream.writer, &next, bytes("y"), 1, 0, KPC_SOON, &next, &error) == KPC_OK;
    held &= are_closed();
    kpc_event_sink_free(sink);
    kpc_client_free(client);
    return held && are_closed();
}

int main(void)
{
    kpc_config *config;
    int kept[3], fd, round, held[ROUNDS];

    kpc_sim_start(&sim, "--instant");
    config = kpc_sim_config(&sim);
    for (fd = 0; fd <= 2; fd++) {
        kept[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        CHECK(kept[fd] > 2);
    }
    for (fd = 0; fd <= 2; fd++) {
        close(fd);
    }
    for (round = 0; round < ROUNDS; round++) {
        held[round] = live(config, round);
    }
    for (fd = 0; fd <= 2; fd++) {
        dup2(kept[fd], fd);
        close(kept[fd]);
    }
    for (round = 0; round < ROUNDS; round++) {
        CHECK(held[round]);
    }
    kpc_config_free(config);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
