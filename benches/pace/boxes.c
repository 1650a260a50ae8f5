#include "boxes.h"

#include <stdlib.h>
#include <string.h>

#include "../report.h"

/* A frame that is being written: CBOR behind four bytes of length. */
struct frame {
    uint8_t bytes[8192];
    size_t len;
};

static void put(struct frame *frame, const void *bytes, size_t len)
{
    if (frame->len + len > sizeof frame->bytes)
        fail("a frame", "too long");
    memcpy(frame->bytes + frame->len, bytes, len);
    frame->len += len;
}

static void head(struct frame *frame, uint8_t major, size_t value)
{
    uint8_t bytes[3] = {(uint8_t)(major << 5 | 25), (uint8_t)(value >> 8), (uint8_t)value};
    put(frame, bytes, sizeof bytes);
}

static void text(struct frame *frame, const char *value)
{
    head(frame, 3, strlen(value));
    put(frame, value, strlen(value));
}

static void bytes(struct frame *frame, const char *key, const void *value, size_t len)
{
    text(frame, key);
    head(frame, 2, len);
    put(frame, value, len);
}

static void flag(struct frame *frame, const char *key, int value)
{
    uint8_t byte = value ? 0xf5 : 0xf4;
    text(frame, key);
    put(frame, &byte, 1);
}

static void begin(struct frame *frame, const char *kind, size_t fields, uint64_t number)
{
    uint8_t id[16] = {0};
    frame->len = 4;
    head(frame, 5, 1);
    text(frame, kind);
    head(frame, 5, fields);
    memcpy(id, &number, sizeof number);
    bytes(frame, "query_id", id, sizeof id);
}

static void send_frame(struct bare *bare, struct frame *frame)
{
    size_t len = frame->len - 4;
    frame->bytes[0] = (uint8_t)(len >> 24);
    frame->bytes[1] = (uint8_t)(len >> 16);
    frame->bytes[2] = (uint8_t)(len >> 8);
    frame->bytes[3] = (uint8_t)len;
    bare_write(bare, frame->bytes, frame->len);
}

void bare_ask_read(struct bare *bare, uint64_t number, const kpc_read_cap *cap,
                   const kpc_box_index *index)
{
    struct frame frame;
    begin(&frame, "encrypt_read", 3, number);
    bytes(&frame, "read_cap", cap, sizeof *cap);
    bytes(&frame, "message_box_index", index, sizeof *index);
    send_frame(bare, &frame);
}

void bare_ask_write(struct bare *bare, uint64_t number, const kpc_write_cap *cap,
                    const kpc_box_index *index)
{
    struct frame frame;
    begin(&frame, "encrypt_write", 4, number);
    bytes(&frame, "write_cap", cap, sizeof *cap);
    bytes(&frame, "message_box_index", index, sizeof *index);
    bytes(&frame, "plaintext", "x", 1);
    send_frame(bare, &frame);
}

void bare_start(struct bare *bare, uint64_t number, const kpc_read_cap *read_cap,
                const kpc_write_cap *write_cap, const kpc_box_index *index,
                const struct bare_envelope *envelope, int no_retry)
{
    struct frame frame;
    begin(&frame, "start_resending_encrypted_message", 8, number);
    if (read_cap != NULL)
        bytes(&frame, "read_cap", read_cap, sizeof *read_cap);
    else
        bytes(&frame, "write_cap", write_cap, sizeof *write_cap);
    bytes(&frame, "message_box_index", index, sizeof *index);
    bytes(&frame, "envelope_descriptor", envelope->descriptor, envelope->descriptor_len);
    bytes(&frame, "message_ciphertext", envelope->ciphertext, envelope->ciphertext_len);
    bytes(&frame, "envelope_hash", envelope->hash, sizeof envelope->hash);
    flag(&frame, "no_retry_on_box_id_not_found", no_retry);
    flag(&frame, "no_idempotent_box_already_exists", 0);
    send_frame(bare, &frame);
}

/* Where the value of a key begins, or NULL. The values here hold no such texts. */
static const uint8_t *find(const uint8_t *frame, size_t len, const char *key)
{
    size_t n = strlen(key);
    for (size_t i = 0; i + n < len; i++)
        if (memcmp(frame + i, key, n) == 0)
            return frame + i + n;
    return NULL;
}

/* The byte string of a key; NULL and 0 where it is null or not there. */
static const uint8_t *bytes_of(const uint8_t *frame, size_t len, const char *key, size_t *n)
{
    const uint8_t *at = find(frame, len, key);
    *n = 0;
    if (at == NULL || at[0] >> 5 != 2)
        return NULL;
    uint8_t info = at[0] & 31;
    if (info < 24) {
        *n = info;
        return at + 1;
    }
    if (info == 24) {
        *n = at[1];
        return at + 2;
    }
    *n = (size_t)at[1] << 8 | at[2];
    return at + 3;
}

static uint8_t *copy_of(const uint8_t *from, size_t len)
{
    uint8_t *copy = malloc(len + 1);
    if (copy == NULL)
        fail("malloc", "no memory");
    if (len > 0)
        memcpy(copy, from, len);
    return copy;
}

void bare_envelope_free(struct bare_envelope *envelope)
{
    free(envelope->ciphertext);
    free(envelope->descriptor);
}

static int is_kind(const uint8_t *frame, size_t len, const char *kind)
{
    const uint8_t *at = find(frame, len, kind);
    return at != NULL && at[0] != 0xf6; /* null: another kind of message */
}

void bare_next(struct bare *bare, struct bare_reply *reply)
{
    for (;;) {
        const uint8_t *frame, *value;
        size_t n, len = bare_read(bare, &frame);
        int is_start = is_kind(frame, len, "start_resending_encrypted_message_reply");
        memset(reply, 0, sizeof *reply);
        reply->is_envelope = is_kind(frame, len, "encrypt_read_reply") ||
                             is_kind(frame, len, "encrypt_write_reply");
        value = bytes_of(frame, len, "query_id", &n);
        if ((!is_start && !reply->is_envelope) || value == NULL || n != 16)
            continue;
        memcpy(&reply->number, value, sizeof reply->number);
        value = find(frame, len, "error_code");
        reply->error_code = value == NULL ? 0 : value[0] < 24 ? value[0] : value[1];
        if (reply->is_envelope && reply->error_code == 0) {
            struct bare_envelope *envelope = &reply->envelope;
            value = bytes_of(frame, len, "message_ciphertext", &envelope->ciphertext_len);
            envelope->ciphertext = copy_of(value, envelope->ciphertext_len);
            value = bytes_of(frame, len, "envelope_descriptor", &envelope->descriptor_len);
            envelope->descriptor = copy_of(value, envelope->descriptor_len);
            value = bytes_of(frame, len, "envelope_hash", &n);
            if (value == NULL || n != sizeof envelope->hash)
                fail("an envelope", "without its hash");
            memcpy(envelope->hash, value, n);
        }
        return;
    }
}
