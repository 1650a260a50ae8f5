/* What the programs here share: a simulator, a relay before it, clients through it and beside it,
 * and what a process can count of itself. */
#ifndef KPC_WORLD_H
#define KPC_WORLD_H

#include "kpclient.h"

#include <stdint.h>

/* Numbers that a seed makes. */
typedef struct dice {
    uint64_t state;
} dice;

dice dice_of(uint64_t seed, const char *name);
uint32_t roll(dice *dice, uint32_t below);

/* Starts a simulator of this protocol, or of none if NULL for today's, and the relay. */
void world_start(const char *protocol, const char *options);
void world_end(void);
/* Tells the simulator something. Any thread. */
void world_say(const char *format, ...);
/* A number of its statistics. */
long world_count(const char *name);
/* Waits until it is this; whether it came about. */
int world_until(const char *name, long value);
/* The simulator's process. */
int world_pid(void);

/* A client that is not connected: through the relay, or beside it and with all that it ever has. */
kpc_client *world_client(int through_relay);
/* Connects it, and waits until it has asked what it asks each daemon. Ends the program if it cannot. */
void world_connect(kpc_client *client);
/* A stream of boxes that only this number gives. */
void world_stream(uint64_t number, kpc_write_cap *writer, kpc_read_cap *reader, kpc_box_index *first);

int64_t now_ms(void);
void nap(void);
/* Sends a process SIGSTOP, and SIGCONT after so many milliseconds; waits until that is over. */
void stop_for(int pid, int ms);
/* The same for this process. */
void stop_me_for(int ms);

/* What this process has. */
typedef struct counted {
    long descriptors;
    long threads;
    /* Bytes that are allocated, and bytes that are resident. */
    long heap;
    long resident;
} counted;

counted count_me(void);

/* Prints and ends the program: something beside the matter is broken. */
void give_up(const char *what);

#endif
