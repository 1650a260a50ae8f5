/* Elements of copy streams: made in one call and in several, with the buffer between them,
 * performed by a courier, and read back. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_copies.h"

static void create_courier_envelopes_from_payload(void)
{
    kpc_test_stream to = kpc_test_stream_of(1), temporary = kpc_test_stream_of(2);
    size_t size = 5000;
    uint8_t *payload = kpc_copies_payload(size);
    kpc_stream_elements *made = NULL;
    kpc_box_index next, expected = kpc_copies_ahead(&to.first, 4), at = temporary.first;
    kpc_buffer *element = NULL;

    OK(kpc_create_courier_envelopes_from_payload(client, payload, size, &to.writer, &to.first, true, true,
                                                 KPC_SOON, &made, &error));
    CHECK(kpc_stream_elements_count(made) == 6);
    CHECK(kpc_copies_nothing_left(made));
    OK(kpc_stream_elements_next_index(made, &next, &error));
    CHECK(kpc_copies_same(&next, &expected));
    OK(kpc_stream_elements_at(made, 0, &element, &error));
    CHECK(kpc_buffer_len(element) == KPC_CHUNK + 4 && kpc_buffer_data(element)[0] == 1);
    kpc_buffer_free(element);
    OK(kpc_stream_elements_at(made, 5, &element, &error));
    CHECK(kpc_buffer_data(element)[0] == 2);
    kpc_buffer_free(element);
    ERROR(KPC_ERR_ARG_VALUE, kpc_stream_elements_at(made, 6, &element, &error));
    CHECK(element == NULL);
    kpc_copies_write(&temporary, &at, made);
    kpc_copies_perform(&temporary);
    CHECK(kpc_copies_arrived(&to, payload, size));

    ASYNC(kpc_create_courier_envelopes_from_payload_async(client, payload, size, &to.writer, &to.first, true,
                                                          true, KPC_SOON, NULL, &op, &error),
          kpc_create_courier_envelopes_from_payload_result(result, &made, &error));
    CHECK(kpc_stream_elements_count(made) == 6);
    kpc_stream_elements_free(made);
    kpc_stream_elements_free(made);
    CHECK(kpc_stream_elements_count(made) == 0);
    free(payload);
}

static void create_courier_envelopes_from_multi_payload(void)
{
    kpc_test_stream one = kpc_test_stream_of(3), two = kpc_test_stream_of(4), three = kpc_test_stream_of(5);
    kpc_test_stream temporary = kpc_test_stream_of(6);
    kpc_box_index at = temporary.first, next, expected = kpc_copies_ahead(&two.first, 60);
    size_t size = 60 * KPC_CHUNK;
    uint8_t *payload = kpc_copies_payload(size);
    kpc_destination to[2];
    kpc_stream_elements *made = NULL;
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
    OK(kpc_stream_elements_next_index_at(made, 1, &next, &error));
    CHECK(kpc_copies_same(&next, &expected));
    ERROR(KPC_ERR_ARG_VALUE, kpc_stream_elements_next_index_at(made, 2, &next, &error));
    OK(kpc_stream_elements_buffer(made, &buffer, &error));
    CHECK(kpc_buffer_len(buffer) > 0);
    kpc_copies_write(&temporary, &at, made);

    /* The rest as after a crash: from the buffer, not from the start. */
    to[0].write_cap = three.writer;
    to[0].start_index = three.first;
    ASYNC(kpc_create_courier_envelopes_from_multi_payload_async(client, to, 1, false, true,
                                                                kpc_buffer_data(buffer), kpc_buffer_len(buffer),
                                                                KPC_SOON, NULL, &op, &error),
          kpc_create_courier_envelopes_from_multi_payload_result(result, &made, &error));
    kpc_buffer_free(buffer);
    CHECK(kpc_copies_nothing_left(made));
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
    OK(kpc_stream_elements_next_index(made, &next, &error));
    OK(kpc_stream_elements_buffer(made, &buffer, &error));
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

/* Each destination says from which box on; another one's boxes are not touched. */
static void destination(void)
{
    kpc_test_stream one = kpc_test_stream_of(20), two = kpc_test_stream_of(21);
    kpc_test_stream temporary = kpc_test_stream_of(22);
    kpc_box_index at = temporary.first, next;
    kpc_destination to[2];
    kpc_stream_elements *made = NULL;
    kpc_buffer *plaintext = NULL;

    memset(to, 0, sizeof to);
    to[0].write_cap = one.writer;
    to[0].start_index = kpc_copies_ahead(&one.first, 2);
    to[0].payload = (const uint8_t *)"third";
    to[0].payload_len = 5;
    to[1].write_cap = two.writer;
    to[1].start_index = two.first;
    to[1].payload = (const uint8_t *)"first";
    to[1].payload_len = 5;
    OK(kpc_create_courier_envelopes_from_multi_payload(client, to, 2, true, true, NULL, 0, KPC_SOON, &made,
                                                       &error));
    kpc_copies_write(&temporary, &at, made);
    kpc_copies_perform(&temporary);
    OK(kpc_read_box(client, &one.reader, &to[0].start_index, 0, KPC_SOON, &plaintext, &next, &error));
    CHECK(kpc_copies_holds(plaintext, "third", 5));
    OK(kpc_read_box(client, &two.reader, &two.first, 0, KPC_SOON, &plaintext, &next, &error));
    CHECK(kpc_copies_holds(plaintext, "first", 5));
    ERROR(KPC_ERR_BOX_ID_NOT_FOUND, kpc_read_box(client, &one.reader, &one.first, KPC_START_NO_RETRY, KPC_SOON,
                                                 &plaintext, &next, &error));
}

/* What a call leaves over is for the next one; after the last nothing is. Where each destination
 * goes on is told in their order. */
static void stream_elements_buffer(void)
{
    kpc_test_stream one = kpc_test_stream_of(23), two = kpc_test_stream_of(24);
    uint8_t *payload = kpc_copies_payload(3 * KPC_CHUNK);
    kpc_box_index next, after_one = kpc_copies_ahead(&one.first, 1), after_two = kpc_copies_ahead(&two.first, 3);
    kpc_destination to[2];
    kpc_stream_elements *first = NULL, *second = NULL;
    kpc_buffer *buffer;

    memset(to, 0, sizeof to);
    to[0].write_cap = one.writer;
    to[0].start_index = one.first;
    to[0].payload = payload;
    to[0].payload_len = 1;
    to[1].write_cap = two.writer;
    to[1].start_index = two.first;
    to[1].payload = payload;
    to[1].payload_len = 3 * KPC_CHUNK;
    OK(kpc_create_courier_envelopes_from_multi_payload(client, to, 2, true, false, NULL, 0, KPC_SOON, &first,
                                                       &error));
    OK(kpc_stream_elements_buffer(first, &buffer, &error));
    CHECK(kpc_buffer_len(buffer) > 0);
    OK(kpc_stream_elements_next_index_at(first, 0, &next, &error));
    CHECK(kpc_copies_same(&next, &after_one));
    OK(kpc_stream_elements_next_index_at(first, 1, &next, &error));
    CHECK(kpc_copies_same(&next, &after_two));
    to[0].start_index = after_one;
    OK(kpc_create_courier_envelopes_from_multi_payload(client, to, 1, false, true, kpc_buffer_data(buffer),
                                                       kpc_buffer_len(buffer), KPC_SOON, &second, &error));
    CHECK(kpc_copies_nothing_left(second));
    OK(kpc_stream_elements_next_index(second, &next, &error));
    after_one = kpc_copies_ahead(&one.first, 2);
    CHECK(kpc_copies_same(&next, &after_one));
    kpc_buffer_free(buffer);
    kpc_stream_elements_free(first);
    kpc_stream_elements_free(second);
    ERROR(KPC_ERR_BAD_HANDLE, kpc_stream_elements_next_index(second, &next, &error));
    free(payload);
}

/* Counts the elements with this flag in their first byte. */
static int flagged(const kpc_stream_elements *made, int flag)
{
    size_t i;
    int count = 0;
    for (i = 0; i < kpc_stream_elements_count(made); i++) {
        kpc_buffer *element = NULL;
        OK(kpc_stream_elements_at(made, i, &element, &error));
        count += (kpc_buffer_data(element)[0] & flag) != 0;
        kpc_buffer_free(element);
    }
    return count;
}

/* The first element of the first call begins the stream and the last of the last one ends it. */
static void stream_elements_at(void)
{
    enum { START = 1, FINAL = 2 };
    kpc_test_stream to = kpc_test_stream_of(25);
    uint8_t *payload = kpc_copies_payload(4 * KPC_CHUNK);
    kpc_stream_elements *made = NULL;
    int is_start, is_last;

    for (is_start = 0; is_start < 2; is_start++) {
        for (is_last = 0; is_last < 2; is_last++) {
            kpc_buffer *first = NULL, *last = NULL;
            OK(kpc_create_courier_envelopes_from_payload(client, payload, 4 * KPC_CHUNK, &to.writer, &to.first,
                                                         is_start, is_last, KPC_SOON, &made, &error));
            CHECK(flagged(made, START) == is_start && flagged(made, FINAL) == is_last);
            OK(kpc_stream_elements_at(made, 0, &first, &error));
            OK(kpc_stream_elements_at(made, kpc_stream_elements_count(made) - 1, &last, &error));
            CHECK((kpc_buffer_data(first)[0] & START) == is_start);
            CHECK((kpc_buffer_data(last)[0] & FINAL) == FINAL * is_last);
            kpc_buffer_free(first);
            kpc_buffer_free(last);
            kpc_stream_elements_free(made);
        }
    }
    free(payload);
}

/* So many bytes less than a box holds are in one of a copy's: one more makes one more box. */
static void box_length_prefix(void)
{
    kpc_test_stream to = kpc_test_stream_of(26);
    kpc_pigeonhole_geometry sizes;
    kpc_box_index next, expected;
    uint8_t *payload;
    size_t most, more;

    OK(kpc_client_pigeonhole_geometry(client, &sizes, &error));
    most = (size_t)sizes.max_plaintext_payload_length - KPC_BOX_LENGTH_PREFIX;
    payload = kpc_copies_payload(most + 1);
    for (more = 0; more < 2; more++) {
        kpc_stream_elements *made = NULL;
        OK(kpc_create_courier_envelopes_from_payload(client, payload, most + more, &to.writer, &to.first, true, true,
                                                     KPC_SOON, &made, &error));
        OK(kpc_stream_elements_next_index(made, &next, &error));
        expected = kpc_copies_ahead(&to.first, 1 + more);
        CHECK(kpc_copies_same(&next, &expected));
        kpc_stream_elements_free(made);
    }
    free(payload);
}

/* Nothing of it reaches the daemon. */
static void refusals(void)
{
    kpc_test_stream to = kpc_test_stream_of(8), other = kpc_test_stream_of(9);
    static uint8_t large[KPC_MAX_DESTINATION_PAYLOAD + 1];
    kpc_destination one;
    kpc_stream_elements *made = NULL;
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
    CHECK(kpc_sim_verified(client));
    create_courier_envelopes_from_payload();
    create_courier_envelopes_from_multi_payload();
    destination();
    stream_elements_buffer();
    stream_elements_at();
    box_length_prefix();
    refusals();
    kpc_client_free(client);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
