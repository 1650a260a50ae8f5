/* The fault matrix: each kind of call, under each fault, with so much in flight, on each era of
 * daemons. calls*.c say what is called, faults.c what happens to it, checks.c what must hold. */
#ifndef KPC_MATRIX_H
#define KPC_MATRIX_H

#include "../relay.h"
#include "../world.h"

/* How long an operation may take where nothing is wrong for long, and where something is. */
enum { WAIT = 120000, SHORT = 400 };

enum { MOST = 1000, TODAY = 1, RC1 = 2, OLD = 4, BOTH_NEW = TODAY | RC1, EVERY = 7 };

typedef struct cell cell;

/* One operation of a cell. */
typedef struct operation {
    cell *cell;
    unsigned number;
    kpc_op id;
    int began, calls, drops;
    kpc_status status;
    int64_t started, ended;
    /* What is wrong with its result, or NULL. */
    const char *complaint;
    /* What the error says. */
    char why[160];
} operation;

/* So many statuses may be named in a list. */
enum { REASONS = 4 };

typedef struct call {
    const char *name;
    /* The eras whose daemons know it. */
    unsigned eras;
    /* So many are in flight at most, and why no more. */
    unsigned most;
    const char *why;
    /* What else than KPC_OK it may come to when a connection was lost. */
    kpc_status lost[REASONS];
    /* Makes what it needs, before anything happens to the connection. May be NULL. */
    void (*prepare)(cell *cell);
    kpc_status (*begin)(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error);
    /* What is wrong with a result that is KPC_OK, or NULL. */
    const char *(*judge)(cell *cell, unsigned i, const kpc_result *result);
    /* What is wrong with what is stored in the end, or NULL. May be NULL. */
    const char *(*afterwards)(cell *cell, unsigned i);
    /* Frees what was made. May be NULL. */
    void (*clear)(cell *cell);
} call;

typedef struct fault {
    const char *name;
    /* It lasts as long as the operations, so they may come to nothing in their time. */
    int lasts;
    /* It ends connections. */
    int loses;
    /* Ill-treated frames: the order that is given. */
    int is_order;
    relay_order order;
    /* Or what the simulator is told, and what mends that; or what is done. May be NULL. */
    const char *say, *mend;
    void (*act)(cell *cell);
    void (*undo)(cell *cell);
    /* What an operation may come to besides. */
    kpc_status also[REASONS];
} fault;

typedef struct load {
    const char *name;
    unsigned operations;
    /* The fault comes while the client connects, or while nothing is under way. */
    int at_handshake, at_rest;
} load;

typedef struct era {
    const char *name;
    const char *protocol;
    unsigned bit;
} era;

struct cell {
    char name[128];
    const era *era;
    const call *call;
    const fault *fault;
    const load *load;
    dice dice;
    unsigned n;
    operation ops[MOST];
    /* Connected through the relay, and beside it. */
    kpc_client *client, *helper;
    int is_closed;
    kpc_write_cap writer;
    kpc_read_cap reader;
    kpc_box_index index[MOST + 1];
    kpc_service service;
    /* What calls keep for each operation, and for all. */
    void *things[MOST];
    void *thing, *other;
    uint64_t numbers[MOST];
    kpc_channel channels[MOST];
    kpc_hash hashes[MOST];
    /* What does not hold; at most so many are told. */
    int failures;
    /* What the operations may take, and whether the fault meets them. */
    int32_t limit;
    int is_met;
    /* How often it was there. */
    unsigned hits;
    counted before;
    uint64_t objects;
};

extern const call *const all_calls[];
extern const fault all_faults[];
extern const unsigned fault_count;
extern const load all_loads[];
extern const unsigned load_count;
extern const era all_eras[];
extern const unsigned era_count;

extern const call calls_local[], calls_boxes[], calls_copies[], calls_channels[], calls_client[], calls_store[];

void cell_fails(cell *cell, const char *format, ...);
/* How long the cell's operations may take. */
int32_t limit(const cell *cell);
/* The content of box i of the cell's stream. */
size_t content_of(const cell *cell, unsigned i, char *out, size_t size);
/* Whether a buffer holds this content; takes over the buffer. */
int holds_content(const cell *cell, unsigned i, kpc_buffer *buffer);
int is_content(const cell *cell, unsigned i, const uint8_t *bytes, size_t len);
/* Writes the content of box i, beside the relay. */
void write_beside(cell *cell, unsigned i);
/* Reads box i beside the relay: KPC_OK if it has its content. */
kpc_status read_beside(cell *cell, unsigned i);
/* A call of the preparation has to succeed. */
void must(cell *cell, kpc_status status, const char *what);

/* Of operations, in numbers, that the cell's operations cancel; in calls_boxes.c. */
const char *is_cancelled(cell *cell, unsigned i);
void take_results(cell *cell);

/* In checks.c. */
kpc_completion completion_of(operation *op);
void note_before(cell *cell);
void await_operations(cell *cell);
void check_operations(cell *cell);
/* Of what the client and the daemon keep, and, when all is freed, of what the process has. */
void check_nothing_kept(cell *cell);
void check_nothing_left(cell *cell);

/* In run.c. */
void run_cell(cell *cell, kpc_client *helper, uint64_t seed);

#endif
