/* Directory documents and the services in them. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

static kpc_error *error;
static kpc_sim sim;
static kpc_client *client;

static int same(const void *a, const void *b, size_t size)
{
    return memcmp(a, b, size) == 0;
}

/* The current document, which stays as it is while the client gets another one. */
static void client_pki_document(void)
{
    kpc_pki_document *document = NULL, *again = NULL;
    kpc_buffer *cbor = NULL, *more = NULL;

    OK(kpc_client_pki_document(client, &document, &error));
    OK(kpc_client_pki_document(client, &again, &error));
    CHECK(kpc_pki_document_epoch(document) != 0);
    CHECK(kpc_pki_document_epoch(document) == kpc_pki_document_epoch(again));
    CHECK(kpc_pki_document_lambda_p(document) > 0);
    OK(kpc_pki_document_cbor(document, &cbor, &error));
    OK(kpc_pki_document_cbor(again, &more, &error));
    kpc_pki_document_free(document);
    kpc_pki_document_free(document);
    CHECK(kpc_pki_document_epoch(document) == 0 && kpc_pki_document_epoch(again) != 0);
    kpc_pki_document_free(again);
    /* Bytes live on their own. */
    CHECK(kpc_buffer_len(cbor) > 1000 && kpc_buffer_len(cbor) == kpc_buffer_len(more));
    CHECK(same(kpc_buffer_data(cbor), kpc_buffer_data(more), kpc_buffer_len(cbor)));
    kpc_buffer_free(cbor);
    kpc_buffer_free(more);
}

/* Waits until the client has the document of this epoch. */
static int has_epoch(uint64_t epoch)
{
    int64_t end = kpc_test_now_ms() + KPC_SOON;
    uint64_t now = 0;
    while (now != epoch && kpc_test_now_ms() < end) {
        kpc_pki_document *current = NULL;
        OK(kpc_client_pki_document(client, &current, &error));
        now = kpc_pki_document_epoch(current);
        kpc_pki_document_free(current);
        kpc_test_nap();
    }
    return now == epoch;
}

/* Earlier ones are kept for a while; for what is not there one gets the current one, and sees it. */
static void client_pki_document_for_epoch(void)
{
    kpc_pki_document *document = NULL, *earlier = NULL;
    uint64_t epoch, asked;

    OK(kpc_client_pki_document(client, &document, &error));
    epoch = kpc_pki_document_epoch(document);
    kpc_sim_say(&sim, "epoch-advance");
    CHECK(has_epoch(epoch + 1));
    kpc_sim_say(&sim, "epoch-advance");
    CHECK(has_epoch(epoch + 2));
    CHECK(kpc_pki_document_epoch(document) == epoch);
    kpc_pki_document_free(document);
    for (asked = epoch; asked <= epoch + 2; asked++) {
        OK(kpc_client_pki_document_for_epoch(client, asked, &earlier, &error));
        CHECK(kpc_pki_document_epoch(earlier) == asked);
        kpc_pki_document_free(earlier);
    }
    OK(kpc_client_pki_document_for_epoch(client, 1, &earlier, &error));
    CHECK(kpc_pki_document_epoch(earlier) == epoch + 2);
    kpc_pki_document_free(earlier);
}

static void pki_document_to_json(void)
{
    kpc_pki_document *document = NULL;
    kpc_buffer *text = NULL;
    const char *json;
    char epoch[40];

    OK(kpc_client_pki_document(client, &document, &error));
    OK(kpc_pki_document_to_json(document, &text, &error));
    json = (const char *)kpc_buffer_data(text);
    snprintf(epoch, sizeof epoch, "\"Epoch\": %llu", (unsigned long long)kpc_pki_document_epoch(document));
    kpc_pki_document_free(document);
    CHECK(strlen(json) == kpc_buffer_len(text) && kpc_buffer_len(text) > 1000);
    CHECK(json[0] == '{' && json[strlen(json) - 1] == '}');
    /* With the descriptors of the nodes, which are bytes in bytes in the document. */
    CHECK(strstr(json, epoch) != NULL && strstr(json, "\"echo\"") != NULL);
    CHECK(strstr(json, "\"IdentityKey\"") != NULL);
    kpc_buffer_free(text);
}

static void pki_document_find_services(void)
{
    kpc_pki_document *document = NULL;
    kpc_services *services = NULL;
    kpc_service service;
    kpc_hash nobody;

    OK(kpc_client_pki_document(client, &document, &error));
    OK(kpc_pki_document_find_services(document, "echo", &services, &error));
    CHECK(kpc_services_count(services) >= 1);
    OK(kpc_services_at(services, 0, &service, &error));
    CHECK(kpc_pki_document_has_identity(document, &service.node));
    memset(&nobody, 1, sizeof nobody);
    CHECK(!kpc_pki_document_has_identity(document, &nobody));
    kpc_services_free(services);
    /* To find nothing is no failure here. */
    OK(kpc_pki_document_find_services(document, "no such service", &services, &error));
    CHECK(kpc_services_count(services) == 0);
    ERROR(KPC_ERR_ARG_VALUE, kpc_services_at(services, 0, &service, &error));
    kpc_services_free(services);
    kpc_pki_document_free(document);
}

static void client_get_services(void)
{
    kpc_services *couriers = NULL;
    kpc_service one, other;
    size_t i, k, count;

    OK(kpc_client_get_services(client, "courier", &couriers, &error));
    count = kpc_services_count(couriers);
    CHECK(count >= 2);
    for (i = 0; i < count; i++) {
        OK(kpc_services_at(couriers, i, &one, &error));
        CHECK(one.queue_len >= 1 && one.queue_len <= KPC_QUEUE_ID_MAX_SIZE);
        for (k = 0; k < i; k++) {
            OK(kpc_services_at(couriers, k, &other, &error));
            CHECK(!same(&one, &other, sizeof one));
        }
    }
    ERROR(KPC_ERR_ARG_VALUE, kpc_services_at(couriers, count, &one, &error));
    CHECK(kpc_test_filled(&one, 0, sizeof one));
    kpc_services_free(couriers);
    kpc_services_free(couriers);
    CHECK(kpc_services_count(couriers) == 0);
    ERROR(KPC_ERR_SERVICE_NOT_FOUND, kpc_client_get_services(client, "no such service", &couriers, &error));
    ERROR(KPC_ERR_SERVICE_NOT_FOUND, kpc_client_get_services(client, "", &couriers, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_client_get_services(client, "\xc3\x28", &couriers, &error));
    CHECK(couriers == NULL);
}

/* One is chosen by chance: of two or more, 200 times the same with a chance of 2^-199. */
static void client_get_service(void)
{
    kpc_services *couriers = NULL;
    kpc_service one, chosen;
    int seen[64] = {0}, round, different = 0;
    size_t i, count;

    OK(kpc_client_get_services(client, "courier", &couriers, &error));
    count = kpc_services_count(couriers);
    CHECK(count >= 2 && count <= 64);
    for (round = 0; round < 200; round++) {
        int known = 0;
        OK(kpc_client_get_service(client, "courier", &chosen, &error));
        for (i = 0; i < count; i++) {
            int it;
            OK(kpc_services_at(couriers, i, &one, &error));
            it = same(&one, &chosen, sizeof one);
            seen[i] |= it;
            known |= it;
        }
        CHECK(known);
    }
    for (i = 0; i < count; i++) {
        different += seen[i];
    }
    CHECK(different >= 2);
    kpc_services_free(couriers);
    ERROR(KPC_ERR_SERVICE_NOT_FOUND, kpc_client_get_service(client, "no such service", &chosen, &error));
    CHECK(kpc_test_filled(&chosen, 0, sizeof chosen));
}

/* Each is described by the name of its node, and by where messages to it go. */
static void services_name_at(void)
{
    kpc_services *couriers = NULL;
    kpc_pki_document *document = NULL;
    kpc_buffer *name = NULL, *json = NULL;
    size_t i;

    OK(kpc_client_get_services(client, "courier", &couriers, &error));
    OK(kpc_client_pki_document(client, &document, &error));
    OK(kpc_pki_document_to_json(document, &json, &error));
    for (i = 0; i < kpc_services_count(couriers); i++) {
        char quoted[80];
        OK(kpc_services_name_at(couriers, i, &name, &error));
        CHECK(kpc_buffer_len(name) > 0 && kpc_buffer_len(name) == strlen((const char *)kpc_buffer_data(name)));
        snprintf(quoted, sizeof quoted, "\"Name\": \"%.60s\"", (const char *)kpc_buffer_data(name));
        CHECK(strstr((const char *)kpc_buffer_data(json), quoted) != NULL);
        kpc_buffer_free(name);
    }
    ERROR(KPC_ERR_ARG_VALUE, kpc_services_name_at(couriers, i, &name, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_services_name_at(couriers, SIZE_MAX, &name, &error));
    CHECK(name == NULL);
    kpc_buffer_free(json);
    kpc_pki_document_free(document);
    kpc_services_free(couriers);
}

/* The destination is the hash of the node's identity key, and the service's queue there. */
static void service(void)
{
    kpc_services *all = NULL;
    kpc_service echo;
    kpc_pki_document *document = NULL;
    kpc_buffer *reply = NULL;

    OK(kpc_client_get_services(client, "echo", &all, &error));
    OK(kpc_services_at(all, 0, &echo, &error));
    CHECK(echo.queue_len == strlen("+echo") && same(echo.queue, "+echo", echo.queue_len));
    CHECK(kpc_test_filled(echo.queue + echo.queue_len, 0, sizeof echo.queue - echo.queue_len));
    OK(kpc_client_pki_document(client, &document, &error));
    CHECK(kpc_pki_document_has_identity(document, &echo.node));
    kpc_pki_document_free(document);
    OK(kpc_send_message_await_reply(client, &echo, (const uint8_t *)"there", 5, KPC_SOON, &reply, &error));
    CHECK(kpc_buffer_len(reply) > 5 && strcmp((const char *)kpc_buffer_data(reply), "there") == 0);
    kpc_buffer_free(reply);
    kpc_services_free(all);
}

/* The document with the signatures of the authorities, of this epoch and of earlier ones. */
static void get_pki_document_raw(void)
{
    kpc_buffer *first = NULL, *second = NULL;
    uint64_t epoch = 0, again = 0;
    kpc_pki_document *current = NULL;
    kpc_result *result;
    kpc_op op = 0;

    OK(kpc_get_pki_document_raw(client, 0, KPC_SOON, &first, &epoch, &error));
    CHECK(kpc_buffer_len(first) > 1000 && epoch > 1);
    OK(kpc_client_pki_document(client, &current, &error));
    CHECK(kpc_pki_document_epoch(current) == epoch);
    kpc_pki_document_free(current);
    OK(kpc_get_pki_document_raw_async(client, epoch, KPC_SOON, NULL, &op, &error));
    result = WAIT_FOR(client, op);
    OK(kpc_get_pki_document_raw_result(result, &second, &again, &error));
    CHECK(again == epoch && kpc_buffer_len(second) == kpc_buffer_len(first));
    CHECK(same(kpc_buffer_data(first), kpc_buffer_data(second), kpc_buffer_len(first)));
    kpc_buffer_free(second);
    OK(kpc_get_pki_document_raw_result(result, &second, NULL, &error));
    kpc_result_free(result);
    kpc_buffer_free(first);
    kpc_buffer_free(second);
    ERROR(KPC_ERR_DAEMON_SERVICE_UNAVAILABLE,
          kpc_get_pki_document_raw(client, 5, KPC_SOON, &first, &epoch, &error));
    CHECK(first == NULL && epoch == 0);
}

int main(void)
{
    kpc_op op = 0;
    kpc_result *result;

    kpc_sim_start(&sim, "--instant --epoch 3600");
    client = kpc_sim_client(&sim);
    OK(kpc_client_connect_async(client, KPC_SOON, NULL, &op, &error));
    result = WAIT_FOR(client, op);
    OK(kpc_client_connect_result(result, &error));
    kpc_result_free(result);
    client_pki_document();
    get_pki_document_raw();
    client_pki_document_for_epoch();
    pki_document_to_json();
    pki_document_find_services();
    client_get_services();
    client_get_service();
    services_name_at();
    service();
    kpc_client_free(client);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
