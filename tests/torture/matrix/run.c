/* The course of one cell. */
#define _POSIX_C_SOURCE 200809L
#include "matrix.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* How long a fault that does not last is there, in milliseconds. */
enum { WHILE = 30, HANDSHAKE = 300 };

static void pause_for(int ms)
{
    struct timespec pause = {0, (long)ms * 1000000};
    nanosleep(&pause, NULL);
}

static void set_up(cell *cell, kpc_client *helper, uint64_t seed)
{
    unsigned i;
    cell->dice = dice_of(seed, cell->name);
    cell->helper = helper;
    cell->n = cell->load->operations;
    cell->numbers[MOST - 1] = (uint64_t)roll(&cell->dice, UINT32_MAX) << 16;
    world_stream(cell->numbers[MOST - 1], &cell->writer, &cell->reader, &cell->index[0]);
    for (i = 0; i < cell->n; i++) {
        cell->ops[i].cell = cell;
        cell->ops[i].number = i;
        must(cell, kpc_next_message_box_index(&cell->index[i], &cell->index[i + 1], NULL), "next index");
    }
}

/* The fault begins. */
static void strike(cell *cell)
{
    const fault *fault = cell->fault;
    if (fault->say != NULL) {
        world_say("%s", fault->say);
        cell->hits++;
    }
    if (fault->act != NULL) {
        fault->act(cell);
        cell->hits++;
    }
}

static void give_order(cell *cell)
{
    relay_order order = cell->fault->order;
    if (cell->fault->is_order) {
        order.skip = order.times < 10 && cell->n > 1 ? roll(&cell->dice, cell->n) : 0;
        order.where = cell->fault->order.where != 0 ? cell->fault->order.where : roll(&cell->dice, 4096);
        relay_give(&order);
    }
}

/* The fault is over. */
static void mend(cell *cell)
{
    const fault *fault = cell->fault;
    if (fault->is_order) {
        cell->hits += relay_done();
    }
    if (fault->is_order && (fault->order.deed == DROP || fault->order.deed == GARBAGE_WITHIN)) {
        /* A connection that lost something ends, or what waits for it would wait for minutes. */
        relay_cut();
    }
    relay_mend();
    if (fault->mend != NULL) {
        world_say("%s", fault->mend);
    }
    if (fault->undo != NULL) {
        fault->undo(cell);
    }
    world_say("clear");
}

static void begin(cell *cell, unsigned from, unsigned to)
{
    unsigned i;
    for (i = from; i < to; i++) {
        operation *op = &cell->ops[i];
        kpc_completion done = completion_of(op);
        kpc_error *error = NULL;
        kpc_status status;
        op->started = now_ms();
        /* Whether it is under way is known before it can complete. */
        op->began = 1;
        status = cell->call->begin(cell, i, &done, &op->id, &error);
        if (status != KPC_OK) {
            op->began = 0;
            op->status = status;
        }
        kpc_error_free(error);
    }
}

/* It comes back by itself. */
static void await_connected(cell *cell)
{
    int64_t end = now_ms() + WAIT;
    while (!kpc_client_is_connected(cell->client)) {
        if (now_ms() > end) {
            cell_fails(cell, "does not come back");
            return;
        }
        nap();
    }
}

/* Connects under the fault, and without it where that does not let it. */
static void connect_amid(cell *cell)
{
    kpc_status status;
    give_order(cell);
    strike(cell);
    status = kpc_client_connect(cell->client, HANDSHAKE, NULL);
    mend(cell);
    if (status != KPC_OK && status != KPC_ERR_CONNECT && status != KPC_ERR_HANDSHAKE &&
        status != KPC_ERR_CONNECTION_LOST && status != KPC_ERR_TIMEOUT && status != KPC_ERR_FRAME_TOO_LARGE &&
        status != KPC_ERR_CBOR && status != KPC_ERR_CLOSED && status != KPC_ERR_ALREADY_CONNECTED) {
        cell_fails(cell, "connecting came to %s", kpc_status_name(status));
    }
    if (status != KPC_OK && status != KPC_ERR_ALREADY_CONNECTED && !cell->is_closed) {
        world_connect(cell->client);
    }
    if (!cell->is_closed) {
        await_connected(cell);
    }
    /* A spoilt document stays. */
    cell->is_met = cell->fault->is_order && cell->fault->order.deed == GARBAGE_WITHIN;
}

/* Something happens while nothing is under way. */
static void rest(cell *cell)
{
    strike(cell);
    pause_for(WHILE);
    mend(cell);
    await_connected(cell);
}

static void suffer(cell *cell)
{
    unsigned before = cell->n > 1 ? cell->n / 2 : roll(&cell->dice, 2);
    cell->is_met = 1;
    give_order(cell);
    begin(cell, 0, before);
    strike(cell);
    begin(cell, before, cell->n);
    if (cell->fault->lasts || (cell->fault->is_order && cell->fault->order.deed != LATE &&
                               cell->fault->order.deed != SWAP)) {
        await_operations(cell);
    } else if (cell->fault->is_order || cell->fault->mend != NULL || cell->fault->act != NULL) {
        pause_for(WHILE);
    }
    mend(cell);
}

void run_cell(cell *cell, kpc_client *helper, uint64_t seed)
{
    set_up(cell, helper, seed);
    note_before(cell);
    cell->client = world_client(1);
    cell->limit = WAIT;
    if (cell->load->at_handshake) {
        connect_amid(cell);
    } else {
        world_connect(cell->client);
    }
    if (cell->call->prepare != NULL && !cell->is_closed) {
        cell->call->prepare(cell);
    }
    if (cell->load->at_handshake || cell->load->at_rest) {
        if (cell->load->at_rest) {
            rest(cell);
        }
        if (!cell->is_closed) {
            begin(cell, 0, cell->n);
        } else {
            cell->n = 0;
        }
    } else {
        cell->limit = cell->fault->lasts ? SHORT : WAIT;
        suffer(cell);
    }
    await_operations(cell);
    check_operations(cell);
    if (cell->call->clear != NULL) {
        cell->call->clear(cell);
    }
    check_nothing_kept(cell);
    if (kpc_client_close(cell->client, WAIT, NULL) == KPC_ERR_TIMEOUT) {
        cell_fails(cell, "cannot be closed");
    }
    kpc_client_free(cell->client);
    check_nothing_left(cell);
}
