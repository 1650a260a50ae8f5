#define _POSIX_C_SOURCE 200809L
#include "simulator.h"
#include "report.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { OPTIONS = 32 };

/* Guards the process number: whoever holds it may rely on the process being ours. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pid_t pid;
static int to_simulator = -1;
static FILE *from_simulator;
static char directory[256], path_of_socket[300], path_of_config[300], path_of_boxes[300];
static sigset_t watched;
static unsigned time_limit;

int simulator_has_ended(char *why, size_t size)
{
    siginfo_t end;
    int ended;

    /* Only looks: whoever ends it reaps it. One that the demo ended itself is not told of. */
    memset(&end, 0, sizeof end);
    pthread_mutex_lock(&mutex);
    ended = pid > 0 && waitid(P_PID, (id_t)pid, &end, WEXITED | WNOHANG | WNOWAIT) == 0 &&
            end.si_pid == pid;
    pthread_mutex_unlock(&mutex);
    if (ended && end.si_code == CLD_EXITED) {
        snprintf(why, size, "the simulator (process %d) ended by itself with code %d",
                 (int)end.si_pid, end.si_status);
    } else if (ended) {
        snprintf(why, size, "the simulator (process %d) was killed by signal %d (%s)",
                 (int)end.si_pid, end.si_status, strsignal(end.si_status));
    }
    return ended;
}

/* Waits for signals: the end of the simulator, Ctrl-C, or nothing for too long. */
static void *watch(void *unused)
{
    (void)unused;
    for (;;) {
        struct timespec rest = {0, 0};
        double left = time_limit - seconds();
        char why[200];
        int number;

        rest.tv_sec = left > 0 ? (time_t)left + 1 : 0;
        number = sigtimedwait(&watched, NULL, &rest);
        if (number == SIGINT || number == SIGTERM || number == SIGHUP) {
            fail("stopped by %s", number == SIGINT ? "Ctrl-C" : strsignal(number));
        } else if (number == SIGCHLD && simulator_has_ended(why, sizeof why)) {
            fail("%s", why);
        } else if (number < 0 && errno == EAGAIN) {
            fail("not done after %u seconds", time_limit);
        }
    }
    return NULL;
}

void simulator_watch(unsigned limit_seconds)
{
    pthread_t thread;

    time_limit = limit_seconds;
    seconds();
    signal(SIGPIPE, SIG_IGN); /* a simulator that is gone shows in the answer */
    sigemptyset(&watched);
    sigaddset(&watched, SIGINT);
    sigaddset(&watched, SIGTERM);
    sigaddset(&watched, SIGHUP);
    sigaddset(&watched, SIGCHLD);
    pthread_sigmask(SIG_BLOCK, &watched, NULL);
    if (pthread_create(&thread, NULL, watch, NULL) != 0) {
        fail("no thread to be had");
    }
}

void simulator_make_directory(void)
{
    const char *parent = getenv("TMPDIR");

    snprintf(directory, sizeof directory, "%s/kpclient-demo-XXXXXX",
             parent != NULL && strlen(parent) < 60 ? parent : "/tmp");
    if (mkdtemp(directory) == NULL) {
        fail("no directory %s: %s", directory, strerror(errno));
    }
    snprintf(path_of_socket, sizeof path_of_socket, "%s/daemon.sock", directory);
    snprintf(path_of_config, sizeof path_of_config, "%s/thinclient.toml", directory);
    snprintf(path_of_boxes, sizeof path_of_boxes, "%s/boxes", directory);
}

/* In the new process. */
static void run(const char *program, char *const *options, int input, int output)
{
    const char *words[OPTIONS] = {program,         "--unix",  path_of_socket, "--config-out",
                                  path_of_config,  "--boxes", path_of_boxes,  "--control",
                                  "stdin",         NULL};
    size_t n = 9;

    for (; *options != NULL && n < OPTIONS - 1; options++) {
        words[n++] = *options;
    }
    words[n] = NULL;
    setpgid(0, 0); /* Ctrl-C is for the demo, which then ends this */
    dup2(input, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    pthread_sigmask(SIG_UNBLOCK, &watched, NULL);
    execv(program, (char *const *)words);
    fprintf(stderr, "%s: %s\n", program, strerror(errno));
    _exit(127);
}

static void close_pipes(void)
{
    if (to_simulator >= 0) {
        close(to_simulator);
        fclose(from_simulator);
        to_simulator = -1;
    }
}

void simulator_start(const char *program, char *const *options)
{
    char line[512];
    int in[2], out[2];

    if (pipe(in) != 0 || pipe(out) != 0) {
        fail("no pipes: %s", strerror(errno));
    }
    pthread_mutex_lock(&mutex);
    pid = fork();
    if (pid == 0) {
        /* Only its own ends: the simulator ends when the demo does, however that comes about,
         * because then its input is over. */
        close(in[1]);
        close(out[0]);
        run(program, options, in[0], out[1]);
    }
    pthread_mutex_unlock(&mutex);
    if (pid < 0) {
        fail("no process: %s", strerror(errno));
    }
    close(in[0]);
    close(out[1]);
    to_simulator = in[1];
    from_simulator = fdopen(out[0], "r");
    if (from_simulator == NULL || fgets(line, sizeof line, from_simulator) == NULL ||
        strncmp(line, "ready:", 6) != 0) {
        fail("the simulator did not start");
    }
}

pid_t simulator_pid(void)
{
    return pid;
}

const char *simulator_socket(void)
{
    return path_of_socket;
}

const char *simulator_config(void)
{
    return path_of_config;
}

const char *simulator_command(const char *command)
{
    static char answer[65536];
    char line[128];
    int n = snprintf(line, sizeof line, "%s\n", command);

    if (write(to_simulator, line, (size_t)n) != n ||
        fgets(answer, sizeof answer, from_simulator) == NULL) {
        fail("the simulator does not answer");
    } else if (strncmp(answer, "ok", 2) != 0) {
        fail("the simulator says to %s: %s", command, answer);
    }
    return answer + (answer[2] == ' ' ? 3 : 2);
}

long simulator_stat(const char *name)
{
    char key[64];
    const char *at = simulator_command("stats");

    snprintf(key, sizeof key, "\"%s\":", name);
    at = strstr(at, key);
    if (at == NULL) {
        fail("the simulator counts no %s", name);
    }
    return strtol(at + strlen(key), NULL, 10);
}

/* Ends the process with a signal; what wait says of it. */
static int end(int signal_number)
{
    int status = 0;

    pthread_mutex_lock(&mutex);
    if (pid > 0) {
        kill(pid, signal_number);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
        pid = 0;
    }
    pthread_mutex_unlock(&mutex);
    return status;
}

void simulator_kill(void)
{
    int status = end(SIGKILL);

    close_pipes();
    check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "the simulator was not killed");
}

int simulator_stop(void)
{
    int status = end(SIGTERM);

    close_pipes();
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void simulator_clean_up(void)
{
    end(SIGKILL);
    unlink(path_of_socket);
    unlink(path_of_config);
    unlink(path_of_boxes);
    rmdir(directory);
}
