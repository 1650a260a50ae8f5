/* Boxes over a bare socket: what a program does that speaks the protocol and nothing more. */
#ifndef PACE_BOXES_H
#define PACE_BOXES_H

#include <kpclient.h>
#include <stddef.h>
#include <stdint.h>

#include "../bare.h"

/* An envelope as the daemon made it. */
struct bare_envelope {
    uint8_t *ciphertext, *descriptor;
    size_t ciphertext_len, descriptor_len;
    uint8_t hash[32];
};

/* What came: the number given to the request, and whether it ended well. */
struct bare_reply {
    uint64_t number;
    int is_envelope;
    uint8_t error_code;
    struct bare_envelope envelope; /* of an encryption that went well; to be freed */
};

void bare_ask_read(struct bare *bare, uint64_t number, const kpc_read_cap *cap,
                   const kpc_box_index *index);
void bare_ask_write(struct bare *bare, uint64_t number, const kpc_write_cap *cap,
                    const kpc_box_index *index);
/* One of the capabilities is NULL. */
void bare_start(struct bare *bare, uint64_t number, const kpc_read_cap *read_cap,
                const kpc_write_cap *write_cap, const kpc_box_index *index,
                const struct bare_envelope *envelope, int no_retry);
void bare_envelope_free(struct bare_envelope *envelope);

/* Waits for the next reply to one of these. */
void bare_next(struct bare *bare, struct bare_reply *reply);

#endif
