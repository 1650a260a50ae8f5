/* Couriers, waiting for any reply, and events as text. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_copies.h"

/* How many there are; the caller's list. */
static size_t all_couriers(kpc_services **all)
{
    OK(kpc_client_couriers(client, all, &error));
    return kpc_services_count(*all);
}

/* All that offer to be one, in the order of the document. */
static void client_couriers(void)
{
    kpc_services *all = NULL, *offered = NULL;
    kpc_service one, other;
    size_t i, count = all_couriers(&all);

    CHECK(count >= 3);
    OK(kpc_client_get_services(client, "courier", &offered, &error));
    CHECK(kpc_services_count(offered) == count);
    for (i = 0; i < count; i++) {
        OK(kpc_services_at(all, i, &one, &error));
        OK(kpc_services_at(offered, i, &other, &error));
        CHECK(memcmp(&one, &other, sizeof one) == 0);
    }
    kpc_services_free(offered);
    kpc_services_free(all);
}

/* As many as are wanted, no two on one node, in an order of chance. */
static void client_distinct_couriers(void)
{
    kpc_services *all = NULL, *some = NULL;
    kpc_service one, other, first;
    size_t i, k, count = all_couriers(&all);
    int round, moved = 0;

    OK(kpc_client_distinct_couriers(client, count, &some, &error));
    CHECK(kpc_services_count(some) == count);
    for (i = 0; i < count; i++) {
        OK(kpc_services_at(some, i, &one, &error));
        for (k = 0; k < i; k++) {
            OK(kpc_services_at(some, k, &other, &error));
            CHECK(memcmp(&one.node, &other.node, sizeof one.node) != 0);
        }
    }
    OK(kpc_services_at(some, 0, &first, &error));
    kpc_services_free(some);
    /* The same one of three is first 200 times in a row with a chance of 3^-200. */
    for (round = 0; round < 200; round++) {
        OK(kpc_client_distinct_couriers(client, 2, &some, &error));
        CHECK(kpc_services_count(some) == 2);
        OK(kpc_services_at(some, 0, &one, &error));
        moved |= memcmp(&one, &first, sizeof one) != 0;
        kpc_services_free(some);
    }
    CHECK(moved);
    OK(kpc_client_distinct_couriers(client, 0, &some, &error));
    CHECK(kpc_services_count(some) == 0);
    kpc_services_free(some);
    ERROR(KPC_ERR_NOT_ENOUGH_COURIERS, kpc_client_distinct_couriers(client, count + 1, &some, &error));
    ERROR(KPC_ERR_NOT_ENOUGH_COURIERS, kpc_client_distinct_couriers(client, (size_t)-1, &some, &error));
    CHECK(some == NULL);
    kpc_services_free(all);
}

/* One of them, another one each time. */
static void client_courier(void)
{
    kpc_services *all = NULL;
    kpc_service one, first, other;
    size_t i, k, count = all_couriers(&all);
    int round, moved = 0;

    OK(kpc_client_courier(client, &first, &error));
    for (round = 0; round < 200; round++) {
        OK(kpc_client_courier(client, &one, &error));
        for (i = k = 0; i < count; i++) {
            OK(kpc_services_at(all, i, &other, &error));
            k += memcmp(&one, &other, sizeof one) == 0;
        }
        CHECK(k == 1);
        moved |= memcmp(&one, &first, sizeof one) != 0;
    }
    CHECK(moved);
    kpc_services_free(all);
}

/* A courier is described by a node of the document and by its queue there. */
static void service(void)
{
    kpc_pki_document *document = NULL;
    kpc_services *all = NULL;
    kpc_service one;
    size_t i, count = all_couriers(&all);

    OK(kpc_client_pki_document(client, &document, &error));
    for (i = 0; i < count; i++) {
        OK(kpc_services_at(all, i, &one, &error));
        CHECK(kpc_pki_document_has_identity(document, &one.node));
        CHECK(one.queue_len == strlen("courier") && memcmp(one.queue, "courier", one.queue_len) == 0);
        CHECK(kpc_test_filled(one.queue + one.queue_len, 0, sizeof one.queue - one.queue_len));
    }
    kpc_pki_document_free(document);
    kpc_services_free(all);
}

static void any_reply(void)
{
    kpc_service echo;
    kpc_id surb;

    OK(kpc_client_get_service(client, "echo", &echo, &error));
    ERROR(KPC_ERR_TIMEOUT, kpc_await_message_reply(client, KPC_NO_WAIT, &error));
    ERROR(KPC_ERR_TIMEOUT, kpc_await_message_reply(client, 20, &error));
    OK(kpc_new_surb_id(&surb, &error));
    OK(kpc_send_message(client, &surb, &echo, (const uint8_t *)"ping", 4, NULL, &error));
    OK(kpc_await_message_reply(client, KPC_SOON, &error));
    OK(kpc_new_surb_id(&surb, &error));
    OK(kpc_send_message(client, &surb, &echo, (const uint8_t *)"ping", 4, NULL, &error));
    ASYNC(kpc_await_message_reply_async(client, KPC_SOON, NULL, &op, &error),
          kpc_await_message_reply_result(result, &error));
    ERROR(KPC_ERR_TIMEOUT, kpc_await_message_reply(client, KPC_NO_WAIT, &error));
}

/* Every event that is there is one line. */
static void described(void)
{
    kpc_event_sink *sink = NULL;
    kpc_event *event = NULL;
    kpc_buffer *text = NULL;
    kpc_hash hash;
    int count = 0;

    OK(kpc_event_sink_open(client, 16, &sink, &error));
    while (kpc_event_sink_next(sink, KPC_NO_WAIT, &event, NULL) == KPC_OK) {
        OK(kpc_event_describe(event, &text, &error));
        CHECK(kpc_buffer_len(text) > 0 && strchr((const char *)kpc_buffer_data(text), '\n') == NULL);
        CHECK(strlen((const char *)kpc_buffer_data(text)) == kpc_buffer_len(text));
        kpc_buffer_free(text);
        ERROR(KPC_ERR_ARG_VALUE, kpc_event_stream(event, &hash, &error));
        ERROR(KPC_ERR_ARG_VALUE, kpc_event_courier(event, &hash, &error));
        CHECK(kpc_event_boxes_written(event) == 0 && kpc_event_boxes_needed(event) == 0);
        CHECK(!kpc_event_is_copying(event));
        kpc_event_free(event);
        count++;
    }
    CHECK(count >= 2);
    kpc_event_sink_free(sink);
}

int main(void)
{
    kpc_sim_start(&sim, "--instant");
    client = kpc_sim_connected(&sim);
    client_couriers();
    client_distinct_couriers();
    client_courier();
    service();
    any_reply();
    described();
    kpc_client_free(client);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
