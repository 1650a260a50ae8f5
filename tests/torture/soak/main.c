/* Runs the soak.
 *
 *   SOAK_S=N      how many seconds (3600)
 *   SOAK_SEED=N   what is random; else of the clock, and printed. The same seed makes the same
 *                 choices; which of two threads comes first stays with the machine
 *   SOAK_OUT=FILE samples, for benches/plot.py
 *   SOAK_DEFECT=box|double|hang|leak  the model is told something wrong, and must notice
 */
#define _POSIX_C_SOURCE 200809L
#include "soak.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SAMPLES = 240, LOOK_AGAIN = 1500, SETTLE = 60000, GROWTH = 4 << 20 };

uint64_t soak_seed;
defect soak_defect;
kpc_client *soak_clients[CLIENTS];

static const char *word(const char *name, const char *otherwise)
{
    const char *given = getenv(name);
    return given != NULL && given[0] != 0 ? given : otherwise;
}

static void *work(void *argument)
{
    unsigned worker = *(unsigned *)argument;
    char name[32];
    dice dice;
    snprintf(name, sizeof name, "worker %u", worker);
    dice = dice_of(soak_seed, name);
    while (!is_over()) {
        work_once(worker, &dice);
    }
    return NULL;
}

/* When nothing fails any more: everything that was promised is there. */
static void *finish(void *argument)
{
    unsigned worker = *(unsigned *)argument;
    dice dice = dice_of(soak_seed, "the end");
    look_again(worker, &dice, LOOK_AGAIN);
    if (worker < CHANNELS) {
        begins(worker, "reader_receive", 10 * LONG);
        drain(worker);
        ends(worker);
    }
    return NULL;
}

static void *be_trouble(void *unused)
{
    dice dice = dice_of(soak_seed, "trouble");
    (void)unused;
    while (!is_over()) {
        trouble_once(&dice);
    }
    trouble_end();
    return NULL;
}

static void spawn(pthread_t *thread, void *(*what)(void *), void *argument)
{
    if (pthread_create(thread, NULL, what, argument) != 0) {
        give_up("no thread");
    }
}

static pthread_t workers[WORKERS];
static unsigned numbers[WORKERS];

static void spawn_all(void *(*what)(void *))
{
    unsigned i;
    for (i = 0; i < WORKERS; i++) {
        numbers[i] = i;
        spawn(&workers[i], what, &numbers[i]);
    }
}

/* Joins them; while they work, this thread watches. */
static void *join_all(void *over_now)
{
    unsigned i;
    for (i = 0; i < WORKERS; i++) {
        pthread_join(workers[i], NULL);
    }
    __atomic_store_n((int *)over_now, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

/* Whoever hangs for good does so until the end of the program, which says it. */
static void await_all(void)
{
    pthread_t joiner;
    int over_now = 0;
    unsigned long before = counted_of(HANGING);
    spawn(&joiner, join_all, &over_now);
    while (!__atomic_load_n(&over_now, __ATOMIC_SEQ_CST)) {
        nap();
        watch();
        if (counted_of(HANGING) >= before + 3) {
            printf("too much hangs; the rest is not looked at\n");
            exit(1);
        }
    }
    pthread_join(joiner, NULL);
}

static void suffer(int64_t seconds, FILE *out)
{
    int64_t since = now_ms(), next = since, end = since + seconds * 1000;
    pthread_t trouble;
    spawn(&trouble, be_trouble, NULL);
    spawn_all(work);
    while (now_ms() < end) {
        if (now_ms() >= next) {
            sample(since, out);
            next += seconds * 1000 / SAMPLES + 1;
        }
        watch();
        nap();
    }
    be_over();
    pthread_join(trouble, NULL);
    await_all();
    sample(since, out);
}

static void open_all(void)
{
    unsigned i;
    model_start();
    for (i = 0; i < CLIENTS; i++) {
        soak_clients[i] = world_client(1);
        world_connect(soak_clients[i]);
    }
    channels_start(".");
}

static void close_all(void)
{
    unsigned i;
    channels_end();
    for (i = 0; i < CLIENTS; i++) {
        kpc_error *error = NULL;
        if (kpc_client_flush(soak_clients[i], LONG, &error) != KPC_OK) {
            found(HANGING, "a client is not flushed: %s", kpc_error_message(error));
        }
        kpc_error_free(error);
    }
    if (!world_until("arq_entries", 0)) {
        found(LOST, "the daemon keeps %ld entries of its table", world_count("arq_entries"));
    }
    for (i = 0; i < CLIENTS; i++) {
        if (kpc_client_close(soak_clients[i], LONG, NULL) != KPC_OK) {
            found(HANGING, "a client is not closed");
        }
        kpc_client_free(soak_clients[i]);
    }
    model_end();
}

/* What the process had before, it has again. */
static void compare(const counted *before)
{
    int64_t end = now_ms() + SETTLE;
    counted now = count_me();
    while ((now.descriptors > before->descriptors || now.threads > before->threads ||
            kpc_debug_live_objects() != 0) &&
           now_ms() < end) {
        nap();
        now = count_me();
    }
    printf("after closing all: %ld descriptors (%ld before), %ld threads (%ld), %lu objects, %.2f MiB allocated "
           "(%.2f), %.1f MiB resident (%.1f)\n",
           now.descriptors, before->descriptors, now.threads, before->threads,
           (unsigned long)kpc_debug_live_objects(), (double)now.heap / 1048576, (double)before->heap / 1048576,
           (double)now.resident / 1048576, (double)before->resident / 1048576);
    if (now.descriptors > before->descriptors || now.threads > before->threads || kpc_debug_live_objects() != 0 ||
        now.heap > before->heap + GROWTH) {
        found(WRONG, "something is left");
    }
}

static defect defect_named(const char *name)
{
    static const char *const names[] = {"", "box", "double", "hang", "leak"};
    unsigned i;
    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            return (defect)i;
        }
    }
    give_up("SOAK_DEFECT is box, double, hang or leak");
    return NO_DEFECT;
}

static int verdict(int64_t seconds)
{
    unsigned long bad = counted_of(LOST) + counted_of(DOUBLED) + counted_of(WRONG) + counted_of(HANGING);
    print_troubles();
    printf("%lu boxes written, %lu deleted, %lu reads compared, %lu messages received, %lu callbacks\n",
           counted_of(WRITTEN), counted_of(BURIED), counted_of(READS_CHECKED), counted_of(MESSAGES),
           counted_of(COMPLETIONS));
    printf("soak: %ld s, seed %lu, %lu operations (%lu ended by their time limit or a lost connection), %lu faults: "
           "%lu lost, %lu doubled, %lu wrong, %lu hung\n",
           (long)seconds, (unsigned long)soak_seed, counted_of(DONE) + counted_of(IN_VAIN), counted_of(IN_VAIN),
           counted_of(FAULTS), counted_of(LOST), counted_of(DOUBLED), counted_of(WRONG), counted_of(HANGING));
    if (counted_of(WRITTEN) == 0 || counted_of(FAULTS) == 0 || counted_of(READS_CHECKED) == 0) {
        printf("which is nothing\n");
        bad++;
    }
    return bad != 0;
}

int main(void)
{
    int64_t seconds = strtoll(word("SOAK_S", "3600"), NULL, 10);
    const char *path = word("SOAK_OUT", NULL);
    FILE *out = path != NULL ? fopen(path, "w") : NULL;
    kpc_config *left = NULL;
    counted before;
    soak_seed = strtoull(word("SOAK_SEED", "0"), NULL, 10);
    if (soak_seed == 0) {
        soak_seed = (uint64_t)time(NULL) * 1000 + (uint64_t)getpid() % 1000;
    }
    soak_defect = defect_named(word("SOAK_DEFECT", ""));
    printf("seed %lu\n", (unsigned long)soak_seed);
    fflush(stdout);
    world_start(NULL, " --grace 2");
    before = count_me();
    open_all();
    if (soak_defect == DEFECT_LEAK && kpc_config_new(&left, NULL) != KPC_OK) {
        give_up("no configuration");
    }
    suffer(seconds, out);
    spawn_all(finish);
    await_all();
    close_all();
    compare(&before);
    world_end();
    if (out != NULL) {
        fclose(out);
    }
    return verdict(seconds);
}
