/* A relay between clients and a simulator, on a thread of its own. It passes whole frames on, and
 * does to them what it was ordered: what networks, and daemons that are broken, do. */
#ifndef KPC_RELAY_H
#define KPC_RELAY_H

#include <stddef.h>
#include <stdint.h>

typedef enum relay_way { TO_DAEMON, TO_CLIENT } relay_way;

typedef enum relay_deed {
    /* The connection ends before the frame, within it, or right behind it. */
    CUT_BEFORE,
    CUT_WITHIN,
    CUT_AFTER,
    /* The frame is lost, and the connection stands. */
    DROP,
    /* It comes twice, unless it belongs to the daemon's greeting. */
    TWICE,
    /* It comes after the next one of its connection, or when the order ends; greetings do not. */
    SWAP,
    /* It comes when the order ends. */
    LATE,
    /* Bytes that are no CBOR, in a frame of their own before it, or in the frame. */
    GARBAGE_BEFORE,
    GARBAGE_WITHIN,
    /* A frame begins that is longer than any may be. */
    OVERSIZE,
    /* It begins byte by byte, for two thousand of them. */
    BYTEWISE
} relay_deed;

/* Holds for `times` frames of one direction, after `skip` others have passed. */
typedef struct relay_order {
    relay_way way;
    relay_deed deed;
    unsigned skip;
    unsigned times;
    /* Which byte CUT_WITHIN stops at and GARBAGE_WITHIN spoils, modulo the frame's length. */
    uint32_t where;
} relay_order;

/* Listens at an abstract address, which it writes down, and leads to the other one. */
void relay_start(const char *to, char *address, size_t size);
void relay_stop(void);
/* Replaces the order that is in force. */
void relay_give(const relay_order *order);
/* No order is in force, what is held comes, and everything is read. */
void relay_mend(void);
/* Reads nothing more from clients, or from the daemon, until it is mended. */
void relay_deafen(relay_way way);
/* Does not listen, until it is mended. */
void relay_refuse(void);
/* Ends all connections now. */
void relay_cut(void);
/* How many frames were ill-treated since the last order. */
unsigned relay_done(void);
/* How many connections there are. */
unsigned relay_connections(void);

#endif
