/* An allocation is refused, one after the other: the program's calls go well or say why, or the process ends as the
 * documents say, by SIGABRT with a line about it; never otherwise, never stuck, and what was accepted arrives.
 * KPC_EACH_FAULT=1 leaves out none. */
/* c_suite: needs sim */
/* c_suite: not valgrind (it has an allocator of its own) */
/* c_suite: not asan (it has an allocator of its own) */
#define _GNU_SOURCE
#include "kpc_failing.h"

#include <sys/mman.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

/* How many allocations are granted before one is refused; none is while this is negative. */
static int granted = -1;

static int refuses(void)
{
    if (__atomic_load_n(&granted, __ATOMIC_SEQ_CST) < 0 ||
        __atomic_fetch_sub(&granted, 1, __ATOMIC_SEQ_CST) != 0) {
        return 0;
    }
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t size)
{
    return refuses() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return refuses() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return refuses() ? NULL : __libc_realloc(old, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    *memory = refuses() ? NULL : __libc_memalign(alignment, size);
    return *memory == NULL ? ENOMEM : 0;
}

/* How a life ended. */
enum { WELL = 0, FAILED = 1, WITH_ERRORS = 2, BEFORE_IT = 3 };
/* None takes so long unless it hangs. */
enum { LIMIT_S = 120 };

static kpc_lives *lives;

/* In a process of its own. */
static int one_life(int life, int number)
{
    kpc_config *config = kpc_sim_config(&sim);
    int well, came_so_far;

    __atomic_store_n(&granted, number, __ATOMIC_SEQ_CST);
    well = kpc_life(lives, config, path_of("alice"), life);
    came_so_far = number >= 0 && __atomic_exchange_n(&granted, -1, __ATOMIC_SEQ_CST) < 0;
    kpc_config_free(config);
    kpc_test_await_callbacks();
    if (kpc_test_failures != 0 || kpc_debug_live_objects() != 0 || (!well && !came_so_far)) {
        return FAILED;
    }
    return well ? came_so_far ? WELL : BEFORE_IT : WITH_ERRORS;
}

/* What it printed, for who wants to know why it was ended. */
static const char *said(int out)
{
    static char text[4096];
    ssize_t got = pread(out, text, sizeof text - 1, 0);
    text[got < 0 ? 0 : got] = 0;
    return text;
}

/* Rust's line, or that of the C library. */
static int says_why(const char *text)
{
    return strstr(text, "memory allocation of ") != NULL || strstr(text, "out of memory") != NULL;
}

/* Runs a life in a process of its own, with this allocation refused, or none. */
static int process(int life, int number, int *status)
{
    int out = memfd_create("said", MFD_CLOEXEC);
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        alarm(LIMIT_S);
        kpc_test_failures = 0;
        dup2(out, 1);
        dup2(out, 2);
        number = one_life(life, number);
        fflush(stdout);
        _exit(number);
    }
    CHECK(child > 0 && waitpid(child, status, 0) == child);
    return out;
}

int main(void)
{
    int life = 0, number, status = 0, out, aborted = 0, with_errors = 0, well = 0, over = 0;

    lives = (kpc_lives *)mmap(NULL, sizeof *lives, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(lives != MAP_FAILED);
    kpc_sim_start(&sim, "--instant");
    if (fork() == 0) {
        kpc_lives_begin("alice");
        _exit(kpc_test_end());
    }
    CHECK(wait(&status) > 0 && status == 0);
    for (number = 0; !over && kpc_test_failures == 0 && life < KPC_LIVES - 1; number = kpc_next_number(number, 12)) {
        out = process(life++, number, &status);
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && says_why(said(out))) {
            aborted++;
        } else if (WIFEXITED(status) && WEXITSTATUS(status) == WITH_ERRORS) {
            with_errors++;
        } else if (WIFEXITED(status) && WEXITSTATUS(status) == WELL) {
            well++;
        } else {
            over = WIFEXITED(status) && WEXITSTATUS(status) == BEFORE_IT;
            if (!CHECK(over)) {
                printf("    allocation %d: status %#x\n%s\n", number, (unsigned)status, said(out));
            }
        }
        close(out);
        /* Whatever it left: the next program works. */
        out = process(life++, -1, &status);
        if (!CHECK(WIFEXITED(status) && WEXITSTATUS(status) == BEFORE_IT)) {
            printf("    after allocation %d: status %#x\n%s\n", number, (unsigned)status, said(out));
        }
        close(out);
    }
    printf("%d allocations refused: %d processes aborted, %d went on with errors, %d without\n",
           aborted + with_errors + well, aborted, with_errors, well);
    CHECK(over && aborted > 0 && with_errors + well > 0);
    kpc_lives_end(lives, "alice");
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
