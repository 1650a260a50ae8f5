/* A program with a client at work becomes another one: nothing of the library goes with it, and the
 * daemon sees that the connections are lost. */
/* c_suite: needs sim */
/* c_suite: not valgrind (under it, what is executed is valgrind) */
/* c_suite: leaks are not looked for: the program that becomes another one frees nothing */
#define _POSIX_C_SOURCE 200809L
#include "kpc_boxes.h"
#include "kpc_counted.h"

/* In a process of its own: connections, reads that wait, a descriptor for events; then all is
 * another program, which says how many descriptors it has. */
static void become_another(const char *self, int before)
{
    kpc_event_sink *sink = NULL;
    kpc_test_stream stream = kpc_test_stream_of(7);
    kpc_box_index next;
    char number[16];

    client = kpc_sim_connected(&sim);
    OK(kpc_event_sink_open(client, 4, &sink, &error));
    CHECK(kpc_event_sink_fd(sink) >= 0);
    OK(kpc_write_box(client, &stream.writer, &stream.first, bytes("x"), 1, 0, KPC_SOON, &next, &error));
    OK(kpc_read_box_async(client, &stream.reader, &next, 0, KPC_FOREVER, NULL, NULL, &error));
    CHECK(kpc_descriptors() > before);
    snprintf(number, sizeof number, "%d", before);
    fflush(stdout);
    if (kpc_test_failures == 0) {
        execl(self, self, number, (char *)NULL);
    }
    _exit(1);
}

int main(int argc, char **argv)
{
    int status = 0, before;
    pid_t child;

    if (argc > 1) {
        int now = kpc_descriptors();
        if (now != atoi(argv[1])) {
            printf("%d descriptors, not %s\n", now, argv[1]);
        }
        return now != atoi(argv[1]);
    }
    kpc_sim_start(&sim, "--instant --grace 1");
    before = kpc_descriptors();
    fflush(stdout);
    child = fork();
    if (child == 0) {
        /* The pipes of the simulator are closed on exec, too. */
        close(sim.in);
        close(sim.out);
        become_another("/proc/self/exe", before - 2);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(kpc_sim_until(&sim, "connections", 0));
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
