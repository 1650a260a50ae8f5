/* Boxes, step by step: envelopes that are made, saved, loaded, sent and sent again, each call with
 * and without waiting. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_boxes.h"

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
        result = WAIT_FOR(client, op);
        OK(kpc_encrypt_read_result(result, &envelope, &error));
        kpc_result_free(result);
    } else {
        OK(kpc_encrypt_write_async(client, &s->writer, &s->first, bytes(text), strlen(text), KPC_SOON, NULL, &op,
                                   &error));
        result = WAIT_FOR(client, op);
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

    OK(kpc_envelope_to_bytes(envelope, &whole, &error));
    OK(kpc_envelope_from_bytes(kpc_buffer_data(whole), kpc_buffer_len(whole), &loaded, &error));
    CHECK(same_envelope(envelope, loaded));
    kpc_envelope_free(loaded);
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

    /* Without the index of the next box, which is not sent, as other clients store it. */
    OK(kpc_envelope_from_parts(kpc_buffer_data(ciphertext), kpc_buffer_len(ciphertext),
                               kpc_buffer_data(descriptor), kpc_buffer_len(descriptor), &hash, NULL, &loaded,
                               &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_envelope_next_index(loaded, &next, &error));
    CHECK(kpc_test_filled(&next, 0, sizeof next));
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

/* Sends an envelope in one of the ways, waiting or not. Outputs as those of the calls. */
typedef enum way { PLAIN, NO_RETRY, RETURN_BOX_EXISTS } way;

static kpc_status sent(const kpc_test_stream *s, const kpc_envelope *envelope, int is_read, way how, int waiting,
                       kpc_buffer **plaintext, kpc_service *courier)
{
    const kpc_read_cap *reader = is_read ? &s->reader : NULL;
    const kpc_write_cap *writer = is_read ? NULL : &s->writer;
    uint32_t flags;
    kpc_status status;
    kpc_result *result;
    kpc_op op = 0;

    if (waiting && how == PLAIN) {
        return kpc_start_resending_encrypted_message(client, reader, writer, &s->first, -1, envelope, 0, KPC_SOON,
                                                     plaintext, courier, &error);
    }
    if (waiting && how == NO_RETRY) {
        return kpc_start_resending_encrypted_message_no_retry(client, reader, writer, &s->first, -1, envelope,
                                                              KPC_SOON, plaintext, courier, &error);
    }
    if (waiting) {
        return kpc_start_resending_encrypted_message_return_box_exists(
            client, reader, writer, &s->first, -1, envelope, KPC_SOON, plaintext, courier, &error);
    }
    /* The named functions have the waiting form only; flags do the same for this one. */
    flags = how == NO_RETRY ? KPC_START_NO_RETRY : how == PLAIN ? 0 : KPC_START_RETURN_BOX_EXISTS;
    OK(kpc_start_resending_encrypted_message_async(client, reader, writer, &s->first, -1, envelope, flags, KPC_SOON,
                                                   NULL, &op, &error));
    result = WAIT_FOR(client, op);
    status = kpc_start_resending_encrypted_message_result(result, plaintext, courier, &error);
    kpc_result_free(result);
    return status;
}

static long starts(void)
{
    return kpc_sim_count(&sim, "start_resending_encrypted_message");
}

/* Makes an envelope for the box and sends nothing; each is another one. */
static void encrypt_read(int waiting)
{
    kpc_test_stream s = kpc_test_stream_of((uint8_t)(10 + waiting));
    kpc_envelope *one = sealed(&s, NULL, waiting), *two = sealed(&s, NULL, waiting), *none = NULL;
    kpc_box_index next;
    long before = starts();

    CHECK(!same_envelope(one, two));
    OK(kpc_envelope_next_index(one, &next, &error));
    CHECK(follows(&next, &s.first));
    kpc_envelope_free(one);
    kpc_envelope_free(one);
    ERROR(KPC_ERR_BAD_HANDLE, kpc_envelope_next_index(one, &next, &error));
    kpc_envelope_free(two);
    ERROR(KPC_ERR_ARG_NULL, kpc_encrypt_read(client, &s.reader, NULL, KPC_SOON, &none, &error));
    CHECK(none == NULL && starts() == before);
}

static void encrypt_write(int waiting)
{
    kpc_test_stream s = kpc_test_stream_of((uint8_t)(12 + waiting));
    kpc_envelope *one = sealed(&s, "content", waiting), *two = sealed(&s, "content", waiting), *none = NULL;
    kpc_buffer *plaintext = NULL;
    kpc_box_index next;
    long before = starts();

    CHECK(!same_envelope(one, two));
    OK(kpc_envelope_next_index(one, &next, &error));
    CHECK(follows(&next, &s.first));
    ERROR(KPC_ERR_BOX_ID_NOT_FOUND,
          kpc_read_box(client, &s.reader, &s.first, KPC_START_NO_RETRY, KPC_SOON, &plaintext, &next, &error));
    CHECK(starts() == before + 1); /* which was that read */
    OK(sent(&s, one, 0, PLAIN, waiting, NULL, NULL));
    OK(kpc_read_box(client, &s.reader, &s.first, KPC_START_NO_RETRY, KPC_SOON, &plaintext, &next, &error));
    CHECK(holds(plaintext, "content"));
    ERROR(KPC_ERR_ARG_NULL, kpc_encrypt_write(client, &s.writer, &s.first, NULL, 1, KPC_SOON, &none, &error));
    CHECK(none == NULL);
    kpc_envelope_free(one);
    kpc_envelope_free(two);
}

/* What an envelope consists of has the sizes of the network, whatever it is for. */
static void envelope_ciphertext(void)
{
    kpc_test_stream s = kpc_test_stream_of(14);
    kpc_pigeonhole_geometry sizes;
    const char *const texts[] = {NULL, "", "x"};
    size_t i;

    OK(kpc_client_pigeonhole_geometry(client, &sizes, &error));
    for (i = 0; i < 3; i++) {
        kpc_envelope *envelope = sealed(&s, texts[i], 1);
        kpc_buffer *ciphertext = NULL, *descriptor = NULL;
        kpc_box_index next;
        kpc_hash hash;
        OK(kpc_envelope_ciphertext(envelope, &ciphertext, &error));
        OK(kpc_envelope_descriptor(envelope, &descriptor, &error));
        OK(kpc_envelope_hash(envelope, &hash, &error));
        OK(kpc_envelope_next_index(envelope, &next, &error));
        CHECK(kpc_buffer_len(ciphertext) == sizes.courier_query_write_length);
        CHECK(kpc_buffer_len(descriptor) > 32 && kpc_buffer_len(descriptor) < 1000);
        CHECK(!kpc_test_filled(&hash, 0, sizeof hash) && follows(&next, &s.first));
        saved_and_loaded(envelope);
        kpc_envelope_free(envelope);
        /* Buffers live on their own. */
        CHECK(!kpc_test_filled(kpc_buffer_data(ciphertext), 0, kpc_buffer_len(ciphertext)));
        kpc_buffer_free(ciphertext);
        kpc_buffer_free(descriptor);
    }
}

/* A write and a read: each answered once, with the plaintext and by which courier. */
static void start_resending_encrypted_message(int waiting)
{
    kpc_test_stream s = kpc_test_stream_of((uint8_t)(16 + waiting));
    kpc_envelope *write = sealed(&s, "by steps", waiting), *read = sealed(&s, NULL, waiting);
    kpc_buffer *plaintext = NULL;
    kpc_service courier;

    OK(sent(&s, write, 0, PLAIN, waiting, &plaintext, &courier));
    CHECK(holds(plaintext, "") && is_a_courier(&courier));
    OK(sent(&s, read, 1, PLAIN, waiting, &plaintext, &courier));
    CHECK(holds(plaintext, "by steps") && is_a_courier(&courier));
    /* The same once more, after it was stored; nobody needs to take what it gives. */
    OK(sent(&s, write, 0, PLAIN, waiting, NULL, NULL));
    kpc_envelope_free(write);
    kpc_envelope_free(read);
}

/* The envelope may go while it is sent; a read waits for its box. */
static void without_its_envelope(void)
{
    kpc_test_stream s = kpc_test_stream_of(18);
    kpc_envelope *read = sealed(&s, NULL, 0), *write = sealed(&s, "at last", 0);
    kpc_buffer *plaintext = NULL;
    kpc_result *result;
    kpc_op op = 0;

    OK(kpc_start_resending_encrypted_message_async(client, &s.reader, NULL, &s.first, -1, read, 0, KPC_SOON, NULL,
                                                   &op, &error));
    kpc_envelope_free(read);
    OK(sent(&s, write, 0, PLAIN, 0, NULL, NULL));
    kpc_envelope_free(write);
    result = WAIT_FOR(client, op);
    OK(kpc_start_resending_encrypted_message_result(result, &plaintext, NULL, &error));
    CHECK(holds(plaintext, "at last"));
    OK(kpc_start_resending_encrypted_message_result(result, NULL, NULL, &error));
    kpc_result_free(result);
}

/* Another content for a box that is there: told, where to send it plainly says nothing of it. */
static void start_resending_encrypted_message_return_box_exists(int waiting)
{
    kpc_test_stream s = kpc_test_stream_of((uint8_t)(20 + waiting));
    kpc_envelope *first = sealed(&s, "first", waiting), *second = sealed(&s, "second", waiting);
    kpc_buffer *plaintext = NULL;
    kpc_service courier;
    kpc_box_index next;

    OK(sent(&s, first, 0, RETURN_BOX_EXISTS, waiting, &plaintext, &courier));
    CHECK(holds(plaintext, "") && is_a_courier(&courier));
    plaintext = NULL;
    ERROR(KPC_ERR_BOX_ALREADY_EXISTS, sent(&s, second, 0, RETURN_BOX_EXISTS, waiting, &plaintext, &courier));
    CHECK(plaintext == NULL && courier.queue_len == 0);
    OK(sent(&s, second, 0, PLAIN, waiting, NULL, NULL));
    OK(kpc_read_box(client, &s.reader, &s.first, 0, KPC_SOON, &plaintext, &next, &error));
    CHECK(holds(plaintext, "first"));
    /* The flag says the same as the call. */
    ERROR(KPC_ERR_BOX_ALREADY_EXISTS,
          kpc_start_resending_encrypted_message(client, NULL, &s.writer, NULL, -1, second,
                                                KPC_START_RETURN_BOX_EXISTS, KPC_SOON, NULL, NULL, &error));
    kpc_envelope_free(first);
    kpc_envelope_free(second);
}

/* A box that is not there: told at once, where to read plainly would wait for it. */
static void start_resending_encrypted_message_no_retry(int waiting)
{
    kpc_test_stream s = kpc_test_stream_of((uint8_t)(22 + waiting));
    kpc_envelope *first = sealed(&s, NULL, waiting), *second = sealed(&s, NULL, waiting);
    kpc_buffer *plaintext = NULL;
    kpc_service courier;
    kpc_box_index next;

    ERROR(KPC_ERR_BOX_ID_NOT_FOUND, sent(&s, first, 1, NO_RETRY, waiting, &plaintext, &courier));
    CHECK(plaintext == NULL && courier.queue_len == 0);
    ERROR(KPC_ERR_BOX_ID_NOT_FOUND,
          kpc_start_resending_encrypted_message(client, &s.reader, NULL, &s.first, -1, first, KPC_START_NO_RETRY,
                                                KPC_SOON, &plaintext, NULL, &error));
    OK(kpc_write_box(client, &s.writer, &s.first, bytes("there"), 5, 0, KPC_SOON, &next, &error));
    OK(sent(&s, second, 1, NO_RETRY, waiting, &plaintext, &courier));
    CHECK(holds(plaintext, "there") && is_a_courier(&courier));
    kpc_envelope_free(first);
    kpc_envelope_free(second);
}

int main(void)
{
    int waiting;

    kpc_sim_start(&sim, "--instant");
    client = kpc_sim_connected(&sim);
    for (waiting = 0; waiting < 2; waiting++) {
        encrypt_read(waiting);
        encrypt_write(waiting);
        start_resending_encrypted_message(waiting);
        start_resending_encrypted_message_return_box_exists(waiting);
        start_resending_encrypted_message_no_retry(waiting);
    }
    envelope_ciphertext();
    without_its_envelope();
    CHECK(kpc_sim_until(&sim, "arq_entries", 0));
    kpc_client_free(client);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
