/* Elements of copy streams: made in one call and in several, with the buffer between them,
 * performed by a courier, and read back. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_copies.h"

static void one_payload(void)
{
    kpc_test_stream to = kpc_test_stream_of(1), temporary = kpc_test_stream_of(2);
    size_t size = 5000;
    uint8_t *payload = kpc_copies_payload(size);
    kpc_envelopes *made = NULL;
    kpc_box_index next, expected = kpc_copies_ahead(&to.first, 3), at = temporary.first;
    kpc_buffer *element = NULL;

    OK(kpc_create_courier_envelopes_from_payload(client, payload, size, &to.writer, &to.first, true, true,
                                                 KPC_SOON, &made, &error));
    CHECK(kpc_envelopes_count(made) == 4);
    CHECK(kpc_envelopes_buffer(made) == NULL);
    OK(kpc_envelopes_next_index(made, &next, &error));
    CHECK(kpc_copies_same(&next, &expected));
    OK(kpc_envelopes_at(made, 0, &element, &error));
    CHECK(kpc_buffer_len(element) == 1677 && kpc_buffer_data(element)[0] == 1);
    kpc_buffer_free(element);
    OK(kpc_envelopes_at(made, 3, &element, &error));
    CHECK(kpc_buffer_data(element)[0] == 2);
    kpc_buffer_free(element);
    ERROR(KPC_ERR_ARG_VALUE, kpc_envelopes_at(made, 4, &element, &error));
    CHECK(element == NULL);
    kpc_copies_write(&temporary, &at, made);
    kpc_copies_perform(&temporary);
    CHECK(kpc_copies_arrived(&to, payload, size));

    ASYNC(kpc_create_courier_envelopes_from_payload_async(client, payload, size, &to.writer, &to.first, true,
                                                          true, KPC_SOON, NULL, &op, &error),
          kpc_create_courier_envelopes_from_payload_result(result, &made, &error));
    CHECK(kpc_envelopes_count(made) == 4);
    kpc_envelopes_free(made);
    kpc_envelopes_free(made);
    CHECK(kpc_envelopes_count(made) == 0);
    free(payload);
}

static void several_payloads(void)
{
    kpc_test_stream one = kpc_test_stream_of(3), two = kpc_test_stream_of(4), three = kpc_test_stream_of(5);
    kpc_test_stream temporary = kpc_test_stream_of(6);
    kpc_box_index at = temporary.first, next, expected = kpc_copies_ahead(&two.first, 60);
    size_t size = 60 * KPC_CHUNK;
    uint8_t *payload = kpc_copies_payload(size);
    kpc_destination to[2];
    kpc_envelopes *made = NULL;
    kpc_buffer *buffer;

    to[0].write_cap = one.writer;
    to[0].start_index = one.first;
    to[0].payload = payload;
    to[0].payload_len = 1;
    to[1].write_cap = two.writer;
    to[1].start_index = two.first;
    to[1].payload = payload;
    to[1].payload_len = size;
    OK(kpc_create_courier_envelopes_from_multi_payload(client, to, 2, true, false, NULL, 0, KPC_SOON, &made,
                                                       &error));
    OK(kpc_envelopes_next_index_at(made, 1, &next, &error));
    CHECK(kpc_copies_same(&next, &expected));
    ERROR(KPC_ERR_ARG_VALUE, kpc_envelopes_next_index_at(made, 2, &next, &error));
    buffer = kpc_envelopes_buffer(made);
    CHECK(buffer != NULL && kpc_buffer_len(buffer) > 0);
    kpc_copies_write(&temporary, &at, made);

    /* The rest as after a crash: from the buffer, not from the start. */
    to[0].write_cap = three.writer;
    to[0].start_index = three.first;
    ASYNC(kpc_create_courier_envelopes_from_multi_payload_async(client, to, 1, false, true,
                                                                kpc_buffer_data(buffer), kpc_buffer_len(buffer),
                                                                KPC_SOON, NULL, &op, &error),
          kpc_create_courier_envelopes_from_multi_payload_result(result, &made, &error));
    kpc_buffer_free(buffer);
    CHECK(kpc_envelopes_buffer(made) == NULL);
    kpc_copies_write(&temporary, &at, made);
    kpc_copies_perform(&temporary);
    CHECK(kpc_copies_arrived(&one, payload, 1));
    CHECK(kpc_copies_arrived(&two, payload, size));
    CHECK(kpc_copies_arrived(&three, payload, 1));

    /* They are deleted the same way. */
    temporary = kpc_test_stream_of(7);
    at = temporary.first;
    OK(kpc_create_courier_envelopes_from_tombstone_range(client, &two.writer, &two.first, 30, true, false, NULL,
                                                         0, KPC_SOON, &made, &error));
    OK(kpc_envelopes_next_index(made, &next, &error));
    buffer = kpc_envelopes_buffer(made);
    kpc_copies_write(&temporary, &at, made);
    ASYNC(kpc_create_courier_envelopes_from_tombstone_range_async(client, &two.writer, &next, 30, false, true,
                                                                  kpc_buffer_data(buffer),
                                                                  kpc_buffer_len(buffer), KPC_SOON, NULL, &op,
                                                                  &error),
          kpc_create_courier_envelopes_from_tombstone_range_result(result, &made, &error));
    kpc_buffer_free(buffer);
    kpc_copies_write(&temporary, &at, made);
    kpc_copies_perform(&temporary);
    next = kpc_copies_ahead(&two.first, 59);
    CHECK(kpc_copies_deleted(&two, &two.first) && kpc_copies_deleted(&two, &next));
    free(payload);
}

/* Nothing of it reaches the daemon. */
static void refusals(void)
{
    kpc_test_stream to = kpc_test_stream_of(8), other = kpc_test_stream_of(9);
    static uint8_t large[KPC_MAX_DESTINATION_PAYLOAD + 1];
    kpc_destination one;
    kpc_envelopes *made = NULL;
    long before = kpc_sim_requests(&sim);

#define FROM_PAYLOAD(bytes, size, cap, index)                                                             \
    kpc_create_courier_envelopes_from_payload(client, bytes, size, cap, index, true, true, KPC_SOON, &made, \
                                              &error)
#define FROM_MULTI(count, buffer, size)                                                                      \
    kpc_create_courier_envelopes_from_multi_payload(client, &one, count, true, true, buffer, size, KPC_SOON, \
                                                    &made, &error)
#define TOMBSTONES(count, buffer, size)                                                                     \
    kpc_create_courier_envelopes_from_tombstone_range(client, &to.writer, &to.first, count, true, true, buffer, \
                                                      size, KPC_SOON, &made, &error)
    one.write_cap = to.writer;
    one.start_index = to.first;
    one.payload = NULL;
    one.payload_len = 0;
    ERROR(KPC_ERR_ARG_EMPTY, FROM_PAYLOAD(NULL, 0, &to.writer, &to.first));
    ERROR(KPC_ERR_PAYLOAD_TOO_LARGE, FROM_PAYLOAD(large, sizeof large, &to.writer, &to.first));
    ERROR(KPC_ERR_INVALID_CAPABILITY, FROM_PAYLOAD(large, 1, &to.writer, &other.first));
    ERROR(KPC_ERR_ARG_EMPTY, FROM_MULTI(0, NULL, 0));
    ERROR(KPC_ERR_ARG_EMPTY, FROM_MULTI(1, NULL, 0));
    ERROR(KPC_ERR_ARG_SIZE, FROM_MULTI(1, large, 1678));
    one.payload_len = 1;
    ERROR(KPC_ERR_ARG_NULL, FROM_MULTI(1, NULL, 0));
    one.payload = large;
    one.payload_len = sizeof large;
    ERROR(KPC_ERR_PAYLOAD_TOO_LARGE, FROM_MULTI(1, NULL, 0));
    one.payload_len = (size_t)-1;
    ERROR(KPC_ERR_ARG_SIZE, FROM_MULTI(1, NULL, 0));
    one.payload_len = 1;
    one.write_cap.bytes[40] ^= 1;
    ERROR(KPC_ERR_INVALID_CAPABILITY, FROM_MULTI(1, NULL, 0));
    ERROR(KPC_ERR_ARG_VALUE, TOMBSTONES(0, NULL, 0));
    ERROR(KPC_ERR_PAYLOAD_TOO_LARGE, TOMBSTONES(UINT32_MAX, NULL, 0));
    ERROR(KPC_ERR_PAYLOAD_TOO_LARGE, TOMBSTONES(KPC_MAX_STREAM_BOXES, NULL, 0));
    ERROR(KPC_ERR_ARG_SIZE, TOMBSTONES(1, large, 1678));
    CHECK(made == NULL);
    CHECK(kpc_sim_requests(&sim) == before);
}

int main(void)
{
    kpc_sim_start(&sim, "--instant");
    client = kpc_sim_connected(&sim);
    CHECK(kpc_sim_until(&sim, "new_keypair", 1));
    one_payload();
    several_payloads();
    refusals();
    kpc_client_free(client);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
