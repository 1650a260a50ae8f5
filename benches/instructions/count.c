/* Makes so many blocking local calls: run.sh counts the instructions of one. */
#include <kpclient.h>
#include <stdio.h>
#include <stdlib.h>

static void ok(kpc_status status, const char *what)
{
    if (status != KPC_OK) {
        fprintf(stderr, "count: %s: %s\n", what, kpc_status_name(status));
        exit(1);
    }
}

int main(int argc, char **argv)
{
    kpc_config *config = NULL;
    kpc_client *client = NULL;
    if (argc != 3)
        return 2;
    ok(kpc_config_new(&config, NULL), "config");
    ok(kpc_config_set_unix(config, argv[1], NULL), "socket");
    ok(kpc_client_new(config, &client, NULL), "client");
    ok(kpc_client_connect(client, 60000, NULL), "connect");
    for (long i = atol(argv[2]); i > 0; i--) {
        kpc_buffer *payload = NULL;
        if (kpc_get_pki_document_raw(client, 999999, KPC_FOREVER, &payload, NULL, NULL)
            != KPC_ERR_DAEMON_SERVICE_UNAVAILABLE)
            return 1;
    }
    kpc_client_free(client);
    kpc_config_free(config);
    return 0;
}
