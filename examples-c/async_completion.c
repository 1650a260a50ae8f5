/* How to receive the completion of an operation in a callback, and how to fetch it later instead.
 *
 *   $ async_completion thinclient.toml
 *   5 writes begun
 *   5 completions, 5 of them well, 5 drops
 *   read back: box 0 box 1 box 2 box 3 box 4
 *
 * Each operation completes exactly once, whatever happens: with its result, by timeout, because it
 * was cancelled, or because the client was closed. Its drop function runs once, after that. */
#define _POSIX_C_SOURCE 200809L
#include "example.h"

#include <pthread.h>

enum { WRITES = 5 };

/* What the callbacks and the main thread share. */
struct state {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int completed, succeeded, dropped;
};

/* Runs on a thread of the library, so it is short: it notes what happened and lets the main
 * thread go on. It may call the library, but not wait for the same client. */
static void on_written(const kpc_result *result, void *user_data)
{
    struct state *state = user_data;
    kpc_box_index next;
    /* The result is lent: what is wanted of it is taken now. */
    kpc_status status = kpc_write_box_result(result, &next, NULL);

    pthread_mutex_lock(&state->mutex);
    state->completed++;
    state->succeeded += status == KPC_OK;
    pthread_mutex_unlock(&state->mutex);
}

/* The library has no more use for user_data; a program that allocated it frees it here. */
static void on_drop(void *user_data)
{
    struct state *state = user_data;

    pthread_mutex_lock(&state->mutex);
    state->dropped++;
    pthread_cond_signal(&state->changed);
    pthread_mutex_unlock(&state->mutex);
}

int main(int argc, char **argv)
{
    struct state state = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0};
    kpc_completion done = {on_written, NULL, on_drop, NULL};
    kpc_error *error = NULL;
    kpc_write_cap write_cap;
    kpc_read_cap read_cap;
    kpc_box_index first, index;
    kpc_op reads[WRITES];
    kpc_client *client;
    int i;

    need(argc == 2, "usage: async_completion THINCLIENT.TOML");
    client = example_connect(argv[1]);
    example_channel(&write_cap, &read_cap, &first);
    done.user_data = &state;

    /* All at once: the indices are known without waiting for a single answer. */
    for (i = 0, index = first; i < WRITES; i++) {
        char text[16];
        int length = snprintf(text, sizeof text, "box %d", i);
        must(kpc_write_box_async(client, &write_cap, &index, (const uint8_t *)text,
                                 (size_t)length, 0, PATIENCE_MS, &done, NULL, &error),
             &error, "a write");
        must(kpc_next_message_box_index(&index, &index, &error), &error, "the next index");
    }
    printf("%d writes begun\n", WRITES);

    pthread_mutex_lock(&state.mutex);
    while (state.dropped < WRITES) {
        pthread_cond_wait(&state.changed, &state.mutex);
    }
    printf("%d completions, %d of them well, %d drops\n", state.completed, state.succeeded,
           state.dropped);
    pthread_mutex_unlock(&state.mutex);

    /* Without a callback the result waits in the client, under the operation's number. */
    for (i = 0, index = first; i < WRITES; i++) {
        must(kpc_read_box_async(client, &read_cap, &index, 0, PATIENCE_MS, NULL, &reads[i],
                                &error),
             &error, "a read");
        must(kpc_next_message_box_index(&index, &index, &error), &error, "the next index");
    }
    printf("read back:");
    for (i = 0; i < WRITES; i++) {
        kpc_result *result = NULL;
        kpc_buffer *text = NULL;
        must(kpc_op_wait(client, reads[i], PATIENCE_MS, &result, &error), &error, "waiting");
        must(kpc_read_box_result(result, &text, &index, &error), &error, "a read");
        printf(" %.*s", (int)kpc_buffer_len(text), (const char *)kpc_buffer_data(text));
        kpc_buffer_free(text);
        kpc_result_free(result);
    }
    printf("\n");

    example_leave(client);
    kpc_wipe(&write_cap, sizeof write_cap);
    return 0;
}
