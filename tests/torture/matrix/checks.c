/* What must hold of each cell, whatever happened. */
#define _POSIX_C_SOURCE 200809L
#include "matrix.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* An operation ends this long after its time limit at the latest, however busy the machine is. */
enum { TOO_LATE = 20000, SOON = 180000, READ_BACK = 40 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

void cell_fails(cell *cell, const char *format, ...)
{
    va_list list;
    pthread_mutex_lock(&lock);
    if (cell->failures++ < 5) {
        printf("FAILED %s: ", cell->name);
        va_start(list, format);
        vprintf(format, list);
        va_end(list);
        printf("\n");
        fflush(stdout);
    }
    pthread_mutex_unlock(&lock);
}

static void on_completion(const kpc_result *result, void *user_data)
{
    operation *op = (operation *)user_data;
    kpc_status status = kpc_result_status(result);
    const char *complaint = status == KPC_OK ? op->cell->call->judge(op->cell, op->number, result) : NULL;
    kpc_error *error = kpc_result_error(result);
    pthread_mutex_lock(&lock);
    snprintf(op->why, sizeof op->why, "%s", error != NULL ? kpc_error_message(error) : "");
    op->calls++;
    op->status = status;
    op->complaint = complaint;
    op->ended = now_ms();
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    kpc_error_free(error);
}

static void on_drop(void *user_data)
{
    pthread_mutex_lock(&lock);
    ((operation *)user_data)->drops++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

kpc_completion completion_of(operation *op)
{
    kpc_completion done;
    memset(&done, 0, sizeof done);
    done.fn = on_completion;
    done.drop = on_drop;
    done.user_data = op;
    return done;
}

/* Under the lock. */
static int are_over(const cell *cell)
{
    unsigned i;
    for (i = 0; i < cell->n; i++) {
        if (cell->ops[i].began && (cell->ops[i].calls == 0 || cell->ops[i].drops == 0)) {
            return 0;
        }
    }
    return 1;
}

void await_operations(cell *cell)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += (cell->limit + TOO_LATE) / 1000;
    pthread_mutex_lock(&lock);
    while (!are_over(cell) && pthread_cond_timedwait(&changed, &lock, &end) == 0) {
    }
    pthread_mutex_unlock(&lock);
}

static int is_one_of(kpc_status status, const kpc_status *list)
{
    int i;
    for (i = 0; i < REASONS; i++) {
        if (list[i] != KPC_OK && list[i] == status) {
            return 1;
        }
    }
    return 0;
}

static int is_spoilt(const cell *cell)
{
    return cell->is_met && cell->fault->is_order && cell->fault->order.deed == GARBAGE_WITHIN;
}

/* Whether an operation may come to this, under this fault. */
static int is_allowed(const cell *cell, kpc_status status)
{
    const fault *fault = cell->fault;
    if (status == KPC_OK) {
        return 1;
    }
    if (!cell->is_met) {
        return 0;
    }
    /* No reply of a daemon is signed: a spoilt one means what it says. */
    if (is_spoilt(cell)) {
        return 1;
    }
    return (fault->lasts && status == KPC_ERR_TIMEOUT) || is_one_of(status, fault->also) ||
           ((fault->loses || fault->also[0] != KPC_OK) && is_one_of(status, cell->call->lost));
}

static void check_operation(cell *cell, operation *op)
{
    if (!op->began) {
        if (!is_allowed(cell, op->status)) {
            cell_fails(cell, "operation %u was refused: %s", op->number, kpc_status_name(op->status));
        }
        if (op->calls != 0 || op->drops != 1) {
            cell_fails(cell, "operation %u was refused, and completed %d times, dropped %d times", op->number,
                       op->calls, op->drops);
        }
        return;
    }
    if (op->calls != 1 || op->drops != 1) {
        cell_fails(cell, "operation %u completed %d times, dropped %d times", op->number, op->calls, op->drops);
        return;
    }
    if (!is_allowed(cell, op->status)) {
        cell_fails(cell, "operation %u came to %s: %s", op->number, kpc_status_name(op->status), op->why);
    }
    if (op->complaint != NULL && !is_spoilt(cell)) {
        cell_fails(cell, "operation %u: %s", op->number, op->complaint);
    }
    if (op->ended - op->started > cell->limit + TOO_LATE) {
        cell_fails(cell, "operation %u took %ld ms", op->number, (long)(op->ended - op->started));
    }
}

void check_operations(cell *cell)
{
    unsigned i, read = 0;
    for (i = 0; i < cell->n; i++) {
        check_operation(cell, &cell->ops[i]);
    }
    for (i = 0; i < cell->n && cell->call->afterwards != NULL && read < READ_BACK && cell->failures == 0 && !is_spoilt(cell);
         i++) {
        const char *complaint = NULL;
        if (cell->ops[i].status == KPC_OK) {
            complaint = cell->call->afterwards(cell, i);
            read++;
        }
        if (complaint != NULL) {
            cell_fails(cell, "operation %u %s", i, complaint);
        }
    }
}

/* Sums of a client's lanes. */
static uint64_t in_lanes(const kpc_stats *stats)
{
    uint64_t sum = 0;
    int i;
    for (i = 0; i < KPC_LANES; i++) {
        sum += stats->lanes[i].in_line + stats->lanes[i].in_flight;
    }
    return sum;
}

void check_nothing_kept(cell *cell)
{
    int64_t end = now_ms() + SOON;
    kpc_error *error = NULL;
    kpc_stats stats;
    memset(&stats, 0, sizeof stats);
    if (!cell->is_closed) {
        if (kpc_client_flush(cell->client, SOON, &error) != KPC_OK) {
            cell_fails(cell, "cannot be flushed: %s", kpc_error_message(error));
        }
        kpc_error_free(error);
        do {
            if (kpc_client_stats(cell->client, &stats, sizeof stats, NULL) != KPC_OK) {
                cell_fails(cell, "has no statistics");
                break;
            }
        } while ((stats.operations_running > 0 || in_lanes(&stats) > 0) && now_ms() < end && (nap(), 1));
        if (stats.operations_running > 0 || in_lanes(&stats) > 0 || stats.results_kept > 0) {
            cell_fails(cell, "the client keeps %lu operations, %lu requests, %lu results",
                       (unsigned long)stats.operations_running, (unsigned long)in_lanes(&stats),
                       (unsigned long)stats.results_kept);
        }
    }
    if (!world_until("arq_entries", 0)) {
        cell_fails(cell, "the daemon keeps %ld entries of its table", world_count("arq_entries"));
    }
}

static uint64_t open_lanes(const kpc_client *client)
{
    kpc_stats stats;
    uint64_t sum = 0;
    int i;
    if (kpc_client_stats(client, &stats, sizeof stats, NULL) == KPC_OK) {
        for (i = 0; i < KPC_LANES; i++) {
            sum += stats.lanes[i].is_open;
        }
    }
    return sum;
}

void note_before(cell *cell)
{
    static const era *of;
    static uint64_t most;
    int64_t end = now_ms() + SOON;
    /* The client beside the relay has connections of its own, and may have lost them. */
    if (cell->era != of) {
        of = cell->era;
        most = open_lanes(cell->helper);
    }
    while (open_lanes(cell->helper) < most && now_ms() < end) {
        nap();
    }
    cell->before = count_me();
    cell->objects = kpc_debug_live_objects();
}

void check_nothing_left(cell *cell)
{
    int64_t end = now_ms() + SOON;
    counted now;
    uint64_t objects;
    do {
        now = count_me();
        objects = kpc_debug_live_objects();
    } while ((objects != cell->objects || now.descriptors > cell->before.descriptors ||
              now.threads > cell->before.threads || relay_connections() > 0) &&
             now_ms() < end && (nap(), 1));
    if (objects != cell->objects) {
        cell_fails(cell, "%ld objects are left", (long)objects - (long)cell->objects);
    }
    if (now.descriptors > cell->before.descriptors) {
        cell_fails(cell, "%ld descriptors are left", now.descriptors - cell->before.descriptors);
    }
    if (now.threads > cell->before.threads) {
        cell_fails(cell, "%ld threads are left", now.threads - cell->before.threads);
    }
}
