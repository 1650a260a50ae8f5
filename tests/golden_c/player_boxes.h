/* The player's calls about keys, boxes, documents and plain messages. */
#ifndef PLAYER_BOXES_H
#define PLAYER_BOXES_H

#include "player.h"

#define MAX_KEPT 64

/* Envelopes that were made, to be sent by their hash. */
static kpc_envelope *envelopes[MAX_KEPT];
static size_t envelope_count;

static void keep_envelope(kpc_envelope *envelope)
{
    pthread_mutex_lock(&mutex);
    if (envelope_count == MAX_KEPT) {
        give_up("too many", "envelopes");
    }
    envelopes[envelope_count++] = envelope;
    pthread_mutex_unlock(&mutex);
}

/* The envelope that was made with the hash that the call names. */
static const kpc_envelope *kept_envelope(struct call *call)
{
    kpc_hash wanted = a_hash(call, "envelope_hash"), hash;
    const kpc_envelope *found = NULL;
    size_t i;

    pthread_mutex_lock(&mutex);
    for (i = 0; i < envelope_count && found == NULL; i++) {
        if (kpc_envelope_hash(envelopes[i], &hash, NULL) == KPC_OK &&
            memcmp(&hash, &wanted, sizeof hash) == 0) {
            found = envelopes[i];
        }
    }
    pthread_mutex_unlock(&mutex);
    return found;
}

static void free_envelopes(void)
{
    while (envelope_count > 0) {
        kpc_envelope_free(envelopes[--envelope_count]);
    }
}

/* ---- Keys and indices -------------------------------------------------------------------------- */

static void new_keypair(struct call *call)
{
    struct bytes seed = bytes(call, "seed");
    kpc_write_cap write_cap;
    kpc_read_cap read_cap;
    kpc_box_index first;

    PLAY(kpc_new_keypair_remote, IN(seed.data, seed.len), OUT(&write_cap, &read_cap, &first));
    SAY_VALUE("write_cap", write_cap);
    SAY_VALUE("read_cap", read_cap);
    SAY_VALUE("first_message_index", first);
}

static void next_message_box_index(struct call *call)
{
    kpc_box_index index = an_index(call, "message_box_index"), next;

    PLAY(kpc_next_message_box_index_remote, IN(&index), OUT(&next));
    SAY_VALUE("next_message_box_index", next);
}

static void get_message_box_index_counter(struct call *call)
{
    kpc_box_index index = an_index(call, "message_box_index");
    uint64_t counter = 0;

    PLAY(kpc_get_message_box_index_counter_remote, IN(&index), OUT(&counter));
    say_number(call, "counter", counter);
}

/* ---- Boxes ------------------------------------------------------------------------------------- */

/* Says what an envelope is made of, and keeps it. */
static void say_envelope(struct call *call, kpc_envelope *envelope)
{
    kpc_buffer *ciphertext = NULL, *descriptor = NULL;
    kpc_hash hash;
    kpc_box_index next;

    TAKE(kpc_envelope_ciphertext(envelope, &ciphertext, &call->error));
    TAKE(kpc_envelope_descriptor(envelope, &descriptor, &call->error));
    TAKE(kpc_envelope_hash(envelope, &hash, &call->error));
    TAKE(kpc_envelope_next_index(envelope, &next, &call->error));
    say_buffer(call, "message_ciphertext", ciphertext);
    say_buffer(call, "envelope_descriptor", descriptor);
    SAY_VALUE("envelope_hash", hash);
    SAY_VALUE("next_message_box_index", next);
    if (envelope != NULL) {
        keep_envelope(envelope);
    }
}

static void encrypt_write(struct call *call)
{
    kpc_write_cap cap = a_write_cap(call, "write_cap");
    kpc_box_index index = an_index(call, "message_box_index");
    struct bytes plaintext = bytes(call, "plaintext");
    kpc_envelope *envelope = NULL;

    PLAY(kpc_encrypt_write, IN(&cap, &index, plaintext.data, plaintext.len), OUT(&envelope));
    say_envelope(call, envelope);
}

static void encrypt_read(struct call *call)
{
    kpc_read_cap cap = a_read_cap(call, "read_cap");
    kpc_box_index index = an_index(call, "message_box_index");
    kpc_envelope *envelope = NULL;

    PLAY(kpc_encrypt_read, IN(&cap, &index), OUT(&envelope));
    say_envelope(call, envelope);
}

static void say_courier(struct call *call, const kpc_service *courier)
{
    SAY_VALUE("courier_identity_hash", courier->node);
    say_bytes(call, "courier_queue_id", courier->queue, courier->queue_len);
}

/* The three functions differ in their name and in whether they take flags. */
static uint32_t box_flags(struct call *call)
{
    return (flag(call, "no_retry_on_box_id_not_found") ? KPC_START_NO_RETRY : 0) |
           (flag(call, "no_idempotent_box_already_exists") ? KPC_START_RETURN_BOX_EXISTS : 0);
}

static void start_resending_encrypted_message(struct call *call)
{
    const kpc_envelope *envelope = kept_envelope(call);
    bool reads = has(call, "read_cap");
    kpc_read_cap read_cap;
    kpc_write_cap write_cap;
    kpc_box_index index;
    const kpc_read_cap *reader = NULL;
    const kpc_write_cap *writer = NULL;
    const kpc_box_index *at = NULL;
    kpc_buffer *plaintext = NULL;
    kpc_service courier;

    memset(&courier, 0, sizeof courier);
    if (reads) {
        read_cap = a_read_cap(call, "read_cap");
        index = an_index(call, "message_box_index");
        reader = &read_cap;
        at = &index;
    } else {
        write_cap = a_write_cap(call, "write_cap");
        writer = &write_cap;
    }
    if (form == BLOCKING && flag(call, "no_retry_on_box_id_not_found")) {
        PLAY_ONE_FORM(kpc_start_resending_encrypted_message_no_retry,
                     IN(reader, writer, at, replica(call), envelope, KPC_FOREVER),
                     OUT(&plaintext, &courier));
    } else if (form == BLOCKING && flag(call, "no_idempotent_box_already_exists")) {
        PLAY_ONE_FORM(kpc_start_resending_encrypted_message_return_box_exists,
                     IN(reader, writer, at, replica(call), envelope, KPC_FOREVER),
                     OUT(&plaintext, &courier));
    } else {
        PLAY(kpc_start_resending_encrypted_message,
             IN(reader, writer, at, replica(call), envelope, box_flags(call)),
             OUT(&plaintext, &courier));
    }
    if (reads || kpc_buffer_len(plaintext) > 0) {
        say_buffer(call, "plaintext", plaintext);
    } else {
        kpc_buffer_free(plaintext);
    }
    say_courier(call, &courier);
}

static void cancel_resending_encrypted_message(struct call *call)
{
    kpc_hash hash = a_hash(call, "envelope_hash");

    PLAY(kpc_cancel_resending_encrypted_message, IN(&hash), NONE);
}

/* ---- Boxes, at once ---------------------------------------------------------------------------- */

static void write_box(struct call *call)
{
    kpc_write_cap cap = a_write_cap(call, "write_cap");
    kpc_box_index index = an_index(call, "message_box_index"), next;
    struct bytes plaintext = bytes(call, "plaintext");

    if (plaintext.len == 0) {
        PLAY(kpc_tombstone_box, IN(&cap, &index), OUT(&next));
    } else {
        const uint32_t flags =
            flag(call, "no_idempotent_box_already_exists") ? 0 : KPC_WRITE_UNCHECKED;
        PLAY(kpc_write_box, IN(&cap, &index, plaintext.data, plaintext.len, flags),
             OUT(&next));
    }
    SAY_VALUE("next_message_box_index", next);
}

static void read_box(struct call *call)
{
    kpc_read_cap cap = a_read_cap(call, "read_cap");
    kpc_box_index index = an_index(call, "message_box_index"), next;
    kpc_buffer *plaintext = NULL;

    PLAY(kpc_read_box, IN(&cap, &index, box_flags(call)), OUT(&plaintext, &next));
    say_buffer(call, "plaintext", plaintext);
    SAY_VALUE("next_message_box_index", next);
}

/* ---- Documents --------------------------------------------------------------------------------- */

static void get_pki_document(struct call *call)
{
    kpc_buffer *payload = NULL;
    uint64_t epoch = 0;

    PLAY(kpc_get_pki_document_raw, IN(number(call, "epoch", 0)), OUT(&payload, &epoch));
    say_buffer(call, "payload", payload);
    say_number(call, "epoch", epoch);
}

/* Says one text of one authority. */
#define SAY_TEXT(name)                                                                             \
    do {                                                                                           \
        kpc_buffer *text = NULL;                                                                   \
        char full[64];                                                                             \
        snprintf(full, sizeof full, "authorities.%lu." #name, (unsigned long)at);                  \
        TAKE(kpc_authorities_##name##_at(authorities, at, &text, &call->error));                   \
        say_buffer(call, full, text);                                                              \
    } while (0)

static void say_authority(struct call *call, const kpc_authorities *authorities, size_t at)
{
    kpc_hash hash;
    char name[64];
    size_t i;

    SAY_TEXT(identifier);
    SAY_TEXT(pki_signature_scheme);
    SAY_TEXT(wire_kem_scheme);
    SAY_TEXT(identity_public_key_pem);
    SAY_TEXT(link_public_key_pem);
    TAKE(kpc_authorities_identity_key_hash_at(authorities, at, &hash, &call->error));
    snprintf(name, sizeof name, "authorities.%lu.identity_key_hash", (unsigned long)at);
    SAY_VALUE(name, hash);
    for (i = 0; i < kpc_authorities_address_count_at(authorities, at); i++) {
        kpc_buffer *address = NULL;
        TAKE(kpc_authorities_address_at(authorities, at, i, &address, &call->error));
        snprintf(name, sizeof name, "authorities.%lu.addresses.%lu", (unsigned long)at,
                 (unsigned long)i);
        say_buffer(call, name, address);
    }
}

static void get_directory_authorities(struct call *call)
{
    kpc_authorities *authorities = NULL;
    size_t i;

    PLAY(kpc_get_directory_authorities, NONE, OUT(&authorities));
    for (i = 0; i < kpc_authorities_count(authorities); i++) {
        say_authority(call, authorities, i);
    }
    kpc_authorities_free(authorities);
}

/* ---- Plain messages ---------------------------------------------------------------------------- */

static void send_message(struct call *call)
{
    kpc_service service = a_service(call, "destination_id_hash", "recipient_queue_id");
    struct bytes payload = bytes(call, "payload");
    kpc_id surb_id, message_id;

    if (flag(call, "awaited")) {
        kpc_buffer *reply = NULL;
        PLAY(kpc_send_message_await_reply, IN(&service, payload.data, payload.len), OUT(&reply));
        say_buffer(call, "payload", reply);
        return;
    }
    if (flag(call, "with_surb")) {
        surb_id = an_id(call, "surbid");
        PLAY_ONE_FORM(kpc_send_message, IN(&surb_id, &service, payload.data, payload.len),
                     OUT(&message_id));
    } else {
        PLAY_ONE_FORM(kpc_send_message_without_reply, IN(&service, payload.data, payload.len),
                     OUT(&message_id));
    }
    SAY_VALUE("message_id", message_id);
}

static void send_arq_message(struct call *call)
{
    kpc_service service = a_service(call, "destination_id_hash", "recipient_queue_id");
    struct bytes payload = bytes(call, "payload");
    kpc_id id = an_id(call, "id");
    kpc_buffer *reply = NULL;

    if (!flag(call, "awaited")) {
        PLAY_ONE_FORM(kpc_send_reliable_message, IN(&id, &service, payload.data, payload.len), NONE);
        return;
    }
    PLAY(kpc_send_reliable_message_await_reply, IN(&id, &service, payload.data, payload.len),
         OUT(&reply));
    say_buffer(call, "payload", reply);
}

#endif
