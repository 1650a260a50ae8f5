/* How to find the services in the network's directory document.
 *
 *   $ howto_02_discover_services thinclient.toml echo
 *   the document of epoch ... has ... of echo:
 *     ... ...
 *     ... ...
 *     ... ...
 *   one at random: ... ...
 *   $ howto_02_discover_services thinclient.toml teapot
 *   the document of epoch ... has 0 of teapot:
 *   none at random: KPC_ERR_SERVICE_NOT_FOUND
 *
 * Boxes need no service: the daemon picks the couriers. */
#include "example.h"

/* A service is a node, named by the hash of its key, and a queue there. */
static void put_service(const char *before, const kpc_service *service)
{
    printf("%s%02x%02x%02x%02x... %.*s\n", before, service->node.bytes[0], service->node.bytes[1],
           service->node.bytes[2], service->node.bytes[3], (int)service->queue_len,
           (const char *)service->queue);
}

int main(int argc, char **argv)
{
    kpc_error *error = NULL;
    kpc_pki_document *document = NULL;
    kpc_services *services = NULL;
    kpc_service service;
    kpc_client *client;
    kpc_status status;
    size_t i, count;

    need(argc == 3, "usage: howto_02_discover_services THINCLIENT.TOML SERVICE");
    client = example_connect(argv[1]);

    /* The document stays as it is, whatever the client learns later. */
    must(kpc_client_pki_document(client, &document, &error), &error, "the document");
    must(kpc_pki_document_find_services(document, argv[2], &services, &error), &error, "services");
    count = kpc_services_count(services);
    printf("the document of epoch %llu has %u of %s:\n",
           (unsigned long long)kpc_pki_document_epoch(document), (unsigned)count, argv[2]);
    for (i = 0; i < count; i++) {
        kpc_buffer *name = NULL;
        char before[80];
        must(kpc_services_at(services, i, &service, &error), &error, "a service");
        must(kpc_services_name_at(services, i, &name, &error), &error, "a name");
        snprintf(before, sizeof before, "  %s ", (const char *)kpc_buffer_data(name));
        put_service(before, &service);
        kpc_buffer_free(name);
    }
    kpc_services_free(services);
    kpc_pki_document_free(document);

    /* What most programs want: any one of them, each as likely as the others. */
    status = kpc_client_get_service(client, argv[2], &service, &error);
    if (status == KPC_ERR_SERVICE_NOT_FOUND) {
        printf("none at random: %s\n", kpc_status_name(status));
        kpc_error_free(error);
    } else {
        must(status, &error, "a service");
        put_service("one at random: ", &service);
    }

    example_leave(client);
    return 0;
}
