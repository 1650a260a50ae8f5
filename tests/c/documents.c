/* Directory documents, services, geometries, and what is asked of the daemon that it computes. */
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

static void the_document(void)
{
    kpc_pki_document *document = NULL, *earlier = NULL;
    kpc_buffer *text = NULL, *cbor = NULL;
    kpc_services *services = NULL;
    kpc_service service;
    kpc_hash nobody;
    const char *json;
    uint64_t epoch;

    OK(kpc_client_pki_document(client, &document, &error));
    epoch = kpc_pki_document_epoch(document);
    CHECK(epoch != 0 && kpc_pki_document_lambda_p(document) > 0);
    OK(kpc_pki_document_to_json(document, &text, &error));
    json = (const char *)kpc_buffer_data(text);
    CHECK(strlen(json) == kpc_buffer_len(text) && json[0] == '{' && strstr(json, "echo") != NULL);
    OK(kpc_pki_document_cbor(document, &cbor, &error));
    CHECK(kpc_buffer_len(cbor) > 1000);

    OK(kpc_pki_document_find_services(document, "echo", &services, &error));
    CHECK(kpc_services_count(services) >= 1);
    OK(kpc_services_at(services, 0, &service, &error));
    CHECK(kpc_pki_document_has_identity(document, &service.node));
    memset(&nobody, 1, sizeof nobody);
    CHECK(!kpc_pki_document_has_identity(document, &nobody));
    kpc_services_free(services);
    OK(kpc_pki_document_find_services(document, "no such service", &services, &error));
    CHECK(kpc_services_count(services) == 0);
    ERROR(KPC_ERR_ARG_VALUE, kpc_services_at(services, 0, &service, &error));
    kpc_services_free(services);

    /* The next one comes by itself; this one stays as it is, and can be asked for. */
    kpc_sim_say(&sim, "epoch-advance");
    {
        uint64_t now = epoch;
        int64_t end = kpc_test_now_ms() + KPC_SOON;
        while (now == epoch && kpc_test_now_ms() < end) {
            kpc_pki_document *current = NULL;
            OK(kpc_client_pki_document(client, &current, &error));
            now = kpc_pki_document_epoch(current);
            kpc_pki_document_free(current);
            kpc_test_nap();
        }
        CHECK(now == epoch + 1);
    }
    CHECK(kpc_pki_document_epoch(document) == epoch);
    OK(kpc_client_pki_document_for_epoch(client, epoch, &earlier, &error));
    CHECK(kpc_pki_document_epoch(earlier) == epoch);
    kpc_pki_document_free(earlier);
    OK(kpc_client_pki_document_for_epoch(client, 1, &earlier, &error));
    CHECK(kpc_pki_document_epoch(earlier) == epoch + 1);
    kpc_pki_document_free(earlier);
    kpc_pki_document_free(document);
    /* Texts and bytes live on their own. */
    CHECK(kpc_buffer_len(cbor) > 1000 && strlen((const char *)kpc_buffer_data(text)) > 1000);
    kpc_buffer_free(text);
    kpc_buffer_free(cbor);
}

static void services(void)
{
    kpc_services *couriers = NULL;
    kpc_service one, chosen;
    kpc_buffer *name = NULL;
    size_t i, count;
    int seen[64] = {0}, round, different = 0;

    OK(kpc_client_get_services(client, "courier", &couriers, &error));
    count = kpc_services_count(couriers);
    CHECK(count >= 2 && count <= 64);
    for (i = 0; i < count; i++) {
        OK(kpc_services_at(couriers, i, &one, &error));
        CHECK(one.queue_len >= 1 && one.queue_len <= KPC_QUEUE_ID_MAX_SIZE);
        OK(kpc_services_name_at(couriers, i, &name, &error));
        CHECK(kpc_buffer_len(name) == strlen((const char *)kpc_buffer_data(name)));
        kpc_buffer_free(name);
    }
    ERROR(KPC_ERR_ARG_VALUE, kpc_services_at(couriers, count, &one, &error));
    CHECK(kpc_test_filled(&one, 0, sizeof one));
    ERROR(KPC_ERR_ARG_VALUE, kpc_services_name_at(couriers, SIZE_MAX, &name, &error));

    /* One is chosen by chance: two couriers are missed 200 times with a chance of 2^-199. */
    for (round = 0; round < 200; round++) {
        OK(kpc_client_get_service(client, "courier", &chosen, &error));
        for (i = 0; i < count; i++) {
            OK(kpc_services_at(couriers, i, &one, &error));
            seen[i] |= same(&one, &chosen, sizeof one.node);
        }
    }
    for (i = 0; i < count; i++) {
        different += seen[i];
    }
    CHECK(different >= 2);
    kpc_services_free(couriers);
    ERROR(KPC_ERR_SERVICE_NOT_FOUND, kpc_client_get_service(client, "no such service", &chosen, &error));
    ERROR(KPC_ERR_SERVICE_NOT_FOUND, kpc_client_get_services(client, "", &couriers, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_client_get_services(client, "\xc3\x28", &couriers, &error));
    CHECK(couriers == NULL);
}

static void geometries(void)
{
    kpc_sphinx_geometry sphinx;
    kpc_pigeonhole_geometry boxes;
    OK(kpc_client_sphinx_geometry(client, &sphinx, &error));
    OK(kpc_sphinx_geometry_validate(&sphinx, &error));
    OK(kpc_client_pigeonhole_geometry(client, &boxes, &error));
    OK(kpc_pigeonhole_geometry_validate(&boxes, &error));
    CHECK(sphinx.nr_hops >= 3 && boxes.max_plaintext_payload_length > 500);
    CHECK(kpc_client_supports(client, "get_pki_document_reply"));
    CHECK(!kpc_client_supports(client, "no_such_reply"));
    CHECK(!kpc_client_supports(client, NULL) && !kpc_client_supports(client, "\xff"));
}

static kpc_result *wait_for(kpc_op op)
{
    kpc_result *result = NULL;
    CHECK(op != 0);
    OK(kpc_op_wait(client, op, KPC_SOON, &result, &error));
    return result;
}

/* The daemon computes what the library computes. */
static void computed_by_the_daemon(void)
{
    uint8_t seed[KPC_SEED_SIZE];
    kpc_test_stream local = kpc_test_stream_of(5), remote;
    kpc_box_index next, expected;
    uint64_t counter = 0, known = 1;
    kpc_result *result;
    kpc_op op = 0;
    int round;

    memset(seed, 5, sizeof seed);
    for (round = 0; round < 2; round++) {
        memset(&remote, 0, sizeof remote);
        if (round == 0) {
            OK(kpc_new_keypair_remote(client, seed, sizeof seed, KPC_SOON, &remote.writer, &remote.reader,
                                      &remote.first, &error));
            OK(kpc_next_message_box_index_remote(client, &local.first, KPC_SOON, &next, &error));
            OK(kpc_get_message_box_index_counter_remote(client, &local.first, KPC_SOON, &counter, &error));
        } else {
            OK(kpc_new_keypair_remote_async(client, seed, sizeof seed, KPC_SOON, NULL, &op, &error));
            result = wait_for(op);
            OK(kpc_new_keypair_remote_result(result, &remote.writer, &remote.reader, &remote.first, &error));
            kpc_result_free(result);
            OK(kpc_next_message_box_index_remote_async(client, &local.first, KPC_SOON, NULL, &op, &error));
            result = wait_for(op);
            OK(kpc_next_message_box_index_remote_result(result, &next, &error));
            kpc_result_free(result);
            OK(kpc_get_message_box_index_counter_remote_async(client, &local.first, KPC_SOON, NULL, &op, &error));
            result = wait_for(op);
            OK(kpc_get_message_box_index_counter_remote_result(result, &counter, &error));
            kpc_result_free(result);
        }
        CHECK(same(&remote, &local, sizeof local));
        OK(kpc_next_message_box_index(&local.first, &expected, &error));
        CHECK(same(&next, &expected, sizeof next));
        OK(kpc_get_message_box_index_counter(&local.first, &known, &error));
        CHECK(counter == known);
    }
}

static void signed_documents(void)
{
    kpc_buffer *first = NULL, *second = NULL;
    uint64_t epoch = 0, again = 0;
    kpc_result *result;
    kpc_op op = 0;

    OK(kpc_get_pki_document_raw(client, 0, KPC_SOON, &first, &epoch, &error));
    CHECK(kpc_buffer_len(first) > 1000 && epoch > 1);
    OK(kpc_get_pki_document_raw_async(client, epoch, KPC_SOON, NULL, &op, &error));
    result = wait_for(op);
    OK(kpc_get_pki_document_raw_result(result, &second, &again, &error));
    CHECK(again == epoch && kpc_buffer_len(second) == kpc_buffer_len(first));
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
    result = wait_for(op);
    OK(kpc_client_connect_result(result, &error));
    kpc_result_free(result);
    the_document();
    services();
    geometries();
    computed_by_the_daemon();
    signed_documents();
    kpc_client_free(client);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
