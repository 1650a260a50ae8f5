/* Boxes written, read and deleted: in one call, and step by step with envelopes that are saved,
 * loaded and sent again; each call also without waiting. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

static kpc_error *error;
static kpc_sim sim;
static kpc_client *client;

static const uint8_t *bytes(const char *text)
{
    return (const uint8_t *)text;
}

/* Takes over the buffer. */
static int holds(kpc_buffer *buffer, const char *text)
{
    int same = buffer != NULL && kpc_buffer_len(buffer) == strlen(text) &&
               memcmp(kpc_buffer_data(buffer), text, strlen(text)) == 0;
    kpc_buffer_free(buffer);
    return same;
}

static int follows(const kpc_box_index *next, const kpc_box_index *index)
{
    kpc_box_index expected;
    OK(kpc_next_message_box_index(index, &expected, &error));
    return memcmp(&expected, next, sizeof expected) == 0;
}

/* The result of an operation, when it is over. */
static kpc_result *wait_for(kpc_op op)
{
    kpc_result *result = NULL;
    CHECK(op != 0);
    OK(kpc_op_wait(client, op, KPC_SOON, &result, &error));
    CHECK(kpc_result_op(result) == op);
    return result;
}

static void in_one_call(void)
{
    kpc_test_stream s = kpc_test_stream_of(1);
    kpc_box_index writing = s.first, reading = s.first, next;
    kpc_buffer *plaintext = NULL;
    int i;

    /* An index is moved on in place. */
    for (i = 0; i < 3; i++) {
        OK(kpc_write_box(client, &s.writer, &writing, bytes("message"), 7, 0, KPC_SOON, &writing, &error));
    }
    for (i = 0; i < 3; i++) {
        kpc_box_index before = reading;
        OK(kpc_read_box(client, &s.reader, &reading, 0, KPC_SOON, &plaintext, &reading, &error));
        CHECK(holds(plaintext, "message") && follows(&reading, &before));
    }
    CHECK(memcmp(&reading, &writing, sizeof reading) == 0);

    /* One that is not there; the index stays where it is. */
    ERROR(KPC_ERR_BOX_ID_NOT_FOUND, kpc_read_box(client, &s.reader, &reading, KPC_START_NO_RETRY, KPC_SOON,
                                                 &plaintext, &reading, &error));
    CHECK(plaintext == NULL && memcmp(&reading, &writing, sizeof reading) == 0);

    /* One that is there already: no failure, unless one wants to know. */
    ERROR(KPC_ERR_BOX_ALREADY_EXISTS, kpc_write_box(client, &s.writer, &s.first, bytes("other"), 5,
                                                    KPC_START_RETURN_BOX_EXISTS, KPC_SOON, &next, &error));
    OK(kpc_write_box(client, &s.writer, &s.first, bytes("other"), 5, 0, KPC_SOON, &next, &error));
    OK(kpc_read_box(client, &s.reader, &s.first, 0, KPC_SOON, &plaintext, &next, &error));
    CHECK(holds(plaintext, "message"));

    /* A tombstone, which may be repeated. */
    OK(kpc_tombstone_box(client, &s.writer, &s.first, KPC_SOON, &next, &error));
    CHECK(follows(&next, &s.first));
    OK(kpc_tombstone_box(client, &s.writer, &s.first, KPC_SOON, &next, &error));
    ERROR(KPC_ERR_TOMBSTONE, kpc_read_box(client, &s.reader, &s.first, 0, KPC_SOON, &plaintext, &next, &error));
    CHECK(plaintext == NULL);
}

static void in_one_call_without_waiting(void)
{
    kpc_test_stream s = kpc_test_stream_of(2);
    kpc_box_index next;
    kpc_buffer *plaintext = NULL;
    kpc_result *result;
    kpc_op write = 0, read = 0, tombstone = 0;

    OK(kpc_read_box_async(client, &s.reader, &s.first, 0, KPC_SOON, NULL, &read, &error));
    OK(kpc_write_box_async(client, &s.writer, &s.first, bytes("async"), 5, 0, KPC_SOON, NULL, &write, &error));
    result = wait_for(write);
    OK(kpc_write_box_result(result, &next, &error));
    CHECK(follows(&next, &s.first));
    kpc_result_free(result);
    result = wait_for(read);
    OK(kpc_read_box_result(result, &plaintext, &next, &error));
    CHECK(holds(plaintext, "async") && follows(&next, &s.first));
    kpc_result_free(result);
    OK(kpc_tombstone_box_async(client, &s.writer, &s.first, KPC_SOON, NULL, &tombstone, &error));
    result = wait_for(tombstone);
    OK(kpc_tombstone_box_result(result, &next, &error));
    CHECK(follows(&next, &s.first));
    kpc_result_free(result);
}

/* An envelope of a read or write, made with or without waiting. */
static kpc_envelope *sealed(const kpc_test_stream *s, const char *text, int waiting)
{
    kpc_envelope *envelope = NULL;
    kpc_op op = 0;
    kpc_result *result;

    if (waiting && text == NULL) {
        OK(kpc_encrypt_read(client, &s->reader, &s->first, KPC_SOON, &envelope, &error));
    } else if (waiting) {
        OK(kpc_encrypt_write(client, &s->writer, &s->first, bytes(text), strlen(text), KPC_SOON, &envelope,
                             &error));
    } else if (text == NULL) {
        OK(kpc_encrypt_read_async(client, &s->reader, &s->first, KPC_SOON, NULL, &op, &error));
        result = wait_for(op);
        OK(kpc_encrypt_read_result(result, &envelope, &error));
        kpc_result_free(result);
    } else {
        OK(kpc_encrypt_write_async(client, &s->writer, &s->first, bytes(text), strlen(text), KPC_SOON, NULL, &op,
                                   &error));
        result = wait_for(op);
        OK(kpc_encrypt_write_result(result, &envelope, &error));
        kpc_result_free(result);
    }
    return envelope;
}

static int same_bytes(kpc_buffer *a, kpc_buffer *b)
{
    int same = kpc_buffer_len(a) != 0 && kpc_buffer_len(a) == kpc_buffer_len(b) &&
               memcmp(kpc_buffer_data(a), kpc_buffer_data(b), kpc_buffer_len(a)) == 0;
    kpc_buffer_free(a);
    kpc_buffer_free(b);
    return same;
}

/* Two envelopes are the same in all that they consist of. */
static int same_envelope(const kpc_envelope *a, const kpc_envelope *b)
{
    kpc_hash hash[2];
    kpc_box_index next[2];
    kpc_buffer *buffer[2] = {NULL, NULL};
    int same;

    OK(kpc_envelope_hash(a, &hash[0], &error));
    OK(kpc_envelope_hash(b, &hash[1], &error));
    OK(kpc_envelope_next_index(a, &next[0], &error));
    OK(kpc_envelope_next_index(b, &next[1], &error));
    same = memcmp(&hash[0], &hash[1], sizeof hash[0]) == 0 && memcmp(&next[0], &next[1], sizeof next[0]) == 0;
    OK(kpc_envelope_ciphertext(a, &buffer[0], &error));
    OK(kpc_envelope_ciphertext(b, &buffer[1], &error));
    same &= same_bytes(buffer[0], buffer[1]);
    OK(kpc_envelope_descriptor(a, &buffer[0], &error));
    OK(kpc_envelope_descriptor(b, &buffer[1], &error));
    return same & same_bytes(buffer[0], buffer[1]);
}

/* Saved in one piece or in parts, and loaded again. */
static void saved_and_loaded(const kpc_envelope *envelope)
{
    kpc_buffer *whole = NULL, *ciphertext = NULL, *descriptor = NULL;
    kpc_envelope *loaded = NULL;
    kpc_hash hash;
    kpc_box_index next;
    size_t cut;

    OK(kpc_envelope_to_bytes(envelope, &whole, &error));
    OK(kpc_envelope_from_bytes(kpc_buffer_data(whole), kpc_buffer_len(whole), &loaded, &error));
    CHECK(same_envelope(envelope, loaded));
    kpc_envelope_free(loaded);
    for (cut = 0; cut < 200; cut += 37) {
        kpc_status status = kpc_envelope_from_bytes(kpc_buffer_data(whole), cut, &loaded, NULL);
        CHECK(status == KPC_ERR_ARG_VALUE || status == KPC_ERR_ARG_EMPTY);
        CHECK(loaded == NULL);
    }
    kpc_buffer_free(whole);

    OK(kpc_envelope_hash(envelope, &hash, &error));
    OK(kpc_envelope_next_index(envelope, &next, &error));
    OK(kpc_envelope_ciphertext(envelope, &ciphertext, &error));
    OK(kpc_envelope_descriptor(envelope, &descriptor, &error));
    OK(kpc_envelope_from_parts(kpc_buffer_data(ciphertext), kpc_buffer_len(ciphertext),
                               kpc_buffer_data(descriptor), kpc_buffer_len(descriptor), &hash, &next, &loaded,
                               &error));
    CHECK(same_envelope(envelope, loaded));
    kpc_envelope_free(loaded);
    kpc_buffer_free(ciphertext);
    kpc_buffer_free(descriptor);
}

static int is_a_courier(const kpc_service *courier)
{
    kpc_services *couriers = NULL;
    size_t i;
    int found = 0;
    OK(kpc_client_get_services(client, "courier", &couriers, &error));
    for (i = 0; i < kpc_services_count(couriers); i++) {
        kpc_service one;
        OK(kpc_services_at(couriers, i, &one, &error));
        found |= memcmp(&one.node, &courier->node, sizeof one.node) == 0 && one.queue_len == courier->queue_len &&
                 memcmp(one.queue, courier->queue, one.queue_len) == 0;
    }
    kpc_services_free(couriers);
    return found;
}

static void step_by_step(int waiting)
{
    kpc_test_stream s = kpc_test_stream_of((uint8_t)(3 + waiting));
    kpc_envelope *write = sealed(&s, "by steps", waiting), *read = sealed(&s, NULL, waiting);
    kpc_envelope *second = sealed(&s, "too late", waiting), *third = sealed(&s, NULL, waiting);
    kpc_buffer *plaintext = NULL;
    kpc_service courier;
    kpc_result *result;
    kpc_op op = 0;

    saved_and_loaded(write);
    saved_and_loaded(read);
    CHECK(!same_envelope(write, second) && !same_envelope(read, third));
    if (waiting) {
        ERROR(KPC_ERR_BOX_ID_NOT_FOUND,
              kpc_start_resending_encrypted_message_no_retry(client, &s.reader, NULL, &s.first, -1, read, KPC_SOON,
                                                             &plaintext, &courier, &error));
        OK(kpc_start_resending_encrypted_message(client, NULL, &s.writer, NULL, -1, write, 0, KPC_SOON, &plaintext,
                                                 &courier, &error));
        CHECK(holds(plaintext, "") && is_a_courier(&courier));
        ERROR(KPC_ERR_BOX_ALREADY_EXISTS,
              kpc_start_resending_encrypted_message_return_box_exists(client, NULL, &s.writer, &s.first, -1, second,
                                                                      KPC_SOON, &plaintext, &courier, &error));
        CHECK(plaintext == NULL);
        OK(kpc_start_resending_encrypted_message(client, &s.reader, NULL, &s.first, 0, third, 0, KPC_SOON,
                                                 &plaintext, &courier, &error));
        CHECK(holds(plaintext, "by steps") && is_a_courier(&courier));
        /* Nobody needs to take what it gives. */
        OK(kpc_start_resending_encrypted_message(client, NULL, &s.writer, NULL, 1, write, 0, KPC_SOON, NULL, NULL,
                                                 &error));
    } else {
        OK(kpc_start_resending_encrypted_message_no_retry_async(client, &s.reader, NULL, &s.first, -1, read,
                                                                KPC_SOON, NULL, &op, &error));
        result = wait_for(op);
        ERROR(KPC_ERR_BOX_ID_NOT_FOUND, kpc_start_resending_encrypted_message_no_retry_result(
                                            result, &plaintext, &courier, &error));
        kpc_result_free(result);
        OK(kpc_start_resending_encrypted_message_async(client, NULL, &s.writer, NULL, -1, write, 0, KPC_SOON, NULL,
                                                       &op, &error));
        result = wait_for(op);
        OK(kpc_start_resending_encrypted_message_result(result, &plaintext, &courier, &error));
        CHECK(holds(plaintext, "") && is_a_courier(&courier));
        kpc_result_free(result);
        OK(kpc_start_resending_encrypted_message_return_box_exists_async(
            client, NULL, &s.writer, &s.first, -1, second, KPC_SOON, NULL, &op, &error));
        result = wait_for(op);
        ERROR(KPC_ERR_BOX_ALREADY_EXISTS, kpc_start_resending_encrypted_message_return_box_exists_result(
                                              result, &plaintext, &courier, &error));
        kpc_result_free(result);
        OK(kpc_start_resending_encrypted_message_async(client, &s.reader, NULL, &s.first, -1, third, 0, KPC_SOON,
                                                       NULL, &op, &error));
        /* What is sent does not need its envelope any more. */
        kpc_envelope_free(third);
        third = NULL;
        result = wait_for(op);
        OK(kpc_start_resending_encrypted_message_result(result, &plaintext, &courier, &error));
        CHECK(holds(plaintext, "by steps"));
        OK(kpc_start_resending_encrypted_message_result(result, NULL, NULL, &error));
        kpc_result_free(result);
    }
    kpc_envelope_free(write);
    kpc_envelope_free(read);
    kpc_envelope_free(second);
    kpc_envelope_free(third);
}

/* A cancel by hash without waiting, of what runs and of what does not. */
static void cancel_without_waiting(void)
{
    kpc_test_stream s = kpc_test_stream_of(5);
    kpc_envelope *read = sealed(&s, NULL, 1);
    kpc_hash hash;
    kpc_result *result;
    kpc_op op = 0, cancel = 0;
    int round;

    OK(kpc_envelope_hash(read, &hash, &error));
    OK(kpc_start_resending_encrypted_message_async(client, &s.reader, NULL, &s.first, -1, read, 0, KPC_FOREVER,
                                                   NULL, &op, &error));
    for (round = 0; round < 2; round++) {
        OK(kpc_cancel_resending_encrypted_message_async(client, &hash, KPC_SOON, NULL, &cancel, &error));
        result = wait_for(cancel);
        OK(kpc_cancel_resending_encrypted_message_result(result, &error));
        kpc_result_free(result);
    }
    result = wait_for(op);
    STATUS(KPC_ERR_START_RESENDING_CANCELLED, kpc_result_status(result));
    kpc_result_free(result);
    kpc_envelope_free(read);

    STATUS(KPC_OK, kpc_write_cap_hash(&s.writer, &hash));
    OK(kpc_start_resending_copy_command_async(client, &s.writer, NULL, KPC_FOREVER, NULL, &op, &error));
    for (round = 0; round < 2; round++) {
        OK(kpc_cancel_resending_copy_command_async(client, &hash, KPC_SOON, NULL, &cancel, &error));
        result = wait_for(cancel);
        OK(kpc_cancel_resending_copy_command_result(result, &error));
        kpc_result_free(result);
    }
    result = wait_for(op);
    ERROR(KPC_ERR_START_RESENDING_CANCELLED, kpc_start_resending_copy_command_result(result, &error));
    kpc_result_free(result);
}

int main(void)
{
    kpc_sim_start(&sim, "--instant");
    client = kpc_sim_connected(&sim);
    in_one_call();
    in_one_call_without_waiting();
    step_by_step(1);
    step_by_step(0);
    cancel_without_waiting();
    CHECK(kpc_sim_until(&sim, "arq_entries", 0));
    kpc_client_free(client);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
