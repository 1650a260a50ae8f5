/* How to cancel a call that takes too long, from another thread, in four ways.
 *
 *   $ howto_12_cancel thinclient.toml
 *   by the hash of the envelope: KPC_ERR_START_RESENDING_CANCELLED
 *   by the hash of the write capability: KPC_ERR_START_RESENDING_CANCELLED
 *   by the operation: KPC_ERR_CANCELLED
 *   by closing the client: KPC_ERR_CLOSED
 *
 * Each call waits for a box that nobody writes. Cancelling also works while the daemon is away. It
 * does not withdraw packets that have already left. */
#include "example.h"

#include <pthread.h>

/* What the other thread needs for its part. */
struct request {
    kpc_client *client;
    kpc_hash hash;
};

static void *cancel(void *user_data)
{
    const struct request *request = user_data;
    kpc_error *error = NULL;

    must(kpc_cancel_resending_encrypted_message(request->client, &request->hash, PATIENCE_MS,
                                                &error),
         &error, "cancelling");
    return NULL;
}

/* Waits for an operation's end and shows how it was. */
static void show(kpc_client *client, const char *how, kpc_op op)
{
    kpc_error *error = NULL;
    kpc_result *result = NULL;

    must(kpc_op_wait(client, op, PATIENCE_MS, &result, &error), &error, "waiting");
    printf("%s: %s\n", how, kpc_status_name(kpc_result_status(result)));
    kpc_result_free(result);
}

int main(int argc, char **argv)
{
    kpc_error *error = NULL;
    kpc_envelope *envelope = NULL;
    kpc_write_cap write_cap;
    kpc_read_cap read_cap;
    kpc_box_index index;
    kpc_hash hash;
    kpc_op op;
    pthread_t thread;
    struct request request;
    kpc_client *client;

    need(argc == 2, "usage: howto_12_cancel THINCLIENT.TOML");
    client = example_connect(argv[1]);
    example_channel(&write_cap, &read_cap, &index);

    /* 1. Whoever knows the envelope can end what sends it: here a second thread, while this one
     * waits. A program that uses the blocking function gets the same status from it. */
    must(kpc_encrypt_read(client, &read_cap, &index, PATIENCE_MS, &envelope, &error), &error,
         "preparing a read");
    must(kpc_start_resending_encrypted_message_async(client, &read_cap, NULL, &index, -1, envelope,
                                                     0, KPC_FOREVER, NULL, &op, &error),
         &error, "a read");
    request.client = client;
    must(kpc_envelope_hash(envelope, &request.hash, &error), &error, "the hash");
    need(pthread_create(&thread, NULL, cancel, &request) == 0, "no thread");
    show(client, "by the hash of the envelope", op);
    pthread_join(thread, NULL);

    /* 2. A copy command is known by the hash of its temporary stream's capability. */
    must(kpc_start_resending_copy_command_async(client, &write_cap, NULL, KPC_FOREVER, NULL, &op,
                                                &error),
         &error, "a copy command");
    must(kpc_write_cap_hash(&write_cap, &hash, NULL), NULL, "the hash");
    must(kpc_cancel_resending_copy_command(client, &hash, PATIENCE_MS, &error), &error,
         "cancelling");
    show(client, "by the hash of the write capability", op);

    /* 3. What was begun with an _async function is an operation, and is cancelled as such. */
    must(kpc_read_box_async(client, &read_cap, &index, 0, KPC_FOREVER, NULL, &op, &error), &error,
         "a read");
    kpc_op_cancel(client, op, NULL);
    show(client, "by the operation", op);

    /* 4. Closing ends everything. The handle stays good until it is freed, so that calls of other
     * threads come back in peace. */
    must(kpc_read_box_async(client, &read_cap, &index, 0, KPC_FOREVER, NULL, &op, &error), &error,
         "a read");
    kpc_client_close(client, KPC_FOREVER, NULL);
    show(client, "by closing the client", op);

    kpc_envelope_free(envelope);
    kpc_client_free(client);
    kpc_wipe(&write_cap, sizeof write_cap);
    return 0;
}
