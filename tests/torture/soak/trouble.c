/* What goes wrong at random, and is mended again. */
#define _POSIX_C_SOURCE 200809L
#include "soak.h"

#include <time.h>

typedef struct trouble {
    const char *name;
    /* What the simulator is told, and what mends it. */
    const char *say, *mend;
    /* Or what the relay does to frames. */
    int is_order;
    relay_order order;
    void (*act)(void);
    unsigned long times;
} trouble;

static void deafen_daemon(void)
{
    relay_deafen(TO_DAEMON);
}

static void deafen_clients(void)
{
    relay_deafen(TO_CLIENT);
}

static void refuse(void)
{
    relay_refuse();
    relay_cut();
}

static void stop_daemon(void)
{
    stop_for(world_pid(), 40);
}

static void stop_program(void)
{
    stop_me_for(40);
}

#define SAID(say, mend) say, mend, 0, {TO_DAEMON, DROP, 0, 0, 0}, NULL, 0
#define ORDER(way, deed, times) NULL, NULL, 1, {way, deed, 0, times, 0}, NULL, 0
#define DONE_BY(act) NULL, NULL, 0, {TO_DAEMON, DROP, 0, 0, 0}, act, 0
static trouble troubles[] = {
    {"cut before a request", ORDER(TO_DAEMON, CUT_BEFORE, 1)},
    {"cut within a request", ORDER(TO_DAEMON, CUT_WITHIN, 1)},
    {"cut after a request", ORDER(TO_DAEMON, CUT_AFTER, 1)},
    {"cut before a reply", ORDER(TO_CLIENT, CUT_BEFORE, 1)},
    {"cut within a reply", ORDER(TO_CLIENT, CUT_WITHIN, 1)},
    {"cut after a reply", ORDER(TO_CLIENT, CUT_AFTER, 1)},
    {"all connections cut", DONE_BY(relay_cut)},
    {"gone and back", DONE_BY(refuse)},
    {"replies come twice", ORDER(TO_CLIENT, TWICE, 20)},
    {"replies come late", ORDER(TO_CLIENT, LATE, 8)},
    {"replies come out of order", ORDER(TO_CLIENT, SWAP, 20)},
    {"garbage before a reply", ORDER(TO_CLIENT, GARBAGE_BEFORE, 1)},
    {"a frame that is too long", ORDER(TO_CLIENT, OVERSIZE, 1)},
    {"replies byte by byte", ORDER(TO_CLIENT, BYTEWISE, 8)},
    {"requests byte by byte", ORDER(TO_DAEMON, BYTEWISE, 8)},
    {"the daemon reads nothing for a while", DONE_BY(deafen_daemon)},
    {"the daemon says nothing for a while", DONE_BY(deafen_clients)},
    {"the daemon is stopped", DONE_BY(stop_daemon)},
    {"the program is stopped", DONE_BY(stop_program)},
    {"restart", SAID("restart", NULL)},
    {"restart, graceful", SAID("restart graceful", NULL)},
    {"restart, down for a while", SAID("restart 30", NULL)},
    {"down and up", SAID("down", "up")},
    {"offline and online", SAID("offline", "online")},
    {"packets held, then released", SAID("hold", "release")},
    {"half a frame", SAID("cut-mid-frame", NULL)},
    {"an empty frame", SAID("empty", NULL)},
    {"writes of 7 bytes", SAID("split 7", "split off")},
    {"a first frame that is late", SAID("hold-first-frame 20", "hold-first-frame 0")},
    {"losses that are noticed late", SAID("late-close 30", "late-close 0")},
};
enum { TROUBLES = sizeof troubles / sizeof troubles[0] };

void trouble_once(dice *dice)
{
    trouble *trouble = &troubles[roll(dice, TROUBLES)];
    /* How far operations get in between differs from one time to the next. */
    struct timespec pause = {0, (long)(1 + roll(dice, 60)) * 1000000}, peace = {0, (long)roll(dice, 250) * 1000000};
    if (trouble->is_order) {
        relay_order order = trouble->order;
        order.skip = roll(dice, 6);
        order.where = roll(dice, 4096);
        relay_give(&order);
    } else if (trouble->act != NULL) {
        trouble->act();
    } else {
        world_say("%s", trouble->say);
    }
    trouble->times++;
    count(FAULTS);
    nanosleep(&pause, NULL);
    relay_mend();
    if (trouble->mend != NULL) {
        world_say("%s", trouble->mend);
    }
    nanosleep(&peace, NULL);
}

void trouble_end(void)
{
    relay_mend();
    world_say("clear");
}

void print_troubles(void)
{
    unsigned i, kinds = 0;
    for (i = 0; i < TROUBLES; i++) {
        kinds += troubles[i].times > 0;
        printf("  %6lu  %s\n", troubles[i].times, troubles[i].name);
    }
    printf("%u of %u kinds of faults\n", kinds, (unsigned)TROUBLES);
}
