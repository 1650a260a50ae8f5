/* Connecting, and what a client costs that does nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bare.h"
#include "bench.h"
#include "report.h"

static void connecting(const struct options *options)
{
    enum { TURNS = 101 };
    double ours[TURNS], base[TURNS], ratios[TURNS];
    char address[256];
    snprintf(address, sizeof address, "unix:%s", options->unix_path);
    for (size_t turn = 0; turn < TURNS; turn++) {
        struct bare bare;
        uint64_t start = now_ns();
        bare_connect(&bare, address);
        base[turn] = (double)(now_ns() - start) / 1e3;
        bare_close(&bare);
        kpc_error *error = NULL;
        kpc_config *config = NULL;
        kpc_client *client = NULL;
        bench_ok(kpc_config_new(&config, NULL), NULL, "config");
        bench_ok(kpc_config_set_unix(config, options->unix_path, &error), error, "unix socket");
        bench_ok(kpc_client_new(config, &client, &error), error, "client");
        start = now_ns();
        bench_ok(kpc_client_connect(client, 120000, &error), error, "connect");
        ours[turn] = (double)(now_ns() - start) / 1e3;
        kpc_client_free(client);
        kpc_config_free(config);
        ratios[turn] = ours[turn] / base[turn];
    }
    report_ratio("connect + handshake, unix, p50", quantile(ours, TURNS, 0.5), "us",
                 quantile(base, TURNS, 0.5), quantile(ratios, TURNS, 0.5), 1.2, 1);
}

/* A number behind `name` in /proc/PID/task/TID/status or /proc/PID/status. */
static long proc_number(const char *path, const char *name)
{
    char line[256];
    long number = -1;
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, name, strlen(name)) == 0)
            number = strtol(line + strlen(name), NULL, 10);
    if (file != NULL)
        fclose(file);
    return number;
}

static long resident_kib(void)
{
    return proc_number("/proc/self/status", "VmRSS:");
}

static long switches_of_others(void)
{
    char path[64], command[64];
    long sum = 0, tid;
    snprintf(command, sizeof command, "ls /proc/%ld/task", (long)getpid());
    FILE *list = popen(command, "r");
    while (list != NULL && fscanf(list, "%ld", &tid) == 1) {
        if (tid == (long)getpid())
            continue;
        snprintf(path, sizeof path, "/proc/self/task/%ld/status", tid);
        sum += proc_number(path, "voluntary_ctxt_switches:");
    }
    if (list != NULL)
        pclose(list);
    return sum;
}

/* In a process of its own, so that nothing but the client is counted. */
static void idle(const struct options *options)
{
    fflush(NULL);
    int pipes[2];
    if (pipe(pipes) != 0)
        fail("pipe", "none to be had");
    pid_t child = fork();
    if (child == 0) {
        long figures[3];
        long before = resident_kib();
        kpc_client *client = bench_client(options->unix_path, NULL);
        struct timespec second = {1, 0}, watch = {options->scale < 1 ? 5 : 20, 0};
        nanosleep(&second, NULL);
        figures[0] = resident_kib() - before;
        figures[1] = proc_number("/proc/self/status", "Threads:") - 1;
        long switches = switches_of_others();
        nanosleep(&watch, NULL);
        figures[2] = (switches_of_others() - switches) * 60 / (long)watch.tv_sec;
        ssize_t written = write(pipes[1], figures, sizeof figures);
        kpc_client_free(client);
        _exit(written == sizeof figures ? 0 : 1);
    }
    long figures[3];
    if (read(pipes[0], figures, sizeof figures) != sizeof figures)
        fail("idle client", "no figures");
    waitpid(child, NULL, 0);
    close(pipes[0]);
    close(pipes[1]);
    report_limit("idle client: memory above an empty program", (double)figures[0] / 1024, "MiB", 3, 1);
    report_limit("idle client: threads", (double)figures[1], "", 2, 1);
    report_limit("idle client: wake-ups", (double)figures[2], "/min", 0, 1);
}

void bench_life(const struct options *options)
{
    report_section("A client's life");
    connecting(options);
    idle(options);
    struct stat library;
    if (options->library != NULL && stat(options->library, &library) == 0)
        report_limit("stripped libkpclient.so", (double)library.st_size / 1048576, "MiB", 1, 1);
}
