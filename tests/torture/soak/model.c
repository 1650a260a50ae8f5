/* What must be in each box: a stream for each worker, who alone writes it. */
#define _POSIX_C_SOURCE 200809L
#include "soak.h"

#include <stdlib.h>
#include <string.h>

typedef struct stream {
    kpc_write_cap writer;
    kpc_read_cap reader;
    kpc_box_index *index;
    unsigned char *state;
    unsigned used;
} stream;

static stream streams[WORKERS];

void model_start(void)
{
    unsigned s;
    for (s = 0; s < WORKERS; s++) {
        stream *stream = &streams[s];
        stream->index = (kpc_box_index *)calloc(BOXES + 1, sizeof *stream->index);
        stream->state = (unsigned char *)calloc(BOXES, 1);
        if (stream->index == NULL || stream->state == NULL) {
            give_up("no memory");
        }
        world_stream(soak_seed << 8 | s, &stream->writer, &stream->reader, &stream->index[0]);
    }
}

void model_end(void)
{
    unsigned s;
    for (s = 0; s < WORKERS; s++) {
        free(streams[s].index);
        free(streams[s].state);
    }
}

const kpc_write_cap *writer_of(unsigned s)
{
    return &streams[s].writer;
}

const kpc_read_cap *reader_of(unsigned s)
{
    return &streams[s].reader;
}

kpc_box_index index_of(unsigned s, unsigned box)
{
    return streams[s].index[box];
}

box_state state_of(unsigned s, unsigned box)
{
    return (box_state)__atomic_load_n(&streams[s].state[box], __ATOMIC_SEQ_CST);
}

void set_state(unsigned s, unsigned box, box_state state)
{
    __atomic_store_n(&streams[s].state[box], (unsigned char)state, __ATOMIC_SEQ_CST);
}

unsigned used_of(unsigned s)
{
    return __atomic_load_n(&streams[s].used, __ATOMIC_SEQ_CST);
}

/* The box behind it gets its index before anybody sees that this one is used. */
void take_box(unsigned s)
{
    unsigned used = used_of(s);
    if (kpc_next_message_box_index(&streams[s].index[used], &streams[s].index[used + 1], NULL) != KPC_OK) {
        found(WRONG, "there is no next index");
    }
    __atomic_store_n(&streams[s].used, used + 1, __ATOMIC_SEQ_CST);
}

size_t text_of(unsigned s, unsigned box, char *out, size_t size)
{
    return (size_t)snprintf(out, size, "box %u of stream %u, seed %lu", box, s, (unsigned long)soak_seed);
}

void judge_read(unsigned s, unsigned box, box_state before, kpc_status status, const kpc_buffer *bytes,
                const char *who)
{
    char expected[96];
    size_t len = text_of(s, box, expected, sizeof expected);
    box_state after = state_of(s, box);
    if (status == KPC_ERR_TIMEOUT || status == KPC_ERR_CANCELLED || status == KPC_ERR_CLOSED) {
        count(IN_VAIN);
        return;
    }
    count(READS_CHECKED);
    if (soak_defect == DEFECT_BOX && box == 3) {
        len--; /* the model was told another content */
    }
    if (status == KPC_OK) {
        if (before == DEAD) {
            found(WRONG, "%s: box %u of stream %u was deleted and is there", who, box, s);
        } else if (kpc_buffer_len(bytes) != len || memcmp(kpc_buffer_data(bytes), expected, len) != 0) {
            found(WRONG, "%s: box %u of stream %u holds something else", who, box, s);
        }
    } else if (status == KPC_ERR_TOMBSTONE) {
        if (after != BURYING && after != DEAD) {
            found(LOST, "%s: box %u of stream %u is deleted", who, box, s);
        }
    } else if (status == KPC_ERR_BOX_ID_NOT_FOUND) {
        if (before != EMPTY && before != UNSURE) {
            found(LOST, "%s: box %u of stream %u is not there", who, box, s);
        }
    } else {
        found(WRONG, "%s: box %u of stream %u: %s", who, box, s, kpc_status_name(status));
    }
}
