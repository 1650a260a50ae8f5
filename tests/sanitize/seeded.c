/* Faults that a sanitizer must find: a program's, which are seen in the library's code, and the library's own.
 *
 *   seeded free       the library reads a block that the program has freed
 *   seeded overflow   the library reads a byte behind the program's block
 *   seeded race       the library reads what another thread of the program writes
 *   seeded own-free   the library reads a block that it has freed itself
 *   seeded own-race   two threads of the library write to the same byte
 *   seeded none       the same calls without any fault
 */
#define _POSIX_C_SOURCE 200809L
#include <kpclient.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* In src/ffi/seeded_fault.rs, with --cfg kpc_seeded_fault. */
extern uint8_t kpc_seeded_fault(int32_t number);

enum { BLOCK = 32, OWN_FREE = 1, OWN_RACE = 2 };

static uint8_t shared[4096];

static void *writes(void *unused)
{
    int i;
    (void)unused;
    for (i = 0; i < 2000; i++) {
        memset(shared, i, sizeof shared);
    }
    return NULL;
}

static int copies(const uint8_t *bytes, size_t len)
{
    kpc_buffer *buffer = NULL;
    if (kpc_buffer_new(bytes, len, &buffer, NULL) != KPC_OK) {
        return 1;
    }
    kpc_buffer_free(buffer);
    return 0;
}

static int blocks(size_t behind, int freed)
{
    uint8_t *block = malloc(BLOCK);
    int failed;
    if (block == NULL) {
        return 1;
    }
    memset(block, 1, BLOCK);
    if (freed) {
        free(block);
        return copies(block, BLOCK);
    }
    failed = copies(block, BLOCK + behind);
    free(block);
    return failed;
}

/* At the same time, or one after the other. */
static int threads(int raced)
{
    pthread_t thread;
    int i, failed = 0;
    if (pthread_create(&thread, NULL, writes, NULL) != 0) {
        return 1;
    }
    if (!raced) {
        pthread_join(thread, NULL);
    }
    for (i = 0; i < 200; i++) {
        failed |= copies(shared, sizeof shared);
    }
    if (raced) {
        pthread_join(thread, NULL);
    }
    return failed;
}

int main(int argc, char **argv)
{
    const char *fault = argc == 2 ? argv[1] : "none";
    if (strcmp(fault, "free") == 0) {
        return blocks(0, 1);
    }
    if (strcmp(fault, "overflow") == 0) {
        return blocks(1, 0);
    }
    if (strcmp(fault, "race") == 0) {
        return threads(1);
    }
    if (strcmp(fault, "own-free") == 0) {
        return kpc_seeded_fault(OWN_FREE) == 0;
    }
    if (strcmp(fault, "own-race") == 0) {
        return kpc_seeded_fault(OWN_RACE) == 0;
    }
    return blocks(0, 0) | threads(0) | (kpc_seeded_fault(0) != 0);
}
