/* What the C tests share: checks that count, and an end that tells.
 *
 * A test is one program with a main that ends in `return kpc_test_end();`. It exits with 0 when
 * every check held and every object was freed, with 77 when it cannot run here (kpc_test_skip). */
#ifndef KPC_TEST_H
#define KPC_TEST_H

/* Tests also give NULL where it must not be. */
#define KPC_NONNULL
#define KPC_NULLABLE
#include "kpclient.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int kpc_test_checks = 0;
static int kpc_test_failures = 0;

/* Checks may be made on any thread. One more of them; whether there is a word to lose about it,
 * which is so for the first failures. */
static inline int kpc_test_count(int held)
{
    __atomic_add_fetch(&kpc_test_checks, 1, __ATOMIC_RELAXED);
    return !held && __atomic_add_fetch(&kpc_test_failures, 1, __ATOMIC_RELAXED) <= 20;
}

static inline int kpc_test_report(int held, const char *file, int line, const char *what)
{
    if (kpc_test_count(held)) {
        printf("%s:%d: does not hold: %s\n", file, line, what);
        fflush(stdout);
    }
    return held;
}

static inline int kpc_test_status(kpc_status found, kpc_status expected, const char *file, int line,
                                  const char *what)
{
    if (kpc_test_count(found == expected)) {
        printf("%s:%d: %s is %s (%d), not %s (%d)\n", file, line, what, kpc_status_name(found),
               (int)found, kpc_status_name(expected), (int)expected);
        fflush(stdout);
    }
    return found == expected;
}

/* Takes over the error. */
static inline int kpc_test_error(kpc_status found, kpc_error **error, kpc_status expected,
                                 const char *file, int line, const char *what)
{
    int held = kpc_test_status(found, expected, file, line, what);
    if (found != expected && *error != NULL) {
        printf("%s:%d:   %s\n", file, line, kpc_error_message(*error));
    }
    /* An error object comes with every failure and with no success, and says the same. */
    held &= kpc_test_report((*error != NULL) == (found != KPC_OK), file, line, "error object");
    held &= kpc_test_status(kpc_error_status(*error), found, file, line, "status of the error");
    if (found != KPC_OK) {
        held &= kpc_test_report(kpc_error_message(*error)[0] != 0, file, line, "message");
    }
    kpc_error_free(*error);
    *error = NULL;
    return held;
}

/* Something holds. */
#define CHECK(condition) kpc_test_report(!!(condition), __FILE__, __LINE__, #condition)
/* A call without an error output returns this status. */
#define STATUS(expected, call) kpc_test_status((call), (expected), __FILE__, __LINE__, #call)
/* A call that takes `&error` returns this status and the fitting object; a kpc_error *error is in scope. */
#define ERROR(expected, call) \
    kpc_test_error((call), &error, (expected), __FILE__, __LINE__, #call)
#define OK(call) ERROR(KPC_OK, call)

/* The byte is the only one in the memory. */
static inline int kpc_test_filled(const void *memory, int byte, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)memory;
    size_t i;
    for (i = 0; i < size; i++) {
        if (bytes[i] != (unsigned char)byte) {
            return 0;
        }
    }
    return 1;
}

/* Bytes of hexadecimal digits; how many. */
static inline size_t kpc_test_hex(const char *digits, uint8_t *out, size_t size)
{
    size_t n = 0;
    unsigned value;
    while (n < size && sscanf(digits + 2 * n, "%2x", &value) == 1) {
        out[n++] = (uint8_t)value;
    }
    return n;
}

/* The test cannot run here, for this reason. */
static inline void kpc_test_skip(const char *why)
{
    printf("skipped: %s\n", why);
    exit(77);
}

/* What a callback is lent lives until that returns, also when its client has been freed. */
static inline void kpc_test_await_callbacks(void)
{
    time_t end = time(NULL) + 60;
    while (kpc_debug_live_objects() != 0 && time(NULL) < end) {
        sched_yield();
    }
}

static inline int kpc_test_end(void)
{
    kpc_test_await_callbacks();
    CHECK(kpc_debug_live_objects() == 0);
    printf("%d checks, %d failures\n", kpc_test_checks, kpc_test_failures);
    return kpc_test_failures != 0;
}

#endif
