/* Resumption 1 of 6: a write channel that was never written to.
 *
 *   $ channel_08_resume_unused_writer thinclient.toml
 *   the old channel is gone: KPC_ERR_DAEMON_CHANNEL_NOT_FOUND
 *   Bob reads: First message
 *
 * The number of a channel is valid for its client only. The program stores the write capability.
 * A crash has the same effect as a close. */
#include "channels.h"

int main(int argc, char **argv)
{
    kpc_error *error = NULL;
    kpc_channel created, resumed, reading;
    kpc_channel_query *query = NULL;
    kpc_write_cap write_cap;
    kpc_read_cap read_cap;
    kpc_service courier;
    kpc_client *alice, *bob;
    kpc_status status;

    need(argc == 2, "usage: channel_08_resume_unused_writer THINCLIENT.TOML");
    alice = example_connect(argv[1]);
    bob = example_connect(argv[1]);
    courier = example_courier(alice);

    /* 1. Alice creates a write channel, 2. and closes it. */
    must(kpc_create_write_channel(alice, PATIENCE_MS, &created, &read_cap, &write_cap, &error),
         &error, "a channel to write to");
    must(kpc_close_channel(alice, created, PATIENCE_MS, &error), &error, "closing");

    /* 3. Alice resumes it. Nothing was written, so there is no index to go on from. */
    must(kpc_resume_write_channel(alice, &write_cap, NULL, PATIENCE_MS, &resumed, &error), &error,
         "resuming");

    /* The old number stays invalid. */
    status = kpc_write_channel(alice, created, (const uint8_t *)"?", 1, PATIENCE_MS, &query,
                               &error);
    printf("the old channel is gone: %s\n", kpc_status_name(status));
    kpc_error_free(error);
    error = NULL;

    /* Writing goes on, or rather begins. */
    kpc_channel_query_free(example_write(alice, resumed, "First message", &courier));
    must(kpc_create_read_channel(bob, &read_cap, PATIENCE_MS, &reading, &error), &error,
         "a channel to read");
    example_read(bob, reading, &courier);

    kpc_client_close(alice, KPC_FOREVER, NULL);
    kpc_client_free(alice);
    kpc_client_close(bob, KPC_FOREVER, NULL);
    kpc_client_free(bob);
    kpc_wipe(&write_cap, sizeof write_cap);
    return 0;
}
