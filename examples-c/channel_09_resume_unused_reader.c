/* Resumption 2 of 6: a read channel that was never read from.
 *
 *   $ channel_09_resume_unused_reader thinclient.toml
 *   Bob reads: First message
 *
 * Bob stores only the read capability. */
#include "channels.h"

int main(int argc, char **argv)
{
    kpc_error *error = NULL;
    kpc_channel writing, created, resumed;
    kpc_write_cap write_cap;
    kpc_read_cap read_cap;
    kpc_service courier;
    kpc_client *alice, *bob;

    need(argc == 2, "usage: channel_09_resume_unused_reader THINCLIENT.TOML");
    alice = example_connect(argv[1]);
    bob = example_connect(argv[1]);
    courier = example_courier(alice);

    /* 1. Alice creates a write channel, and writes, so that there is something to read. */
    must(kpc_create_write_channel(alice, PATIENCE_MS, &writing, &read_cap, &write_cap, &error),
         &error, "a channel to write to");
    kpc_channel_query_free(example_write(alice, writing, "First message", &courier));

    /* 2. Bob creates a read channel, 3. and closes it before he has read anything. */
    must(kpc_create_read_channel(bob, &read_cap, PATIENCE_MS, &created, &error), &error,
         "a channel to read");
    must(kpc_close_channel(bob, created, PATIENCE_MS, &error), &error, "closing");

    /* 4. Bob resumes it: no index, as nothing was read; -1, as any replica will do. */
    must(kpc_resume_read_channel(bob, &read_cap, NULL, -1, PATIENCE_MS, &resumed, &error), &error,
         "resuming");
    example_read(bob, resumed, &courier);

    kpc_client_close(alice, KPC_FOREVER, NULL);
    kpc_client_free(alice);
    kpc_client_close(bob, KPC_FOREVER, NULL);
    kpc_client_free(bob);
    kpc_wipe(&write_cap, sizeof write_cap);
    return 0;
}
