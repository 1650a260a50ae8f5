/* Alice and Bob: a client each, and what they do with it. */
#ifndef DEMO_PERSON_H
#define DEMO_PERSON_H

#include <kpclient.h>

/* No step takes as long; whatever does is a failure. */
#define PATIENCE_MS 60000

struct person {
    const char *name;
    kpc_client *client;
    kpc_event_sink *sink;
    /* The operation under way, and how it ended. Guarded by a lock while it runs. */
    kpc_op op;
    kpc_status status;
    char text[256];
    int completions, drops;
};

/* Connects; on the mixnet when it returns. */
void person_connect(struct person *person, const kpc_config *config);

/* Waits for an event of this kind, which is then the caller's. */
kpc_event *person_await(struct person *person, int32_t kind, const char *what);

/* Reads a box that is written, and expects this text. */
void person_reads(struct person *person, const kpc_read_cap *cap, const kpc_box_index *index,
                  const char *expected);

/* Reads a box that gives this failure, without waiting for another. */
void person_reads_not(struct person *person, const kpc_read_cap *cap, const kpc_box_index *index,
                      kpc_status expected);

/* Begins to read or write a box, and goes on. */
void person_begins_reading(struct person *person, const kpc_read_cap *cap,
                           const kpc_box_index *index);
void person_begins_writing(struct person *person, const kpc_write_cap *cap,
                           const kpc_box_index *index, const char *text);

/* The operation has not ended. */
void person_is_waiting(struct person *person);

/* Waits for the operation's end, which is told once; checks how it is. */
void person_ends(struct person *person, kpc_status expected, const char *expected_text);

/* The operation ended once, and never again. */
void person_ended_once(struct person *person);

/* Closes and frees. */
void person_leaves(struct person *person);

/* The number of a box, for people. */
unsigned long long number_of(const kpc_box_index *index);

#endif
