/* The player's calls about vouchers. */
#ifndef PLAYER_VOUCHERS_H
#define PLAYER_VOUCHERS_H

#include "player.h"

/* Says one of the byte strings that a voucher object holds. */
#define SAY_PART(name, getter)                                                                     \
    do {                                                                                           \
        kpc_buffer *part = NULL;                                                                   \
        TAKE(getter(made, &part, &call->error));                                                   \
        say_buffer(call, name, part);                                                              \
    } while (0)

static void say_stream(struct call *call, kpc_voucher *made)
{
    kpc_write_cap write_cap;
    kpc_read_cap read_cap;

    TAKE(kpc_voucher_stream(made, &write_cap, &read_cap, &call->error));
    SAY_VALUE("voucher_write_cap", write_cap);
    SAY_VALUE("voucher_read_cap", read_cap);
}

static void voucher_mint(struct call *call)
{
    kpc_write_cap cap = a_write_cap(call, "message_write_cap");
    struct bytes name = bytes(call, "display_name");
    kpc_buffer *secret_key = NULL, *public_key = NULL;
    kpc_voucher *made = NULL;
    kpc_hash hash;

    PLAY(kpc_voucher_mint, IN(&cap, (const char *)name.data, name.len), OUT(&made));
    TAKE(kpc_voucher_hash(made, &hash, &call->error));
    SAY_VALUE("voucher", hash);
    SAY_PART("voucher_payload", kpc_voucher_payload);
    say_stream(call, made);
    TAKE(kpc_voucher_keys(made, &secret_key, &public_key, &call->error));
    say_buffer(call, "voucher_secret_key", secret_key);
    say_buffer(call, "voucher_public_key", public_key);
    kpc_voucher_free(made);
}

static void voucher_derive_stream(struct call *call)
{
    kpc_hash voucher = a_hash(call, "voucher");
    kpc_write_cap write_cap;
    kpc_read_cap read_cap;

    PLAY(kpc_voucher_derive_stream, IN(&voucher), OUT(&write_cap, &read_cap));
    SAY_VALUE("voucher_write_cap", write_cap);
    SAY_VALUE("voucher_read_cap", read_cap);
}

static void voucher_induct(struct call *call)
{
    kpc_hash voucher = a_hash(call, "voucher");
    struct bytes payload = bytes(call, "voucher_payload"), who = bytes(call, "who_reply");
    kpc_voucher *made = NULL;
    kpc_read_cap read_cap;

    PLAY(kpc_voucher_induct, IN(&voucher, payload.data, payload.len, who.data, who.len), OUT(&made));
    SAY_PART("display_name", kpc_voucher_display_name);
    TAKE(kpc_voucher_message_read_cap(made, &read_cap, &call->error));
    SAY_VALUE("mutated_message_read_cap", read_cap);
    SAY_PART("sealed_reply", kpc_voucher_sealed_reply);
    say_stream(call, made);
    SAY_PART("salt", kpc_voucher_salt);
    kpc_voucher_free(made);
}

static void voucher_open(struct call *call)
{
    kpc_write_cap cap = a_write_cap(call, "message_write_cap"), changed_cap;
    struct bytes key = bytes(call, "voucher_secret_key"), reply = bytes(call, "sealed_reply");
    kpc_voucher *made = NULL;

    PLAY(kpc_voucher_open, IN(key.data, key.len, reply.data, reply.len, &cap), OUT(&made));
    SAY_PART("who_reply", kpc_voucher_who_reply);
    SAY_PART("salt", kpc_voucher_salt);
    TAKE(kpc_voucher_message_write_cap(made, &changed_cap, &call->error));
    SAY_VALUE("mutated_message_write_cap", changed_cap);
    kpc_voucher_free(made);
}

#endif
