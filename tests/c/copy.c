/* Copy commands: with a courier of the library's choice and with one's own, their failures, time
 * limits and cancels; and payloads through a path of couriers. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_copies.h"

static void stream_for(const kpc_test_stream *to, const kpc_test_stream *temporary, const uint8_t *payload,
                       size_t size, bool with_end)
{
    kpc_stream_elements *made = NULL;
    kpc_box_index at = temporary->first;
    OK(kpc_create_courier_envelopes_from_payload(client, payload, size, &to->writer, &to->first, true, with_end,
                                                 KPC_SOON, &made, &error));
    kpc_copies_write(temporary, &at, made);
}

static void start_resending_copy_command(void)
{
    kpc_test_stream to = kpc_test_stream_of(1), temporary = kpc_test_stream_of(2);
    uint8_t *payload = kpc_copies_payload(4000);
    stream_for(&to, &temporary, payload, 4000, true);
    kpc_copies_perform(&temporary);
    CHECK(kpc_copies_arrived(&to, payload, 4000));
    /* The courier remembers; once more is no failure. */
    ASYNC(kpc_start_resending_copy_command_async(client, &temporary.writer, NULL, KPC_SOON, NULL, &op, &error),
          kpc_start_resending_copy_command_result(result, &error));
    free(payload);
}

static void start_resending_copy_command_with_courier(void)
{
    kpc_test_stream to = kpc_test_stream_of(3), temporary = kpc_test_stream_of(4);
    uint8_t *payload = kpc_copies_payload(100);
    kpc_service courier, half;

    OK(kpc_client_courier(client, &courier, &error));
    stream_for(&to, &temporary, payload, 100, true);
    half = courier;
    half.queue_len = 0;
    ERROR(KPC_ERR_ARG_PAIR, kpc_start_resending_copy_command_with_courier(client, &temporary.writer, &half,
                                                                          KPC_SOON, &error));
    half = courier;
    memset(&half.node, 0, sizeof half.node);
    ERROR(KPC_ERR_ARG_PAIR,
          kpc_start_resending_copy_command(client, &temporary.writer, &half, KPC_SOON, &error));
    memset(&half.node, 5, sizeof half.node);
    ERROR(KPC_ERR_SERVICE_NOT_FOUND,
          kpc_start_resending_copy_command(client, &temporary.writer, &half, KPC_SOON, &error));
    OK(kpc_start_resending_copy_command_with_courier(client, &temporary.writer, &courier, KPC_SOON, &error));
    ASYNC(kpc_start_resending_copy_command_with_courier_async(client, &temporary.writer, &courier, KPC_SOON,
                                                              NULL, &op, &error),
          kpc_start_resending_copy_command_with_courier_result(result, &error));
    CHECK(kpc_copies_arrived(&to, payload, 100));
    free(payload);
}

static void err_copy_failed(void)
{
    kpc_test_stream to = kpc_test_stream_of(5), temporary = kpc_test_stream_of(6);
    uint8_t *payload = kpc_copies_payload(4000);
    kpc_box_index second = kpc_copies_ahead(&to.first, 1);
    kpc_buffer *nothing = NULL;
    kpc_status cause = KPC_OK;

    OK(kpc_write_box(client, &to.writer, &second, payload, 3, 0, KPC_SOON, &second, &error));
    stream_for(&to, &temporary, payload, 4000, true);
    STATUS(KPC_ERR_COPY_FAILED,
           kpc_start_resending_copy_command(client, &temporary.writer, NULL, KPC_SOON, &error));
    CHECK(kpc_error_failed_envelope(error) == 2);
    CHECK(kpc_error_replica_code(error) == 10);
    STATUS(KPC_OK, kpc_status_from_wire(KPC_REPLY_REPLICA_CODE, (uint8_t)kpc_error_replica_code(error), &cause,
                                        NULL));
    STATUS(KPC_ERR_BOX_ALREADY_EXISTS, cause);
    CHECK(kpc_status_category(KPC_ERR_COPY_FAILED) == KPC_CATEGORY_COPY);
    kpc_error_free(error);
    error = NULL;
    /* What came before it stays, and nothing came after it. */
    CHECK(kpc_copies_arrived(&to, payload, KPC_CHUNK));
    second = kpc_copies_ahead(&to.first, 2);
    ERROR(KPC_ERR_BOX_ID_NOT_FOUND, kpc_read_box(client, &to.reader, &second, KPC_START_NO_RETRY, KPC_SOON,
                                                 &nothing, &second, &error));
    CHECK(nothing == NULL);
    free(payload);
}

/* A courier would read on for ever. */
static void cancel_resending_copy_command(void)
{
    kpc_test_stream to = kpc_test_stream_of(7), temporary = kpc_test_stream_of(8);
    kpc_result *result;
    kpc_op op = 0;
    kpc_hash hash;

    stream_for(&to, &temporary, (const uint8_t *)"x", 1, false);
    ERROR(KPC_ERR_TIMEOUT, kpc_start_resending_copy_command(client, &temporary.writer, NULL, 200, &error));
    CHECK(kpc_sim_until(&sim, "arq_entries", 0));
    OK(kpc_start_resending_copy_command_async(client, &temporary.writer, NULL, KPC_FOREVER, NULL, &op, &error));
    CHECK(kpc_sim_until(&sim, "arq_entries", 1));
    ERROR(KPC_ERR_BUSY, kpc_start_resending_copy_command(client, &temporary.writer, NULL, KPC_SOON, &error));
    STATUS(KPC_OK, kpc_write_cap_hash(&temporary.writer, &hash, NULL));
    OK(kpc_cancel_resending_copy_command(client, &hash, KPC_SOON, &error));
    result = WAIT_FOR(client, op);
    ERROR(KPC_ERR_START_RESENDING_CANCELLED, kpc_start_resending_copy_command_result(result, &error));
    kpc_result_free(result);
    CHECK(kpc_sim_until(&sim, "arq_entries", 0));
}

static void send_nested_copy(void)
{
    kpc_test_stream to = kpc_test_stream_of(9);
    uint8_t *payload = kpc_copies_payload(3000);
    kpc_services *couriers = NULL;
    kpc_service path[3];
    kpc_box_index next, expected = kpc_copies_ahead(&to.first, 2);
    size_t i;

    OK(kpc_client_distinct_couriers(client, 3, &couriers, &error));
    for (i = 0; i < 3; i++) {
        OK(kpc_services_at(couriers, i, &path[i], &error));
    }
    kpc_services_free(couriers);
    OK(kpc_send_nested_copy(client, payload, 3000, &to.writer, &to.first, path, 3, KPC_SOON, &next, &error));
    CHECK(kpc_copies_same(&next, &expected));
    CHECK(kpc_copies_arrived(&to, payload, 3000));

    to = kpc_test_stream_of(10);
    ASYNC(kpc_send_nested_copy_async(client, payload, 10, &to.writer, &to.first, path, 1, KPC_SOON, NULL, &op,
                                     &error),
          kpc_send_nested_copy_result(result, NULL, &error));
    CHECK(kpc_copies_arrived(&to, payload, 10));
    next = to.first;
    ERROR(KPC_ERR_ARG_EMPTY, kpc_send_nested_copy(client, payload, 10, &to.writer, &next, path, 0, KPC_SOON,
                                                  &next, &error));
    CHECK(kpc_copies_same(&next, &to.first));
    ERROR(KPC_ERR_ARG_EMPTY, kpc_send_nested_copy(client, NULL, 0, &to.writer, &to.first, path, 1, KPC_SOON,
                                                  NULL, &error));
    path[1].queue_len = 0;
    ERROR(KPC_ERR_ARG_PAIR, kpc_send_nested_copy(client, payload, 10, &to.writer, &to.first, path, 2, KPC_SOON,
                                                 NULL, &error));
    path[1].queue_len = KPC_QUEUE_ID_MAX_SIZE + 1;
    ERROR(KPC_ERR_ARG_SIZE, kpc_send_nested_copy(client, payload, 10, &to.writer, &to.first, path, 2, KPC_SOON,
                                                 NULL, &error));
    free(payload);
}

int main(void)
{
    kpc_sim_start(&sim, "--instant");
    client = kpc_sim_connected(&sim);
    start_resending_copy_command();
    start_resending_copy_command_with_courier();
    err_copy_failed();
    cancel_resending_copy_command();
    send_nested_copy();
    kpc_client_free(client);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
