/* make bench: the library beside a bare socket, in one run, against one daemon. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

void bench_ok(kpc_status status, kpc_error *error, const char *what)
{
    if (status != KPC_OK) {
        fprintf(stderr, "bench: %s: %s: %s\n", what, kpc_status_name(status),
                error != NULL ? kpc_error_message(error) : "");
        exit(1);
    }
}

kpc_client *bench_client(const char *unix_path, const char *tcp_address)
{
    kpc_error *error = NULL;
    kpc_config *config = NULL;
    kpc_client *client = NULL;
    bench_ok(kpc_config_new(&config, NULL), NULL, "config");
    if (unix_path != NULL)
        bench_ok(kpc_config_set_unix(config, unix_path, &error), error, "unix socket");
    else
        bench_ok(kpc_config_set_tcp(config, tcp_address, NULL, &error), error, "tcp address");
    bench_ok(kpc_client_new(config, &client, &error), error, "client");
    kpc_config_free(config);
    bench_ok(kpc_client_connect(client, 120000, &error), error, "connect");
    return client;
}

void bench_call(kpc_client *client)
{
    kpc_buffer *payload = NULL;
    kpc_status status = kpc_get_pki_document_raw(client, 999999, KPC_FOREVER, &payload, NULL, NULL);
    if (status != KPC_ERR_DAEMON_SERVICE_UNAVAILABLE)
        fail("a document of an unknown epoch", kpc_status_name(status));
}

static int usage(void)
{
    fprintf(stderr, "usage: bench --unix PATH [--tcp HOST:PORT] [--slow PATH] [--library FILE]\n"
                    "             [--json FILE] [--scale NUMBER] [--only PART] [--label TEXT]\n"
                    "parts: calls async payloads life local starvation growth\n");
    return 2;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(const struct options *);
    } parts[] = {
        {"calls", bench_calls}, {"async", bench_async}, {"payloads", bench_payloads},
        {"life", bench_life},   {"local", bench_local}, {"starvation", bench_starvation},
        {"growth", bench_growth},
    };
    struct options options = {NULL, NULL, NULL, NULL, 1.0};
    const char *json = NULL, *only = NULL, *label = "";
    for (int i = 1; i + 1 < argc; i += 2) {
        const char *value = argv[i + 1];
        if (strcmp(argv[i], "--unix") == 0)
            options.unix_path = value;
        else if (strcmp(argv[i], "--tcp") == 0)
            options.tcp_address = value;
        else if (strcmp(argv[i], "--slow") == 0)
            options.slow_path = value;
        else if (strcmp(argv[i], "--library") == 0)
            options.library = value;
        else if (strcmp(argv[i], "--json") == 0)
            json = value;
        else if (strcmp(argv[i], "--scale") == 0)
            options.scale = atof(value);
        else if (strcmp(argv[i], "--only") == 0)
            only = value;
        else if (strcmp(argv[i], "--label") == 0)
            label = value;
        else
            return usage();
    }
    if (argc % 2 == 0 || options.unix_path == NULL)
        return usage();
    report_open(json, label);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (only == NULL || strcmp(only, parts[i].name) == 0)
            parts[i].run(&options);
    report_close();
    return 0;
}
