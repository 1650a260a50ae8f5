/* The library's threads block the signals that are sent to the process, so that the program's handlers run
 * on its own threads, and leave alone what a thread causes itself or is sent on purpose; handlers and the
 * masks of the program's threads stay as they were. */
/* c_suite: needs sim */
/* c_suite: not sanitized (both take the place of pthread_create) */
#define _GNU_SOURCE
#include "kpc_sim.h"

#include <dirent.h>
#include <dlfcn.h>

static kpc_error *error;
static kpc_sim sim;

/* Threads that were made, and with how many of them the maker could take signals, whose mask
 * they have until they set one of their own. */
static int made, open_to_signals;

/* In the place of that of the C library, for the library too. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*begin)(void *), void *argument)
{
    int (*original)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    void *found = dlsym(RTLD_NEXT, "pthread_create");
    sigset_t mask;

    memcpy(&original, &found, sizeof original);
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    made++;
    open_to_signals += sigismember(&mask, SIGUSR1) != 1 || sigismember(&mask, SIGTERM) != 1;
    return original(thread, attributes, begin, argument);
}

typedef struct task {
    char name[32];
    unsigned long long blocked;
} task;

/* The threads of this process: at most so many. */
static int tasks(task *found, int most)
{
    DIR *dir = opendir("/proc/self/task");
    struct dirent *entry;
    int count = 0;

    if (dir == NULL) {
        kpc_test_skip("there is no /proc/self/task");
    }
    while ((entry = readdir(dir)) != NULL && count < most) {
        char path[300], line[256];
        FILE *file;
        if (entry->d_name[0] == '.') {
            continue;
        }
        snprintf(path, sizeof path, "/proc/self/task/%s/status", entry->d_name);
        file = fopen(path, "r");
        if (file == NULL) {
            continue; /* it has ended */
        }
        memset(&found[count], 0, sizeof found[count]);
        while (fgets(line, sizeof line, file) != NULL) {
            sscanf(line, "Name: %31s", found[count].name);
            sscanf(line, "SigBlk: %llx", &found[count].blocked);
        }
        fclose(file);
        count++;
    }
    closedir(dir);
    return count;
}

/* All that is sent to the process. Valgrind blocks more than it tells the program. */
static int blocks_what_it_should(unsigned long long blocked)
{
    static const int never[] = {SIGKILL, SIGSTOP, SIGSEGV, SIGILL,  SIGTRAP, SIGBUS,
                                SIGFPE,  SIGSYS,  SIGABRT, SIGPROF, SIGXCPU, SIGPWR};
    unsigned long long expected = 0x7fffffff;
    size_t i;
    for (i = 0; i < sizeof never / sizeof never[0]; i++) {
        expected &= ~(1ULL << (never[i] - 1));
    }
    return (blocked & expected) == expected;
}

static int events;
static int handled;
static pthread_t handled_by;

static void on_event(const kpc_event *event, void *user_data)
{
    sigset_t mask;
    (void)event;
    (void)user_data;
    /* On the thread for callbacks, too. */
    CHECK(pthread_sigmask(SIG_BLOCK, NULL, &mask) == 0);
    CHECK(sigismember(&mask, SIGSEGV) == 0 && sigismember(&mask, SIGABRT) == 0);
    CHECK(sigismember(&mask, SIGPROF) == 0 && sigismember(&mask, SIGPWR) == 0 && sigismember(&mask, SIGRTMIN) == 0);
    CHECK(sigismember(&mask, SIGTERM) == 1 && sigismember(&mask, SIGUSR1) == 1 && sigismember(&mask, SIGPIPE) == 1);
    kpc_seen_one_more(&events);
}

static void on_signal(int number)
{
    (void)number;
    handled_by = pthread_self();
    __atomic_add_fetch(&handled, 1, __ATOMIC_SEQ_CST);
}

/* Which of the program's handlers are another than before. */
static int changed_handlers(const struct sigaction *before)
{
    int number, changed = 0;
    for (number = 1; number <= 31; number++) {
        struct sigaction now;
        if (number != SIGKILL && number != SIGSTOP && sigaction(number, NULL, &now) == 0) {
            changed += memcmp(&now.sa_handler, &before[number].sa_handler, sizeof now.sa_handler) != 0;
        }
    }
    return changed;
}

typedef struct connecting {
    kpc_client *client;
    kpc_status status;
    int is_over;
} connecting;

static void *connect_in_time(void *argument)
{
    connecting *c = (connecting *)argument;
    c->status = kpc_client_connect(c->client, 100, NULL);
    __atomic_store_n(&c->is_over, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

/* Signals without end neither end a connect that waits nor make it wait longer. */
static void connect_amid_signals(void)
{
    connecting c = {NULL, KPC_ERR_INTERNAL, 0};
    pthread_t thread;

    kpc_sim_say(&sim, "hold-first-frame 60000");
    c.client = kpc_sim_client(&sim);
    CHECK(pthread_create(&thread, NULL, connect_in_time, &c) == 0);
    while (!__atomic_load_n(&c.is_over, __ATOMIC_SEQ_CST)) {
        CHECK(pthread_kill(thread, SIGUSR1) == 0);
        kpc_test_nap();
    }
    CHECK(pthread_join(thread, NULL) == 0);
    STATUS(KPC_ERR_TIMEOUT, c.status);
    kpc_client_free(c.client);
}

/* How many of them have the name of a thread of the library. */
static int named(const task *found, int count)
{
    int i, names = 0;
    for (i = 0; i < count; i++) {
        names += strncmp(found[i].name, "kpc-", 4) == 0;
    }
    return names;
}

int main(void)
{
    static task found[64];
    struct sigaction before[32], action;
    sigset_t mask, now;
    kpc_client *client;
    kpc_event_sink *sink = NULL;
    kpc_test_stream stream;
    kpc_op op = 0;
    int i, count, threads_before, of_the_library = 0;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
    for (i = 1; i <= 31; i++) {
        sigaction(i, NULL, &before[i]);
    }
    CHECK(pthread_sigmask(SIG_BLOCK, NULL, &mask) == 0);
    threads_before = tasks(found, 64);

    kpc_sim_start(&sim, "--instant");
    stream = kpc_test_stream_of(1);
    client = kpc_sim_connected(&sim);
    OK(kpc_event_sink_open(client, 8, &sink, &error));
    OK(kpc_event_sink_on_event(sink, on_event, NULL, NULL, &error));
    OK(kpc_read_box_async(client, &stream.reader, &stream.first, 0, KPC_FOREVER, NULL, &op, &error));
    CHECK(kpc_seen_until(&events, 2));

    /* Each of them has a name by which it is known; it takes that when it first runs. */
    do {
        kpc_test_nap();
        count = tasks(found, 64);
        of_the_library = named(found, count);
    } while (of_the_library < count - threads_before);
    CHECK(count > threads_before);
    for (i = 0; i < count; i++) {
        if (strncmp(found[i].name, "kpc-", 4) == 0 && !CHECK(blocks_what_it_should(found[i].blocked))) {
            printf("    %s blocks %llx\n", found[i].name, found[i].blocked);
        }
    }
    CHECK(of_the_library == count - threads_before && of_the_library <= 3);
    /* They do so from their beginning on. */
    CHECK(made == of_the_library && open_to_signals == 0);

    /* A signal to the process comes to the only thread that takes it: this one. */
    for (i = 0; i < 50; i++) {
        kill(getpid(), SIGUSR1);
    }
    while (__atomic_load_n(&handled, __ATOMIC_SEQ_CST) == 0) {
        kpc_test_nap();
    }
    CHECK(pthread_equal(handled_by, pthread_self()));

    CHECK(changed_handlers(before) == 0);
    CHECK(pthread_sigmask(SIG_BLOCK, NULL, &now) == 0);
    for (i = 1; i <= 31; i++) {
        CHECK(sigismember(&mask, i) == sigismember(&now, i));
    }
    OK(kpc_client_close(client, KPC_FOREVER, &error));
    kpc_client_free(client);
    kpc_event_sink_free(sink);
    /* Nothing is left running. */
    CHECK(tasks(found, 64) == threads_before);
    connect_amid_signals();
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
