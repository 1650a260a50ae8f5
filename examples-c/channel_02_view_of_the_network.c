/* How to get a view of the network: the directory document, which names all nodes and services.
 *
 *   $ channel_02_view_of_the_network thinclient.toml
 *   epoch ..., ... bytes of CBOR
 *   ... packets a second at most on average
 *   couriers: ...
 *   as JSON: {...}
 *
 * The daemon keeps the document up to date and sends each new one to its clients. */
#include "example.h"

int main(int argc, char **argv)
{
    kpc_error *error = NULL;
    kpc_pki_document *document = NULL;
    kpc_services *couriers = NULL;
    kpc_buffer *bytes = NULL, *json = NULL;
    kpc_client *client;
    kpc_status status;

    need(argc == 2, "usage: channel_02_view_of_the_network THINCLIENT.TOML");
    client = example_connect(argv[1]);

    /* A daemon that has just started may not have one yet; then there is no use in going on. */
    status = kpc_client_pki_document(client, &document, &error);
    if (status == KPC_ERR_NO_PKI_DOCUMENT) {
        fprintf(stderr, "no document yet; try again in a minute\n");
        return EXIT_FAILURE;
    }
    must(status, &error, "the document");

    /* The document in hand never changes, whatever the client learns meanwhile. */
    must(kpc_pki_document_cbor(document, &bytes, &error), &error, "the document's bytes");
    printf("epoch %llu, %u bytes of CBOR\n",
           (unsigned long long)kpc_pki_document_epoch(document), (unsigned)kpc_buffer_len(bytes));
    kpc_buffer_free(bytes);

    /* LambdaP is a rate per millisecond: how fast the daemon sends, whatever we do. */
    printf("%g packets a second at most on average\n", 1000 * kpc_pki_document_lambda_p(document));

    must(kpc_pki_document_find_services(document, "courier", &couriers, &error), &error,
         "the couriers");
    printf("couriers: %u\n", (unsigned)kpc_services_count(couriers));
    kpc_services_free(couriers);

    must(kpc_pki_document_to_json(document, &json, &error), &error, "the document as JSON");
    printf("as JSON: %.1s...%.1s\n", (const char *)kpc_buffer_data(json),
           (const char *)kpc_buffer_data(json) + kpc_buffer_len(json) - 1);
    kpc_buffer_free(json);

    kpc_pki_document_free(document);
    example_leave(client);
    return 0;
}
