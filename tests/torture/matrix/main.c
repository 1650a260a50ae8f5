/* Runs cells of the fault matrix.
 *
 *   KPC_MATRIX=short|whole   a selection in which each call and each fault occurs, or all of it
 *   KPC_MATRIX_SEED=N        the selection, and what is random in each cell
 *   KPC_MATRIX_ERA=NAME      one era alone: today, v0.0.73-rc1 or v0.0.72
 *   KPC_MATRIX_CELL=NAME     one cell alone, by the name that a failure tells
 *   KPC_MATRIX_PASS=few|bytes|thousand  a third of the whole: up to 100 operations at a time, frames
 *                            that are cut at each byte, and 1 000 operations at a time
 *   KPC_MATRIX_PART=K/N      every Nth cell, from the Kth on: for several processes at once
 *   KPC_MATRIX_S=SECONDS     begins no cell after that, and says how many it left out
 *   KPC_MATRIX_OUT=FILE      a line for each cell, for table.awk
 */
#include "matrix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static cell current;
static uint64_t seed = 1;
static unsigned part, parts = 1;
static const char *only;
static FILE *out;
static unsigned long cells, operations, failed, left_out;
static int fault_seen[64];
static int64_t end_of_all = INT64_MAX;
/* Bytes allocated after some cells, so that all that is made once is there, and the latest. */
static long first_heap, last_heap;

enum { WARM = 30, SWEPT = 100, THOUSAND = 4 };

static const char *word(const char *name, const char *otherwise)
{
    const char *found = getenv(name);
    return found != NULL && found[0] != 0 ? found : otherwise;
}

static void report(int64_t took)
{
    unsigned i, fine = 0, done = 0;
    for (i = 0; i < current.n; i++) {
        fine += current.ops[i].status == KPC_OK;
        done++;
    }
    cells++;
    operations += done;
    failed += current.failures > 0;
    if (current.failures > 0) {
        printf("  again: KPC_MATRIX_SEED=%lu KPC_MATRIX_CELL='%s' tests/torture/matrix.sh\n", (unsigned long)seed,
               current.name);
    }
    if (out != NULL) {
        fprintf(out, "%s\t%s\t%s\t%s\t%u\t%u\t%u\t%d\t%ld\n", current.era->name, current.call->name,
                current.fault->name, current.load->name, done, fine, current.hits, current.failures, (long)took);
        fflush(out);
    }
    last_heap = count_me().heap;
    if (cells == WARM) {
        first_heap = last_heap;
    }
}

/* Whether there is such a thing at all. */
static int makes_sense(const call *call, const fault *fault, const load *load)
{
    if (load->operations > call->most) {
        return 0;
    }
    /* Frames are ill-treated where there are frames. */
    if (load->at_rest && fault->is_order) {
        return 0;
    }
    /* Who closes or frees a client before it is used has nothing to call; and there is nothing to cancel. */
    if ((load->at_rest || load->at_handshake) && fault->also[0] != KPC_OK) {
        return 0;
    }
    return 1;
}

static int is_chosen(void)
{
    static unsigned long number;
    return only != NULL ? strcmp(only, current.name) == 0 : number++ % parts == part;
}

static void run(const era *era, kpc_client *helper, const call *call, const fault *fault, const load *load,
                uint32_t where)
{
    struct fault swept = *fault;
    int64_t begun = now_ms();
    memset(&current, 0, sizeof current);
    current.era = era;
    current.call = call;
    current.fault = &swept;
    current.load = load;
    swept.order.where = where;
    snprintf(current.name, sizeof current.name, "%s/%s/%s/%s", era->name, call->name, fault->name, load->name);
    if (where > 0) {
        snprintf(current.name + strlen(current.name), 16, "@%u", (unsigned)where);
    }
    if (!makes_sense(call, fault, load) || !is_chosen()) {
        return;
    }
    if (begun > end_of_all) {
        left_out++;
        return;
    }
    fault_seen[fault - all_faults] = 1;
    run_cell(&current, helper, seed);
    report(now_ms() - begun);
}

/* A frame that is cut at each of its bytes in turn, up to so many. */
static void sweep(const era *era, kpc_client *helper, const call *call, const fault *fault)
{
    uint32_t where;
    for (where = 1; where <= SWEPT; where++) {
        run(era, helper, call, fault, &all_loads[2], where);
    }
}

/* What takes longest, a thousand at a time, comes last. */
typedef enum pass { FEW, BYTES, A_THOUSAND, PASSES } pass;
static const char *const pass_names[] = {"few", "bytes", "thousand"};

static void run_whole(const era *era, kpc_client *helper, const call *call, pass pass)
{
    unsigned f, l;
    for (f = 0; f < fault_count; f++) {
        for (l = 0; l < load_count; l++) {
            if (pass == (l < THOUSAND ? FEW : A_THOUSAND)) {
                run(era, helper, call, &all_faults[f], &all_loads[l], 0);
            }
        }
        if (pass == BYTES && era->bit == TODAY && all_faults[f].is_order && all_faults[f].order.deed == CUT_WITHIN && all_faults[f].order.times == 1) {
            sweep(era, helper, call, &all_faults[f]);
        }
    }
}

/* Each call with a few faults, in turn, so that all of them occur. */
static void run_short(const era *era, kpc_client *helper, const call *call, dice *dice, unsigned *turn)
{
    enum { EACH = 2 };
    unsigned i, k;
    for (i = 0; i < EACH; i++) {
        const fault *fault = &all_faults[(*turn)++ * 7 % fault_count];
        /* Not a thousand at a time, which takes long on a machine that does other things too. */
        unsigned l = roll(dice, THOUSAND);
        for (k = 0; k < load_count && !makes_sense(call, fault, &all_loads[l]); k++) {
            l = (l + 1) % load_count;
        }
        run(era, helper, call, fault, &all_loads[l], 0);
    }
}

static void run_era(const era *era, int whole, pass pass, dice *dice)
{
    static unsigned turn;
    const call *call;
    kpc_client *helper;
    unsigned s;
    world_start(era->protocol, " --grace 1 --late-close 0");
    helper = world_client(0);
    world_connect(helper);
    for (s = 0; all_calls[s] != NULL; s++) {
        for (call = all_calls[s]; call->name != NULL; call++) {
            if ((call->eras & era->bit) == 0) {
                continue;
            }
            if (whole || only != NULL) {
                run_whole(era, helper, call, pass);
            } else {
                run_short(era, helper, call, dice, &turn);
            }
        }
    }
    kpc_client_close(helper, WAIT, NULL);
    kpc_client_free(helper);
    world_end();
}

int main(void)
{
    int whole = strcmp(word("KPC_MATRIX", "short"), "whole") == 0;
    const char *path = word("KPC_MATRIX_OUT", NULL);
    int64_t begun = now_ms();
    dice dice;
    unsigned e;
    pass pass;
    seed = strtoull(word("KPC_MATRIX_SEED", "1"), NULL, 10);
    only = word("KPC_MATRIX_CELL", NULL);
    if (sscanf(word("KPC_MATRIX_PART", "0/1"), "%u/%u", &part, &parts) != 2 || parts == 0) {
        give_up("KPC_MATRIX_PART");
    }
    if (path != NULL && (out = fopen(path, "a")) == NULL) {
        give_up(path);
    }
    dice = dice_of(seed, "selection");
    if (word("KPC_MATRIX_S", NULL) != NULL) {
        end_of_all = begun + strtoll(word("KPC_MATRIX_S", NULL), NULL, 10) * 1000;
    }
    for (pass = FEW; pass < PASSES; pass++) {
        const char *named = word("KPC_MATRIX_PASS", pass_names[pass]);
        for (e = 0; e < era_count && strcmp(named, pass_names[pass]) == 0; e++) {
            int is_named = strcmp(word("KPC_MATRIX_ERA", all_eras[e].name), all_eras[e].name) == 0 &&
                           (only == NULL || strncmp(only, all_eras[e].name, strlen(all_eras[e].name)) == 0);
            if (is_named && (pass == FEW || whole || only != NULL)) {
                run_era(&all_eras[e], whole, pass, &dice);
            }
        }
    }
    for (e = 0; e < fault_count && only == NULL && parts == 1 && left_out == 0 && !whole &&
                                word("KPC_MATRIX_ERA", NULL) == NULL; e++) {
        if (!fault_seen[e]) {
            printf("FAILED: nothing met the fault \"%s\"\n", all_faults[e].name);
            failed++;
        }
    }
    if (kpc_debug_live_objects() != 0) {
        printf("FAILED: %lu objects are left\n", (unsigned long)kpc_debug_live_objects());
        failed++;
    }
    printf("fault matrix: %lu cells, %lu operations, seed %lu, %ld s; heap %ld KiB more after %lu cells\n", cells,
           operations, (unsigned long)seed, (long)(now_ms() - begun) / 1000, (last_heap - first_heap) / 1024,
           cells > WARM ? cells - WARM : 0);
    if (left_out > 0) {
        printf("fault matrix: no time for %lu cells\n", left_out);
    }
    printf("fault matrix: %lu passed, %lu failed, 0 skipped\n", cells - failed, failed);
    return failed != 0 || cells == 0;
}
