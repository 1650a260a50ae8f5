/* How to get a random instance of a service: the node it is on, and its queue there.
 *
 *   $ channel_03_random_service thinclient.toml
 *   echo on node ..., queue ...
 *   it is one of the document's ... echo services
 *   teapot: KPC_ERR_SERVICE_NOT_FOUND
 *
 * All instances do the same. A random one is chosen each time, which spreads the load. */
#include "example.h"

/* Whether two services are the same queue on the same node. */
static int same(const kpc_service *a, const kpc_service *b)
{
    return memcmp(a->node.bytes, b->node.bytes, sizeof a->node.bytes) == 0 &&
           a->queue_len == b->queue_len && memcmp(a->queue, b->queue, a->queue_len) == 0;
}

int main(int argc, char **argv)
{
    kpc_error *error = NULL;
    kpc_services *all = NULL;
    kpc_service echo, other;
    kpc_client *client;
    kpc_status status;
    size_t i, count;
    int found = 0;

    need(argc == 2, "usage: channel_03_random_service THINCLIENT.TOML");
    client = example_connect(argv[1]);

    /* These two values are all that sending needs: see channel_05. */
    must(kpc_client_get_service(client, "echo", &echo, &error), &error, "an echo service");
    printf("echo on node %02x%02x%02x%02x..., queue %.*s\n", echo.node.bytes[0],
           echo.node.bytes[1], echo.node.bytes[2], echo.node.bytes[3], (int)echo.queue_len,
           (const char *)echo.queue);

    /* Or all of them, to choose by another rule. */
    must(kpc_client_get_services(client, "echo", &all, &error), &error, "all echo services");
    count = kpc_services_count(all);
    for (i = 0; i < count; i++) {
        must(kpc_services_at(all, i, &other, &error), &error, "a service");
        found |= same(&echo, &other);
    }
    kpc_services_free(all);
    need(found, "the service is not in the document");
    printf("it is one of the document's %u echo services\n", (unsigned)count);

    /* What nobody offers is an error of its own, and no reason to end the program. */
    status = kpc_client_get_service(client, "teapot", &other, &error);
    printf("teapot: %s\n", kpc_status_name(status));
    kpc_error_free(error);

    example_leave(client);
    return 0;
}
