/* How to connect with the daemon, and to disconnect from it.
 *
 *   $ channel_01_connect_and_close thinclient.toml
 *   connected: the daemon is on the mixnet
 *   left for a while
 *   connected again
 *   closed
 *
 * This example and the next twelve follow the older guide to Katzenpost clients. They run without
 * a change on today's daemons and on those of that guide's time, up to v0.0.72. */
#include "example.h"

/* The library says what it does, from a level on, to whoever wants to know: never a secret, and
 * on any thread. */
static void log_line(int32_t level, const char *text, void *user_data)
{
    fprintf((FILE *)user_data, "%d %s\n", (int)level, text);
}

/* Called once, when no more lines can come. */
static void end_log(void *user_data)
{
    fclose((FILE *)user_data);
}

int main(int argc, char **argv)
{
    kpc_error *error = NULL;
    kpc_config *config = NULL;
    kpc_client *client = NULL;
    FILE *log = fopen("kpclient.log", "w");

    need(argc == 2, "usage: channel_01_connect_and_close THINCLIENT.TOML");
    must(kpc_config_load_file(argv[1], &config, &error), &error, "the configuration");
    need(log != NULL, "kpclient.log cannot be written");
    must(kpc_config_set_log(config, KPC_LOG_INFO, log_line, log, end_log, &error), &error,
         "the log");

    /* The client takes a copy of the configuration. It connects only when it is told to. */
    must(kpc_client_new(config, &client, &error), &error, "a client");
    kpc_config_free(config);
    must(kpc_client_connect(client, PATIENCE_MS, &error), &error, "connecting");
    printf("connected: the daemon is %s the mixnet\n",
           kpc_client_is_connected(client) ? "on" : "not on");

    /* ... do stuff ... From here on the client connects again by itself whenever it loses the
     * daemon, and sends again what was unanswered. */

    /* Leaving for a while: what was begun goes on when the client is back. */
    must(kpc_client_disconnect(client, &error), &error, "leaving");
    printf("left for a while\n");
    must(kpc_client_connect(client, PATIENCE_MS, &error), &error, "connecting again");
    printf("connected again\n");

    /* Leaving for good. Freeing closes as well; closing first lets others still hold it. */
    kpc_client_close(client, KPC_FOREVER, NULL);
    kpc_client_free(client);
    printf("closed\n");
    return 0;
}
