/* The system refuses threads: first every one, then each in turn. What needs one says so, what was
 * begun is ended, nothing is left, and all goes well as soon as there are threads again. */
/* c_suite: needs sim */
/* c_suite: not sanitized (both take the place of pthread_create) */
#define _GNU_SOURCE
#include "kpc_sim.h"

#include <dlfcn.h>

static kpc_error *error;
static kpc_sim sim;

enum { LONG_ENOUGH = 400 };

/* How many threads are still granted, and how many were refused. */
static int granted = INT_MAX, refused;

/* In the place of that of the C library, for the library too. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*begin)(void *), void *argument)
{
    int (*original)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    void *found = dlsym(RTLD_NEXT, "pthread_create");

    memcpy(&original, &found, sizeof original);
    if (__atomic_fetch_sub(&granted, 1, __ATOMIC_SEQ_CST) <= 0) {
        __atomic_add_fetch(&refused, 1, __ATOMIC_SEQ_CST);
        return EAGAIN;
    }
    return original(thread, attributes, begin, argument);
}

/* For want of a thread a call says that there is no memory, or what the system said. */
static int says_so(kpc_status status, kpc_error **why)
{
    int so = status == KPC_OK || status == KPC_ERR_NO_MEMORY || kpc_error_errno(*why) == EAGAIN ||
             status == KPC_ERR_TIMEOUT;
    if (!so) {
        printf("    %s: %s\n", kpc_status_name(status), *why != NULL ? kpc_error_message(*why) : "");
    }
    CHECK((*why != NULL) == (status != KPC_OK));
    kpc_error_free(*why);
    *why = NULL;
    return so;
}

/* Everything that starts threads, as far as it comes. Whether all of it did. */
static int a_program(kpc_config *config)
{
    kpc_client *made = NULL;
    kpc_event_sink *sink = NULL;
    kpc_error *why = NULL;
    kpc_test_stream written = kpc_test_stream_of(5);
    kpc_box_index next;
    kpc_seen seen;
    kpc_completion done = kpc_seen_by(&seen);
    kpc_status status = kpc_client_new(config, &made, &why);
    int all = 0;

    if (!CHECK(says_so(status, &why)) || status != KPC_OK) {
        CHECK(made == NULL);
        return 0;
    }
    status = kpc_client_connect(made, LONG_ENOUGH, &why);
    CHECK(says_so(status, &why));
    if (status == KPC_OK) {
        status = kpc_write_box(made, &written.writer, &written.first, bytes("x"), 1, 0, KPC_SOON, &next, &why);
        CHECK(says_so(status, &why));
        all = status == KPC_OK;
        /* Callbacks have a thread of their own. What fails drops what it took. */
        status = kpc_get_pki_document_raw_async(made, 0, KPC_SOON, &done, NULL, &why);
        CHECK(says_so(status, &why));
        CHECK(kpc_seen_until(&seen.drops, 1));
        CHECK(seen.calls == (status == KPC_OK));
        all &= status == KPC_OK;
        OK(kpc_event_sink_open(made, 4, &sink, &error));
        kpc_event_sink_free(sink);
    }
    STATUS(KPC_OK, kpc_client_close(made, KPC_SOON, NULL));
    kpc_client_free(made);
    return all;
}

int main(void)
{
    kpc_config *config;
    int n, all = 0;

    kpc_sim_start(&sim, "--instant");
    config = kpc_sim_config(&sim);
    /* With no thread at all, then with one, and so on, until there are enough. */
    for (n = 0; n < 32 && !all; n++) {
        __atomic_store_n(&granted, n, __ATOMIC_SEQ_CST);
        all = a_program(config);
    }
    CHECK(all && refused > 0);
    printf("%d threads are enough; %d were refused\n", n - 1, refused);
    __atomic_store_n(&granted, INT_MAX, __ATOMIC_SEQ_CST);
    CHECK(a_program(config));
    kpc_config_free(config);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
