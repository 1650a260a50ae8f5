#define _POSIX_C_SOURCE 200809L
#include "report.h"
#include "simulator.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const char *current = "start";
static int steps, checked;

double seconds(void)
{
    static double began;
    struct timespec now;
    double at;

    clock_gettime(CLOCK_MONOTONIC, &now);
    at = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
    began = began > 0 ? began : at;
    return at - began;
}

void step(const char *name)
{
    current = name;
    steps++;
}

void tell(const char *format, ...)
{
    va_list values;

    printf("%5.1f s  %-10s ", seconds(), current);
    va_start(values, format);
    vprintf(format, values);
    va_end(values);
    putchar('\n');
    fflush(stdout);
}

void check(int holds, const char *format, ...)
{
    char text[512];
    va_list values;

    checked++;
    if (!holds) {
        va_start(values, format);
        vsnprintf(text, sizeof text, format, values);
        va_end(values);
        fail("%s", text);
    }
}

void must(kpc_status status, kpc_error **error, const char *what)
{
    check(status == KPC_OK, "%s: %s: %s", what, kpc_status_name(status),
          error != NULL ? kpc_error_message(*error) : kpc_status_text(status));
}

void fail(const char *format, ...)
{
    static pthread_mutex_t once = PTHREAD_MUTEX_INITIALIZER;
    struct timespec pause = {0, 10 * 1000 * 1000};
    char text[512];
    va_list values;
    int i;

    /* The first failure is the one that counts; others wait here for the end. */
    pthread_mutex_lock(&once);
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    /* Where the simulator is gone, that is the reason, whatever was noticed first; a process
     * that dies closes its connections a moment before it is dead. */
    for (i = 0; i < 20 && !simulator_has_ended(text, sizeof text); i++) {
        nanosleep(&pause, NULL);
    }
    fflush(stdout);
    fprintf(stderr, "FAILED in step \"%s\": %s\n", current, text);
    simulator_clean_up();
    _exit(1);
}

void passed(void)
{
    printf("PASSED: %d steps, %d values checked, %.1f s\n", steps, checked, seconds());
}
