/* Calls about boxes and plain messages. */
#include "matrix.h"

#include <stdlib.h>
#include <string.h>

static void boxes_prepare(cell *cell)
{
    unsigned i;
    for (i = 0; i < cell->n; i++) {
        write_beside(cell, i);
    }
}

static const char *is_written(cell *cell, unsigned i)
{
    return read_beside(cell, i) == KPC_OK ? NULL : "was reported written, and cannot be read";
}

static const char *is_deleted(cell *cell, unsigned i)
{
    return read_beside(cell, i) == KPC_ERR_TOMBSTONE ? NULL : "was reported deleted, and is not";
}

static kpc_status write_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    char content[32];
    size_t len = content_of(cell, i, content, sizeof content);
    return kpc_write_box_async(cell->client, &cell->writer, &cell->index[i], (const uint8_t *)content, len, 0,
                               limit(cell), done, op, error);
}

static const char *write_judge(cell *cell, unsigned i, const kpc_result *result)
{
    kpc_box_index next;
    if (kpc_write_box_result(result, &next, NULL) != KPC_OK) {
        return "no next index";
    }
    return memcmp(&next, &cell->index[i + 1], sizeof next) == 0 ? NULL : "another index";
}

static kpc_status read_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    return kpc_read_box_async(cell->client, &cell->reader, &cell->index[i], 0, limit(cell), done, op, error);
}

static const char *read_judge(cell *cell, unsigned i, const kpc_result *result)
{
    kpc_buffer *found = NULL;
    kpc_box_index next;
    if (kpc_read_box_result(result, &found, &next, NULL) != KPC_OK) {
        return "no content";
    }
    return holds_content(cell, i, found) ? NULL : "the content of another box";
}

static kpc_status tombstone_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    return kpc_tombstone_box_async(cell->client, &cell->writer, &cell->index[i], limit(cell), done, op, error);
}

static const char *tombstone_judge(cell *cell, unsigned i, const kpc_result *result)
{
    kpc_box_index next;
    if (kpc_tombstone_box_result(result, &next, NULL) != KPC_OK) {
        return "no next index";
    }
    return memcmp(&next, &cell->index[i + 1], sizeof next) == 0 ? NULL : "another index";
}

static kpc_status encrypt_read_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op,
                                     kpc_error **error)
{
    return kpc_encrypt_read_async(cell->client, &cell->reader, &cell->index[i], limit(cell), done, op, error);
}

static const char *envelope_judge(cell *cell, unsigned i, kpc_status status, kpc_envelope *envelope)
{
    kpc_box_index next;
    if (status == KPC_OK) {
        status = kpc_envelope_next_index(envelope, &next, NULL);
    }
    kpc_envelope_free(envelope);
    if (status != KPC_OK) {
        return "no envelope";
    }
    return memcmp(&next, &cell->index[i + 1], sizeof next) == 0 ? NULL : "the envelope of another box";
}

static const char *encrypt_read_judge(cell *cell, unsigned i, const kpc_result *result)
{
    kpc_envelope *envelope = NULL;
    kpc_status status = kpc_encrypt_read_result(result, &envelope, NULL);
    return envelope_judge(cell, i, status, envelope);
}

static kpc_status encrypt_write_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op,
                                      kpc_error **error)
{
    char content[32];
    size_t len = content_of(cell, i, content, sizeof content);
    return kpc_encrypt_write_async(cell->client, &cell->writer, &cell->index[i], (const uint8_t *)content, len,
                                   limit(cell), done, op, error);
}

static const char *encrypt_write_judge(cell *cell, unsigned i, const kpc_result *result)
{
    kpc_envelope *envelope = NULL;
    kpc_status status = kpc_encrypt_write_result(result, &envelope, NULL);
    return envelope_judge(cell, i, status, envelope);
}

static void envelopes_of_writes(cell *cell)
{
    unsigned i;
    for (i = 0; i < cell->n; i++) {
        char content[32];
        size_t len = content_of(cell, i, content, sizeof content);
        must(cell,
             kpc_encrypt_write(cell->helper, &cell->writer, &cell->index[i], (const uint8_t *)content, len, WAIT,
                               (kpc_envelope **)&cell->things[i], NULL),
             "encrypt_write");
    }
}

static void envelopes_of_reads(cell *cell)
{
    unsigned i;
    boxes_prepare(cell);
    for (i = 0; i < cell->n; i++) {
        must(cell,
             kpc_encrypt_read(cell->helper, &cell->reader, &cell->index[i], WAIT, (kpc_envelope **)&cell->things[i],
                              NULL),
             "encrypt_read");
    }
}

static void envelopes_clear(cell *cell)
{
    unsigned i;
    for (i = 0; i < cell->n; i++) {
        kpc_envelope_free((kpc_envelope *)cell->things[i]);
    }
}

static kpc_status send_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    return kpc_start_resending_encrypted_message_async(cell->client, NULL, &cell->writer, &cell->index[i], -1,
                                                       (kpc_envelope *)cell->things[i], 0, limit(cell), done, op,
                                                       error);
}

static const char *send_judge(cell *cell, unsigned i, const kpc_result *result)
{
    (void)cell;
    (void)i;
    return kpc_start_resending_encrypted_message_result(result, NULL, NULL, NULL) == KPC_OK ? NULL : "no result";
}

static kpc_status send_exists_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op,
                                    kpc_error **error)
{
    return kpc_start_resending_encrypted_message_async(cell->client, NULL, &cell->writer, &cell->index[i], -1,
                                                       (kpc_envelope *)cell->things[i], KPC_START_RETURN_BOX_EXISTS,
                                                       limit(cell), done, op, error);
}

static kpc_status fetch_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    return kpc_start_resending_encrypted_message_async(cell->client, &cell->reader, NULL, &cell->index[i], -1,
                                                       (kpc_envelope *)cell->things[i], 0, limit(cell), done, op,
                                                       error);
}

static kpc_status fetch_once_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    return kpc_start_resending_encrypted_message_async(cell->client, &cell->reader, NULL, &cell->index[i], -1,
                                                       (kpc_envelope *)cell->things[i], KPC_START_NO_RETRY,
                                                       limit(cell), done, op, error);
}

static const char *fetch_judge(cell *cell, unsigned i, const kpc_result *result)
{
    kpc_buffer *found = NULL;
    if (kpc_start_resending_encrypted_message_result(result, &found, NULL, NULL) != KPC_OK) {
        return "no content";
    }
    return holds_content(cell, i, found) ? NULL : "the content of another box";
}

/* Reads of boxes that nobody writes, so that there is something to cancel. */
static void running_prepare(cell *cell)
{
    unsigned i;
    for (i = 0; i < cell->n; i++) {
        kpc_envelope *envelope = NULL;
        must(cell, kpc_encrypt_read(cell->client, &cell->reader, &cell->index[i], WAIT, &envelope, NULL),
             "encrypt_read");
        must(cell, kpc_envelope_hash(envelope, &cell->hashes[i], NULL), "hash");
        must(cell,
             kpc_start_resending_encrypted_message_async(cell->client, &cell->reader, NULL, &cell->index[i], -1,
                                                         envelope, 0, WAIT, NULL, (kpc_op *)&cell->numbers[i], NULL),
             "start_resending");
        kpc_envelope_free(envelope);
    }
}

static kpc_status cancel_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    return kpc_cancel_resending_encrypted_message_async(cell->client, &cell->hashes[i], limit(cell), done, op,
                                                        error);
}

static const char *cancel_judge(cell *cell, unsigned i, const kpc_result *result)
{
    (void)cell;
    (void)i;
    return kpc_cancel_resending_encrypted_message_result(result, NULL) == KPC_OK ? NULL : "no result";
}

/* Takes what was not looked at, or the client would keep it. */
void take_results(cell *cell)
{
    unsigned i;
    for (i = 0; i < cell->n && !cell->is_closed; i++) {
        kpc_result *result = NULL;
        (void)!kpc_op_wait(cell->client, (kpc_op)cell->numbers[i], WAIT, &result, NULL);
        kpc_result_free(result);
    }
}

/* What was cancelled is over, and says so. */
const char *is_cancelled(cell *cell, unsigned i)
{
    kpc_result *result = NULL;
    kpc_status status = KPC_ERR_INTERNAL;
    if (kpc_op_wait(cell->client, (kpc_op)cell->numbers[i], WAIT, &result, NULL) == KPC_OK) {
        status = kpc_result_status(result);
    }
    kpc_result_free(result);
    return status == KPC_ERR_START_RESENDING_CANCELLED || cell->is_closed ? NULL : "was not cancelled";
}

static void echo_prepare(cell *cell)
{
    must(cell, kpc_client_get_service(cell->helper, "echo", &cell->service, NULL), "the echo service");
}

static kpc_status echo_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    char content[32];
    size_t len = content_of(cell, i, content, sizeof content);
    return kpc_send_message_await_reply_async(cell->client, &cell->service, (const uint8_t *)content, len,
                                              limit(cell), done, op, error);
}

static const char *is_echo(cell *cell, unsigned i, kpc_status status, kpc_buffer *reply)
{
    size_t len = 0;
    int same;
    if (status == KPC_OK) {
        /* Padded with zeros. */
        const uint8_t *all = kpc_buffer_data(reply);
        const void *end = memchr(all, 0, kpc_buffer_len(reply));
        len = end != NULL ? (size_t)((const uint8_t *)end - all) : kpc_buffer_len(reply);
    }
    same = status == KPC_OK && is_content(cell, i, kpc_buffer_data(reply), len);
    kpc_buffer_free(reply);
    return same ? NULL : "the reply to another message";
}

static const char *echo_judge(cell *cell, unsigned i, const kpc_result *result)
{
    kpc_buffer *reply = NULL;
    kpc_status status = kpc_send_message_await_reply_result(result, &reply, NULL);
    return is_echo(cell, i, status, reply);
}

static kpc_status reliable_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    char content[32];
    size_t len = content_of(cell, i, content, sizeof content);
    return kpc_send_reliable_message_await_reply_async(cell->client, NULL, &cell->service, (const uint8_t *)content,
                                                       len, limit(cell), done, op, error);
}

static const char *reliable_judge(cell *cell, unsigned i, const kpc_result *result)
{
    kpc_buffer *reply = NULL;
    kpc_status status = kpc_send_reliable_message_await_reply_result(result, &reply, NULL);
    return is_echo(cell, i, status, reply);
}

#define ALL MOST, NULL, {0}
#define MAY_BE_LOST MOST, NULL, {KPC_ERR_CONNECTION_LOST, KPC_ERR_OFFLINE, KPC_ERR_TIMEOUT}
/* They are refused while there is no mixnet, and sent again afterwards otherwise. */
#define NOT_OFFLINE MOST, NULL, {KPC_ERR_OFFLINE}
const call calls_boxes[] = {
    {"write_box", BOTH_NEW, ALL, NULL, write_begin, write_judge, is_written, NULL},
    {"read_box", BOTH_NEW, ALL, boxes_prepare, read_begin, read_judge, NULL, NULL},
    {"tombstone_box", BOTH_NEW, ALL, boxes_prepare, tombstone_begin, tombstone_judge, is_deleted, NULL},
    {"encrypt_read", BOTH_NEW, ALL, NULL, encrypt_read_begin, encrypt_read_judge, NULL, NULL},
    {"encrypt_write", BOTH_NEW, ALL, NULL, encrypt_write_begin, encrypt_write_judge, NULL, NULL},
    {"start_resending (write)", BOTH_NEW, ALL, envelopes_of_writes, send_begin, send_judge, is_written,
     envelopes_clear},
    {"start_resending (write, return box exists)", TODAY, ALL, envelopes_of_writes, send_exists_begin, send_judge,
     is_written, envelopes_clear},
    {"start_resending (read)", BOTH_NEW, ALL, envelopes_of_reads, fetch_begin, fetch_judge, NULL, envelopes_clear},
    {"start_resending (read, no retry)", BOTH_NEW, ALL, envelopes_of_reads, fetch_once_begin, fetch_judge, NULL,
     envelopes_clear},
    {"cancel_resending", BOTH_NEW, ALL, running_prepare, cancel_begin, cancel_judge, is_cancelled, take_results},
    {"send_message_await_reply", EVERY, MAY_BE_LOST, echo_prepare, echo_begin, echo_judge, NULL, NULL},
    {"send_reliable_message_await_reply", EVERY, NOT_OFFLINE, echo_prepare, reliable_begin, reliable_judge, NULL, NULL},
    {NULL, 0, 0, NULL, {0}, NULL, NULL, NULL, NULL, NULL},
};
