/* Copy streams, copy commands, tombstones in a row and nested copies, through the C functions. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

enum { LENGTH = 4000 };

static kpc_error *error;
static kpc_sim sim;
static kpc_client *client;
static uint8_t payload[LENGTH];

/* Whether the boxes hold the payload. */
static void holds_payload(const kpc_test_stream *stream)
{
    kpc_box_index index = stream->first;
    size_t found = 0;

    while (found < LENGTH) {
        kpc_buffer *box = NULL;
        size_t len;
        if (!OK(kpc_read_box(client, &stream->reader, &index, 0, KPC_SOON, &box, &index, &error))) {
            return;
        }
        len = kpc_buffer_len(box);
        CHECK(len > 0 && len <= LENGTH - found &&
              memcmp(payload + found, kpc_buffer_data(box), len) == 0);
        found += len;
        kpc_buffer_free(box);
    }
}

static void write_elements(const kpc_stream_elements *elements, const kpc_test_stream *stream)
{
    kpc_box_index index = stream->first;
    size_t i;

    for (i = 0; i < kpc_stream_elements_count(elements); i++) {
        kpc_buffer *element = NULL;
        OK(kpc_stream_elements_at(elements, i, &element, &error));
        OK(kpc_write_box(client, &stream->writer, &index, kpc_buffer_data(element),
                         kpc_buffer_len(element), 0, KPC_SOON, &index, &error));
        kpc_buffer_free(element);
    }
}

static kpc_stream_elements *elements_for(const kpc_test_stream *to)
{
    kpc_stream_elements *elements = NULL;

    OK(kpc_create_courier_envelopes_from_payload(client, payload, LENGTH, &to->writer, &to->first,
                                                 true, true, KPC_SOON, &elements, &error));
    return elements;
}

static void create_courier_envelopes_from_payload(void)
{
    kpc_test_stream to = kpc_test_stream_of(1);
    kpc_stream_elements *elements = elements_for(&to);
    kpc_pigeonhole_geometry geometry;
    kpc_box_index next, expected = to.first;
    kpc_buffer *element = NULL, *buffer = NULL;
    size_t left, count = kpc_stream_elements_count(elements);

    OK(kpc_client_pigeonhole_geometry(client, &geometry, &error));
    for (left = LENGTH; left > 0;) {
        size_t piece = (size_t)geometry.max_plaintext_payload_length - KPC_BOX_LENGTH_PREFIX;
        left -= left < piece ? left : piece;
        OK(kpc_next_message_box_index(&expected, &expected, &error));
    }
    OK(kpc_stream_elements_buffer(elements, &buffer, &error));
    CHECK(count >= 2 && kpc_buffer_len(buffer) == 0);
    kpc_buffer_free(buffer);
    OK(kpc_stream_elements_next_index(elements, &next, &error));
    CHECK(memcmp(&next, &expected, sizeof next) == 0);
    OK(kpc_stream_elements_next_index_at(elements, 0, &next, &error));
    CHECK(memcmp(&next, &expected, sizeof next) == 0);
    ERROR(KPC_ERR_ARG_VALUE, kpc_stream_elements_next_index_at(elements, 1, &next, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_stream_elements_at(elements, count, &element, &error));
    kpc_stream_elements_free(elements);
    ERROR(KPC_ERR_ARG_EMPTY,
          kpc_create_courier_envelopes_from_payload(client, NULL, 0, &to.writer, &to.first, true,
                                                    true, KPC_SOON, &elements, &error));
    CHECK(elements == NULL);
}

static void create_courier_envelopes_from_multi_payload(void)
{
    kpc_test_stream to[2];
    kpc_test_stream stream = kpc_test_stream_of(4);
    kpc_destination destinations[2];
    kpc_stream_elements *elements = NULL;
    kpc_box_index index;
    int i;

    for (i = 0; i < 2; i++) {
        to[i] = kpc_test_stream_of((uint8_t)(2 + i));
        destinations[i].write_cap = to[i].writer;
        destinations[i].start_index = to[i].first;
        destinations[i].payload = payload;
        destinations[i].payload_len = LENGTH;
    }
    OK(kpc_create_courier_envelopes_from_multi_payload(client, destinations, 2, true, true, NULL, 0,
                                                       KPC_SOON, &elements, &error));
    OK(kpc_stream_elements_next_index_at(elements, 1, &index, &error));
    write_elements(elements, &stream);
    OK(kpc_start_resending_copy_command(client, &stream.writer, NULL, KPC_SOON, &error));
    holds_payload(&to[0]);
    holds_payload(&to[1]);
    kpc_stream_elements_free(elements);
    ERROR(KPC_ERR_ARG_EMPTY,
          kpc_create_courier_envelopes_from_multi_payload(client, NULL, 0, true, true, NULL, 0,
                                                          KPC_SOON, &elements, &error));
}

static void create_courier_envelopes_from_tombstone_range(void)
{
    kpc_test_stream to = kpc_test_stream_of(2), stream = kpc_test_stream_of(5);
    kpc_stream_elements *elements = NULL;
    kpc_box_index next, after;
    kpc_buffer *box = NULL;
    int i;

    OK(kpc_create_courier_envelopes_from_tombstone_range(client, &to.writer, &to.first, 2, true,
                                                         true, NULL, 0, KPC_SOON, &elements,
                                                         &error));
    write_elements(elements, &stream);
    OK(kpc_start_resending_copy_command(client, &stream.writer, NULL, KPC_SOON, &error));
    OK(kpc_stream_elements_next_index(elements, &after, &error));
    for (next = to.first, i = 0; i < 2; i++) {
        kpc_box_index at = next;
        ERROR(KPC_ERR_TOMBSTONE, kpc_read_box(client, &to.reader, &at, KPC_START_NO_RETRY,
                                              KPC_SOON, &box, &next, &error));
        OK(kpc_next_message_box_index(&at, &next, &error));
    }
    CHECK(memcmp(&next, &after, sizeof next) == 0);
    kpc_stream_elements_free(elements);
    ERROR(KPC_ERR_ARG_VALUE, kpc_create_courier_envelopes_from_tombstone_range(
                                 client, &to.writer, &to.first, 0, true, true, NULL, 0, KPC_SOON,
                                 &elements, &error));
}

static void copy_command_with_courier(void)
{
    kpc_test_stream to = kpc_test_stream_of(6), stream = kpc_test_stream_of(7);
    kpc_test_stream again = kpc_test_stream_of(8);
    kpc_test_stream taken = kpc_test_stream_of(10);
    kpc_stream_elements *elements = elements_for(&to);
    kpc_service courier, half;
    kpc_box_index next;

    OK(kpc_client_courier(client, &courier, &error));
    half = courier;
    half.queue_len = 0;
    ERROR(KPC_ERR_ARG_PAIR, kpc_start_resending_copy_command_with_courier(
                                client, &stream.writer, &half, KPC_SOON, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_start_resending_copy_command_with_courier(client, &stream.writer,
                                                                          NULL, KPC_SOON, &error));
    write_elements(elements, &stream);
    OK(kpc_start_resending_copy_command_with_courier(client, &stream.writer, &courier, KPC_SOON,
                                                     &error));
    holds_payload(&to);
    kpc_stream_elements_free(elements);

    /* Where another content is: the first envelope fails, and the replica's word is passed on. */
    OK(kpc_write_box(client, &taken.writer, &taken.first, (const uint8_t *)"mine", 4, 0, KPC_SOON,
                     &next, &error));
    elements = elements_for(&taken);
    write_elements(elements, &again);
    STATUS(KPC_ERR_COPY_FAILED,
           kpc_start_resending_copy_command(client, &again.writer, NULL, KPC_SOON, &error));
    CHECK(kpc_error_failed_envelope(error) == 1 && kpc_error_replica_code(error) == 10);
    kpc_error_free(error);
    error = NULL;
    kpc_stream_elements_free(elements);
}

static void tombstone_range(void)
{
    kpc_test_stream to = kpc_test_stream_of(6);
    kpc_tombstones *tombstones = NULL;
    kpc_box_index index = to.first, box, next;
    kpc_buffer *plaintext = NULL, *bytes = NULL;
    size_t i;

    OK(kpc_tombstone_range(client, &to.writer, &to.first, 3, KPC_SOON, &tombstones, &error));
    CHECK(kpc_tombstones_count(tombstones) == 3 && kpc_tombstones_error(tombstones) == NULL);
    for (i = 0; i < 3; i++) {
        kpc_envelope *envelope = NULL;
        kpc_hash hash;
        OK(kpc_tombstones_box_index_at(tombstones, i, &box, &error));
        CHECK(memcmp(&box, &index, sizeof box) == 0);
        OK(kpc_tombstones_envelope_at(tombstones, i, &envelope, &error));
        OK(kpc_envelope_ciphertext(envelope, &bytes, &error));
        CHECK(kpc_buffer_len(bytes) > 0);
        kpc_buffer_free(bytes);
        OK(kpc_envelope_descriptor(envelope, &bytes, &error));
        CHECK(kpc_buffer_len(bytes) > 0);
        kpc_buffer_free(bytes);
        OK(kpc_envelope_hash(envelope, &hash, &error));
        OK(kpc_envelope_next_index(envelope, &next, &error));
        OK(kpc_next_message_box_index(&index, &index, &error));
        CHECK(memcmp(&next, &index, sizeof next) == 0);
        OK(kpc_start_resending_encrypted_message(client, NULL, &to.writer, NULL, -1, envelope, 0,
                                                 KPC_SOON, NULL, NULL, &error));
        ERROR(KPC_ERR_TOMBSTONE, kpc_read_box(client, &to.reader, &box, KPC_START_NO_RETRY,
                                              KPC_SOON, &plaintext, &next, &error));
        kpc_envelope_free(envelope);
    }
    OK(kpc_tombstones_next(tombstones, &next, &error));
    CHECK(memcmp(&next, &index, sizeof next) == 0);
    ERROR(KPC_ERR_ARG_VALUE, kpc_tombstones_box_index_at(tombstones, 3, &box, &error));
    kpc_tombstones_free(tombstones);
    OK(kpc_tombstone_range(client, &to.writer, &index, 0, KPC_SOON, &tombstones, &error));
    CHECK(kpc_tombstones_count(tombstones) == 0);
    OK(kpc_tombstones_next(tombstones, &next, &error));
    CHECK(memcmp(&next, &index, sizeof next) == 0);
    kpc_tombstones_free(tombstones);
}

static void send_nested_copy(void)
{
    kpc_test_stream to = kpc_test_stream_of(9);
    kpc_services *couriers = NULL;
    kpc_service path[2];
    kpc_box_index next;

    OK(kpc_client_distinct_couriers(client, 2, &couriers, &error));
    OK(kpc_services_at(couriers, 0, &path[0], &error));
    OK(kpc_services_at(couriers, 1, &path[1], &error));
    kpc_services_free(couriers);
    OK(kpc_send_nested_copy(client, payload, LENGTH, &to.writer, &to.first, path, 2, KPC_SOON, &next,
                            &error));
    holds_payload(&to);
    ERROR(KPC_ERR_ARG_EMPTY, kpc_send_nested_copy(client, payload, LENGTH, &to.writer, &to.first,
                                                  path, 0, KPC_SOON, &next, &error));
    ERROR(KPC_ERR_ARG_EMPTY, kpc_send_nested_copy(client, payload, 0, &to.writer, &to.first, path, 2,
                                                  KPC_SOON, &next, &error));
}

int main(void)
{
    size_t i;

    for (i = 0; i < LENGTH; i++) {
        payload[i] = (uint8_t)(i % 251);
    }
    kpc_sim_start(&sim, "--instant");
    client = kpc_sim_connected(&sim);
    create_courier_envelopes_from_payload();
    create_courier_envelopes_from_multi_payload();
    create_courier_envelopes_from_tombstone_range();
    copy_command_with_courier();
    tombstone_range();
    send_nested_copy();
    kpc_client_free(client);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
