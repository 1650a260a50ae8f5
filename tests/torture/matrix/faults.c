/* What happens to a client while its operations are under way, and how much is under way. */
#include "matrix.h"

#include <stddef.h>

enum { PAUSE = 60 };

static void cut_now(cell *cell)
{
    (void)cell;
    relay_cut();
}

/* The daemon is gone, and comes again. */
static void refuse(cell *cell)
{
    (void)cell;
    relay_refuse();
    relay_cut();
}

static void deafen_daemon(cell *cell)
{
    (void)cell;
    relay_deafen(TO_DAEMON);
}

static void deafen_client(cell *cell)
{
    (void)cell;
    relay_deafen(TO_CLIENT);
}

static void stop_daemon(cell *cell)
{
    (void)cell;
    stop_for(world_pid(), PAUSE);
}

static void stop_client(cell *cell)
{
    (void)cell;
    stop_me_for(PAUSE);
}

static void cut_and_back(cell *cell)
{
    (void)cell;
    world_say("late-close 30");
    relay_cut();
}

static void cancel_all(cell *cell)
{
    unsigned i;
    for (i = 0; i < cell->n; i++) {
        if (cell->ops[i].began) {
            (void)!kpc_op_cancel(cell->client, cell->ops[i].id, NULL);
        }
    }
}

static void close_client(cell *cell)
{
    cell->is_closed = 1;
    (void)!kpc_client_close(cell->client, WAIT, NULL);
}

static void free_client(cell *cell)
{
    cell->is_closed = 1;
    kpc_client_free(cell->client);
}

static void disconnect(cell *cell)
{
    (void)!kpc_client_disconnect(cell->client, NULL);
}

static void connect_again(cell *cell)
{
    kpc_error *error = NULL;
    if (kpc_client_connect(cell->client, WAIT, &error) != KPC_OK && !cell->is_closed &&
        kpc_error_status(error) != KPC_ERR_ALREADY_CONNECTED) {
        cell_fails(cell, "does not connect again: %s", kpc_error_message(error));
    }
    kpc_error_free(error);
}

#define ORDER(way, deed, times) 1, {way, deed, 0, times, 0}, NULL, NULL, NULL, NULL, {0}
#define SAID(say, mend) 0, {TO_DAEMON, DROP, 0, 0, 0}, say, mend, NULL, NULL, {0}
#define SAID_BY(say, mend, ...) 0, {TO_DAEMON, DROP, 0, 0, 0}, say, mend, NULL, NULL, {__VA_ARGS__}
#define DONE(act, undo) 0, {TO_DAEMON, DROP, 0, 0, 0}, NULL, NULL, act, undo, {0}
#define DONE_BY(act, ...) 0, {TO_DAEMON, DROP, 0, 0, 0}, NULL, NULL, act, NULL, {__VA_ARGS__}
const fault all_faults[] = {
    /* name, lasts, loses */
    {"none", 0, 0, DONE(NULL, NULL)},
    {"cut before a request", 0, 1, ORDER(TO_DAEMON, CUT_BEFORE, 1)},
    {"cut within a request", 0, 1, ORDER(TO_DAEMON, CUT_WITHIN, 1)},
    {"cut after a request", 0, 1, ORDER(TO_DAEMON, CUT_AFTER, 1)},
    {"cut before a reply", 0, 1, ORDER(TO_CLIENT, CUT_BEFORE, 1)},
    {"cut within a reply", 0, 1, ORDER(TO_CLIENT, CUT_WITHIN, 1)},
    {"cut after a reply", 0, 1, ORDER(TO_CLIENT, CUT_AFTER, 1)},
    {"cut within three requests", 0, 1, ORDER(TO_DAEMON, CUT_WITHIN, 3)},
    {"cut within three replies", 0, 1, ORDER(TO_CLIENT, CUT_WITHIN, 3)},
    {"all connections cut", 0, 1, DONE(cut_now, NULL)},
    {"cut, noticed late", 0, 1, DONE(cut_and_back, NULL)},
    {"gone and back", 0, 1, DONE(refuse, NULL)},
    {"gone", 1, 1, DONE(refuse, NULL)},
    {"restart", 0, 1, SAID("restart", NULL)},
    {"restart, graceful", 0, 1, SAID("restart graceful", NULL)},
    {"restart, down for a while", 0, 1, SAID("restart 40", NULL)},
    {"offline and online", 0, 1, SAID("offline", "online")},
    {"offline", 1, 1, SAID("offline", "online")},
    {"no document for a while", 0, 0, SAID_BY("document off", "document on", KPC_ERR_DAEMON_INTERNAL,
                                             KPC_ERR_DAEMON_SERVICE_UNAVAILABLE)},
    {"packets held, then released", 0, 0, SAID("hold", "release")},
    {"packets held", 1, 0, SAID("hold", "release")},
    {"a reply is lost", 1, 0, ORDER(TO_CLIENT, DROP, 1)},
    {"replies are lost", 1, 0, ORDER(TO_CLIENT, DROP, 1000000)},
    {"requests are lost", 1, 0, ORDER(TO_DAEMON, DROP, 1000000)},
    {"replies come twice", 0, 0, ORDER(TO_CLIENT, TWICE, 1000000)},
    {"replies come late", 0, 0, ORDER(TO_CLIENT, LATE, 4)},
    {"replies come out of order", 0, 0, ORDER(TO_CLIENT, SWAP, 1000000)},
    {"garbage before a reply", 0, 1, ORDER(TO_CLIENT, GARBAGE_BEFORE, 1)},
    {"a spoilt byte in a reply", 1, 1, ORDER(TO_CLIENT, GARBAGE_WITHIN, 1)},
    {"a frame that is too long", 0, 1, ORDER(TO_CLIENT, OVERSIZE, 1)},
    {"an empty frame", 0, 0, SAID("empty", NULL)},
    {"replies byte by byte", 0, 0, ORDER(TO_CLIENT, BYTEWISE, 12)},
    {"requests byte by byte", 0, 0, ORDER(TO_DAEMON, BYTEWISE, 12)},
    {"writes of 3 bytes", 0, 0, SAID("split 3", "split off")},
    {"the daemon reads nothing for a while", 0, 0, DONE(deafen_daemon, NULL)},
    {"the daemon reads nothing", 1, 0, DONE(deafen_daemon, NULL)},
    {"the daemon says nothing for a while", 0, 0, DONE(deafen_client, NULL)},
    {"the daemon says nothing", 1, 0, DONE(deafen_client, NULL)},
    {"the daemon is stopped", 0, 0, DONE(stop_daemon, NULL)},
    {"the program is stopped", 0, 0, DONE(stop_client, NULL)},
    {"all are cancelled", 0, 0, DONE_BY(cancel_all, KPC_ERR_CANCELLED)},
    {"the client is closed", 0, 0, DONE_BY(close_client, KPC_ERR_CLOSED)},
    {"the client is freed", 0, 0, DONE_BY(free_client, KPC_ERR_CLOSED, KPC_ERR_BAD_HANDLE)},
    {"disconnected, connected again", 0, 1, DONE(disconnect, connect_again)},
};
const unsigned fault_count = sizeof all_faults / sizeof all_faults[0];

const load all_loads[] = {
    {"handshake", 1, 1, 0}, {"idle", 1, 0, 1}, {"1", 1, 0, 0}, {"100", 100, 0, 0}, {"1000", MOST, 0, 0},
};
const unsigned load_count = sizeof all_loads / sizeof all_loads[0];

const era all_eras[] = {{"today", NULL, TODAY}, {"v0.0.73-rc1", "v0.0.73-rc1", RC1}, {"v0.0.72", "v0.0.72", OLD}};
const unsigned era_count = sizeof all_eras / sizeof all_eras[0];
