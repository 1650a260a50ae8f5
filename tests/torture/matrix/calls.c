/* All calls, and what several of them need. */
#include "matrix.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const call *const all_calls[] = {calls_local, calls_boxes, calls_copies, calls_channels,
                                 calls_client, calls_store, NULL};

int32_t limit(const cell *cell)
{
    return cell->limit;
}

size_t content_of(const cell *cell, unsigned i, char *out, size_t size)
{
    return (size_t)snprintf(out, size, "%u of %08x", i, (unsigned)cell->numbers[MOST - 1]);
}

int is_content(const cell *cell, unsigned i, const uint8_t *bytes, size_t len)
{
    char expected[32];
    return len == content_of(cell, i, expected, sizeof expected) && memcmp(bytes, expected, len) == 0;
}

int holds_content(const cell *cell, unsigned i, kpc_buffer *buffer)
{
    int same = buffer != NULL && is_content(cell, i, kpc_buffer_data(buffer), kpc_buffer_len(buffer));
    kpc_buffer_free(buffer);
    return same;
}

void must(cell *cell, kpc_status status, const char *what)
{
    if (status != KPC_OK) {
        cell_fails(cell, "the preparation: %s: %s", what, kpc_status_name(status));
    }
}

void write_beside(cell *cell, unsigned i)
{
    char content[32];
    kpc_box_index next;
    size_t len = content_of(cell, i, content, sizeof content);
    must(cell,
         kpc_write_box(cell->helper, &cell->writer, &cell->index[i], (const uint8_t *)content, len,
                       KPC_WRITE_UNCHECKED, WAIT, &next, NULL),
         "write_box");
}

kpc_status read_beside(cell *cell, unsigned i)
{
    kpc_buffer *found = NULL;
    kpc_box_index next;
    kpc_status status = kpc_read_box(cell->helper, &cell->reader, &cell->index[i], KPC_START_NO_RETRY, WAIT, &found,
                                     &next, NULL);
    if (status == KPC_OK && !is_content(cell, i, kpc_buffer_data(found), kpc_buffer_len(found))) {
        status = KPC_ERR_INTERNAL;
    }
    kpc_buffer_free(found);
    return status;
}
