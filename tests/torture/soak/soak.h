/* The soak: threads that do everything at random for hours, on several clients and stores, while
 * connections and the daemon fail at random; and a model that knows what must come of it.
 *
 * model.c knows what is in each box and channel, work.c and channels.c do things, trouble.c makes
 * trouble, watch.c counts and samples. */
#ifndef KPC_SOAK_H
#define KPC_SOAK_H

#include "../relay.h"
#include "../world.h"

#include <stdio.h>

enum {
    WORKERS = 16,
    CLIENTS = 4,
    STORES = 2,
    CHANNELS = 4,
    BOXES = 1 << 16,
    /* Milliseconds: what nothing takes unless it hangs; a limit that is sometimes too short. */
    LONG = 120000,
    BRIEF = 50,
    HUNG = 60000
};

/* What a run counts. */
typedef enum tally {
    DONE,
    IN_VAIN,
    READS_CHECKED,
    WRITTEN,
    BURIED,
    MESSAGES,
    COMPLETIONS,
    FAULTS,
    LOST,
    DOUBLED,
    WRONG,
    HANGING,
    TALLIES
} tally;

/* What the model is told wrongly, so that it is seen to notice. */
typedef enum defect { NO_DEFECT, DEFECT_BOX, DEFECT_DOUBLE, DEFECT_HANG, DEFECT_LEAK } defect;

extern uint64_t soak_seed;
extern defect soak_defect;
extern kpc_client *soak_clients[CLIENTS];

void count(tally what);
unsigned long counted_of(tally what);
/* Something is not as it must be: counted and told. */
void found(tally what, const char *format, ...);
int is_over(void);
void be_over(void);

/* The model of boxes. */
typedef enum box_state { EMPTY, UNSURE, FULL, BURYING, DEAD } box_state;

void model_start(void);
void model_end(void);
const kpc_write_cap *writer_of(unsigned stream);
const kpc_read_cap *reader_of(unsigned stream);
kpc_box_index index_of(unsigned stream, unsigned box);
box_state state_of(unsigned stream, unsigned box);
void set_state(unsigned stream, unsigned box, box_state state);
/* How many boxes of a stream are no longer empty; the first `used` of them. */
unsigned used_of(unsigned stream);
void take_box(unsigned stream);
size_t text_of(unsigned stream, unsigned box, char *out, size_t size);
/* Judges what a read that is over came to, of a box that was in this state before it. */
void judge_read(unsigned stream, unsigned box, box_state before, kpc_status status, const kpc_buffer *bytes,
                const char *who);

/* One thing that a worker does. */
void work_once(unsigned worker, dice *dice);
/* Everything that the model knows is looked at once more; at most so many boxes. */
void look_again(unsigned worker, dice *dice, unsigned most);

/* The channels of the stores. */
void channels_start(const char *directory);
void send_once(unsigned channel, dice *dice);
void receive_once(unsigned channel, dice *dice);
void drain(unsigned channel);
void channels_end(void);

/* An operation of a worker is under way, and must be over in this time; and is over. */
void begins(unsigned worker, const char *what, int64_t limit);
void ends(unsigned worker);

void trouble_once(dice *dice);
void trouble_end(void);
void print_troubles(void);
void sample(int64_t since, FILE *out);
void watch(void);

#endif
