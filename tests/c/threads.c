/* Objects are used, shared and freed by several threads at once. */
#define _POSIX_C_SOURCE 200809L
#include "kpc_test.h"

#include <pthread.h>

enum { THREADS = 4, ROUNDS = 2000 };

static kpc_buffer *shared;
static kpc_config *config;
static pthread_barrier_t barrier;

/* The handle is freed by all of them; each use before that finds the bytes whole. */
static void *use_and_free(void *unused)
{
    int good = 1, i;
    (void)unused;
    for (i = 0; i < ROUNDS; i++) {
        kpc_buffer *mine = NULL;
        pthread_barrier_wait(&barrier);
        if (kpc_buffer_ref(shared, &mine, NULL) != KPC_OK) {
            good &= mine == NULL;
        }
        kpc_buffer_free(shared);
        if (mine != NULL) {
            good &= kpc_buffer_len(mine) == 3 && memcmp(kpc_buffer_data(mine), "abc", 3) == 0;
            kpc_buffer_free(mine);
        }
        good &= kpc_config_set_unix(config, "somewhere", NULL) == KPC_OK;
        good &= kpc_config_transport(config) == KPC_TRANSPORT_UNIX;
        if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) {
            good &= kpc_buffer_new((const uint8_t *)"abc", 3, &shared, NULL) == KPC_OK;
        }
    }
    return good ? (void *)1 : NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    int i;

    STATUS(KPC_OK, kpc_config_new(&config, NULL));
    STATUS(KPC_OK, kpc_buffer_new((const uint8_t *)"abc", 3, &shared, NULL));
    CHECK(pthread_barrier_init(&barrier, NULL, THREADS) == 0);
    for (i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, use_and_free, NULL) == 0);
    }
    for (i = 0; i < THREADS; i++) {
        void *good = NULL;
        CHECK(pthread_join(threads[i], &good) == 0 && good != NULL);
    }
    pthread_barrier_destroy(&barrier);
    kpc_buffer_free(shared);
    kpc_config_free(config);
    return kpc_test_end();
}
