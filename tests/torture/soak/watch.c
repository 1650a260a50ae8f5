/* Counts, samples of what the process has, and a look at what hangs. */
#define _POSIX_C_SOURCE 200809L
#include "soak.h"

#include <pthread.h>
#include <stdarg.h>

static unsigned long tallies[TALLIES];
static int over;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    const char *what;
    int64_t end;
} under_way[WORKERS + 1];

void count(tally what)
{
    __atomic_add_fetch(&tallies[what], 1, __ATOMIC_SEQ_CST);
}

unsigned long counted_of(tally what)
{
    return __atomic_load_n(&tallies[what], __ATOMIC_SEQ_CST);
}

int is_over(void)
{
    return __atomic_load_n(&over, __ATOMIC_SEQ_CST);
}

void be_over(void)
{
    __atomic_store_n(&over, 1, __ATOMIC_SEQ_CST);
}

void found(tally what, const char *format, ...)
{
    static int told;
    va_list list;
    count(what);
    pthread_mutex_lock(&lock);
    if (told++ < 20) {
        printf("FOUND after %lu operations: ", counted_of(DONE) + counted_of(IN_VAIN));
        va_start(list, format);
        vprintf(format, list);
        va_end(list);
        printf("\n");
        fflush(stdout);
    }
    pthread_mutex_unlock(&lock);
}

void begins(unsigned worker, const char *what, int64_t limit)
{
    pthread_mutex_lock(&lock);
    under_way[worker].what = what;
    under_way[worker].end = now_ms() + limit + HUNG;
    pthread_mutex_unlock(&lock);
}

void ends(unsigned worker)
{
    pthread_mutex_lock(&lock);
    under_way[worker].what = NULL;
    pthread_mutex_unlock(&lock);
}

void watch(void)
{
    unsigned i;
    for (i = 0; i <= WORKERS; i++) {
        const char *what;
        int64_t end, now = now_ms();
        pthread_mutex_lock(&lock);
        what = under_way[i].what;
        end = under_way[i].end;
        if (what != NULL && now > end) {
            under_way[i].what = NULL; /* told once */
        }
        pthread_mutex_unlock(&lock);
        if (what != NULL && now > end) {
            found(HANGING, "%s of worker %u is not over %d s after its time limit", what, i, HUNG / 1000);
        }
    }
}

static void point(FILE *out, const char *series, const char *unit, double x, double value)
{
    fprintf(out, "{\"series\": \"%s\", \"unit\": \"%s\", \"x\": %g, \"value\": %g}\n", series, unit, x, value);
}

void sample(int64_t since, FILE *out)
{
    counted now = count_me();
    double x = (double)(now_ms() - since) / 1000;
    if (out != NULL) {
        point(out, "memory", "MiB resident", x, (double)now.resident / 1048576);
        point(out, "allocated", "MiB", x, (double)now.heap / 1048576);
        point(out, "descriptors", "descriptors", x, (double)now.descriptors);
        point(out, "threads", "threads", x, (double)now.threads);
        point(out, "operations", "operations", x, (double)(counted_of(DONE) + counted_of(IN_VAIN)));
        point(out, "faults", "faults", x, (double)counted_of(FAULTS));
        fflush(out);
    }
}
