/* Calls about copy streams: what couriers write in a client's name. */
#include "matrix.h"

#include <string.h>

static kpc_status elements_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    char content[32];
    size_t len = content_of(cell, i, content, sizeof content);
    return kpc_create_courier_envelopes_from_payload_async(cell->client, (const uint8_t *)content, len, &cell->writer,
                                                           &cell->index[i], true, true, limit(cell), done, op, error);
}

static const char *some_elements(kpc_status status, kpc_stream_elements *made)
{
    size_t count = status == KPC_OK ? kpc_stream_elements_count(made) : 0;
    kpc_stream_elements_free(made);
    return count > 0 ? NULL : "no elements";
}

static const char *elements_judge(cell *cell, unsigned i, const kpc_result *result)
{
    kpc_stream_elements *made = NULL;
    kpc_status status = kpc_create_courier_envelopes_from_payload_result(result, &made, NULL);
    (void)cell;
    (void)i;
    return some_elements(status, made);
}

static kpc_status multi_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    kpc_destination to[2];
    char content[32];
    size_t len = content_of(cell, i, content, sizeof content);
    int k;
    memset(to, 0, sizeof to);
    for (k = 0; k < 2; k++) {
        to[k].payload = (const uint8_t *)content;
        to[k].payload_len = len;
        to[k].write_cap = cell->writer;
        to[k].start_index = cell->index[i + (unsigned)k];
    }
    return kpc_create_courier_envelopes_from_multi_payload_async(cell->client, to, 2, true, true, NULL, 0,
                                                                 limit(cell), done, op, error);
}

static const char *multi_judge(cell *cell, unsigned i, const kpc_result *result)
{
    kpc_stream_elements *made = NULL;
    kpc_status status = kpc_create_courier_envelopes_from_multi_payload_result(result, &made, NULL);
    (void)cell;
    (void)i;
    return some_elements(status, made);
}

static kpc_status tombs_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    return kpc_create_courier_envelopes_from_tombstone_range_async(cell->client, &cell->writer, &cell->index[i], 2,
                                                                   true, true, NULL, 0, limit(cell), done, op, error);
}

static const char *tombs_judge(cell *cell, unsigned i, const kpc_result *result)
{
    kpc_stream_elements *made = NULL;
    kpc_status status = kpc_create_courier_envelopes_from_tombstone_range_result(result, &made, NULL);
    (void)cell;
    (void)i;
    return some_elements(status, made);
}

static kpc_status range_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    return kpc_tombstone_range_async(cell->client, &cell->writer, &cell->index[i], 2, limit(cell), done, op, error);
}

static const char *range_judge(cell *cell, unsigned i, const kpc_result *result)
{
    kpc_tombstones *made = NULL;
    kpc_error *why = NULL;
    size_t count = 0;
    int in_part;
    (void)i;
    if (kpc_tombstone_range_result(result, &made, NULL) == KPC_OK) {
        count = kpc_tombstones_count(made);
        why = kpc_tombstones_error(made);
    }
    /* A range that was not finished in time has what was made, and says why it is not all. */
    in_part = count == 1 && kpc_error_status(why) == KPC_ERR_TIMEOUT && cell->is_met && cell->fault->lasts;
    kpc_error_free(why);
    kpc_tombstones_free(made);
    return count == 2 || in_part ? NULL : "not two tombstones";
}

/* A builder for each operation, with the content of one box in it. */
static void builders_prepare(cell *cell)
{
    unsigned i;
    for (i = 0; i < cell->n; i++) {
        must(cell, kpc_copy_builder_new(cell->client, (kpc_copy_builder **)&cell->things[i], NULL), "builder");
    }
}

static void filled_prepare(cell *cell)
{
    unsigned i;
    builders_prepare(cell);
    for (i = 0; i < cell->n; i++) {
        char content[32];
        size_t len = content_of(cell, i, content, sizeof content);
        kpc_box_index next;
        must(cell,
             kpc_copy_builder_add(cell->helper, (kpc_copy_builder *)cell->things[i], &cell->writer, &cell->index[i],
                                  (const uint8_t *)content, len, WAIT, &next, NULL),
             "copy_builder_add");
    }
}

static void finished_prepare(cell *cell)
{
    unsigned i;
    filled_prepare(cell);
    for (i = 0; i < cell->n; i++) {
        uint64_t boxes = 0;
        must(cell,
             kpc_copy_builder_finish(cell->helper, (kpc_copy_builder *)cell->things[i], NULL, WAIT, &boxes, NULL),
             "copy_builder_finish");
    }
}

static void builders_clear(cell *cell)
{
    unsigned i;
    for (i = 0; i < cell->n; i++) {
        kpc_copy_builder_free((kpc_copy_builder *)cell->things[i]);
    }
}

static kpc_status add_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    char content[32];
    size_t len = content_of(cell, i, content, sizeof content);
    return kpc_copy_builder_add_async(cell->client, (kpc_copy_builder *)cell->things[i], &cell->writer,
                                      &cell->index[i], (const uint8_t *)content, len, limit(cell), done, op, error);
}

static const char *add_judge(cell *cell, unsigned i, const kpc_result *result)
{
    kpc_box_index next;
    if (kpc_copy_builder_add_result(result, &next, NULL) != KPC_OK) {
        return "no index";
    }
    return memcmp(&next, &cell->index[i + 1], sizeof next) == 0 ? NULL : "another index";
}

static kpc_status add_tombs_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    return kpc_copy_builder_add_tombstones_async(cell->client, (kpc_copy_builder *)cell->things[i], &cell->writer,
                                                 &cell->index[i], 1, limit(cell), done, op, error);
}

static const char *add_tombs_judge(cell *cell, unsigned i, const kpc_result *result)
{
    kpc_box_index next;
    if (kpc_copy_builder_add_tombstones_result(result, &next, NULL) != KPC_OK) {
        return "no index";
    }
    return memcmp(&next, &cell->index[i + 1], sizeof next) == 0 ? NULL : "another index";
}

static kpc_status write_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    return kpc_copy_builder_write_async(cell->client, (kpc_copy_builder *)cell->things[i], limit(cell), done, op,
                                        error);
}

static const char *write_judge(cell *cell, unsigned i, const kpc_result *result)
{
    (void)cell;
    (void)i;
    return kpc_copy_builder_write_result(result, NULL) == KPC_OK ? NULL : "no result";
}

static kpc_status finish_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    return kpc_copy_builder_finish_async(cell->client, (kpc_copy_builder *)cell->things[i], NULL, limit(cell), done,
                                         op, error);
}

static const char *finish_judge(cell *cell, unsigned i, const kpc_result *result)
{
    uint64_t boxes = 0;
    (void)cell;
    (void)i;
    return kpc_copy_builder_finish_result(result, &boxes, NULL) == KPC_OK && boxes > 0 ? NULL : "no boxes";
}

static const char *is_written(cell *cell, unsigned i)
{
    return read_beside(cell, i) == KPC_OK ? NULL : "was reported written, and cannot be read";
}

static kpc_status bury_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    return kpc_copy_builder_tombstone_async(cell->client, (kpc_copy_builder *)cell->things[i], limit(cell), done, op,
                                            error);
}

static const char *bury_judge(cell *cell, unsigned i, const kpc_result *result)
{
    (void)cell;
    (void)i;
    return kpc_copy_builder_tombstone_result(result, NULL) == KPC_OK ? NULL : "no result";
}

/* A temporary stream for each operation that writes one box, written but not performed. */
static void streams_prepare(cell *cell)
{
    unsigned i;
    must(cell, kpc_client_courier(cell->helper, &cell->service, NULL), "courier");
    for (i = 0; i < cell->n; i++) {
        char content[32];
        size_t len = content_of(cell, i, content, sizeof content);
        kpc_write_cap writer;
        kpc_read_cap reader;
        kpc_box_index at;
        kpc_stream_elements *made = NULL;
        size_t k;
        world_stream(cell->numbers[MOST - 1] + 1 + i, &writer, &reader, &at);
        must(cell,
             kpc_create_courier_envelopes_from_payload(cell->helper, (const uint8_t *)content, len, &cell->writer,
                                                       &cell->index[i], true, true, WAIT, &made, NULL),
             "create_courier_envelopes");
        for (k = 0; made != NULL && k < kpc_stream_elements_count(made); k++) {
            kpc_buffer *element = NULL;
            must(cell, kpc_stream_elements_at(made, k, &element, NULL), "an element");
            must(cell,
                 kpc_write_box(cell->helper, &writer, &at, kpc_buffer_data(element), kpc_buffer_len(element),
                               KPC_WRITE_UNCHECKED, WAIT, &at, NULL),
                 "write_box");
            kpc_buffer_free(element);
        }
        kpc_stream_elements_free(made);
    }
}

static kpc_status copy_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    kpc_write_cap writer;
    kpc_read_cap reader;
    kpc_box_index at;
    world_stream(cell->numbers[MOST - 1] + 1 + i, &writer, &reader, &at);
    return kpc_start_resending_copy_command_async(cell->client, &writer, NULL, limit(cell), done, op, error);
}

static const char *copy_judge(cell *cell, unsigned i, const kpc_result *result)
{
    (void)cell;
    (void)i;
    return kpc_start_resending_copy_command_result(result, NULL) == KPC_OK ? NULL : "no result";
}

static kpc_status copy_with_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    kpc_write_cap writer;
    kpc_read_cap reader;
    kpc_box_index at;
    world_stream(cell->numbers[MOST - 1] + 1 + i, &writer, &reader, &at);
    return kpc_start_resending_copy_command_with_courier_async(cell->client, &writer, &cell->service, limit(cell),
                                                               done, op, error);
}

static const char *copy_with_judge(cell *cell, unsigned i, const kpc_result *result)
{
    (void)cell;
    (void)i;
    return kpc_start_resending_copy_command_with_courier_result(result, NULL) == KPC_OK ? NULL : "no result";
}

static void cancel_prepare(cell *cell)
{
    unsigned i;
    for (i = 0; i < cell->n; i++) {
        kpc_write_cap writer;
        kpc_read_cap reader;
        kpc_box_index at;
        world_stream(cell->numbers[MOST - 1] + 1 + i, &writer, &reader, &at);
        must(cell, kpc_write_cap_hash(&writer, &cell->hashes[i], NULL), "hash");
        /* Of a stream that nobody wrote, so it takes until it is cancelled. */
        must(cell,
             kpc_start_resending_copy_command_async(cell->client, &writer, NULL, WAIT, NULL,
                                                    (kpc_op *)&cell->numbers[i], NULL),
             "copy command");
    }
}

static kpc_status cancel_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    return kpc_cancel_resending_copy_command_async(cell->client, &cell->hashes[i], limit(cell), done, op, error);
}

static const char *cancel_judge(cell *cell, unsigned i, const kpc_result *result)
{
    (void)cell;
    (void)i;
    return kpc_cancel_resending_copy_command_result(result, NULL) == KPC_OK ? NULL : "no result";
}

static void nested_prepare(cell *cell)
{
    must(cell, kpc_client_courier(cell->helper, &cell->service, NULL), "courier");
}

static kpc_status nested_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    char content[32];
    size_t len = content_of(cell, i, content, sizeof content);
    return kpc_send_nested_copy_async(cell->client, (const uint8_t *)content, len, &cell->writer, &cell->index[i],
                                      &cell->service, 1, limit(cell), done, op, error);
}

static const char *nested_judge(cell *cell, unsigned i, const kpc_result *result)
{
    (void)cell;
    (void)i;
    return kpc_send_nested_copy_result(result, NULL, NULL) == KPC_OK ? NULL : "no result";
}

#define ALL MOST, NULL, {0}
#define FEW 100, "each has several boxes", {0}
const call calls_copies[] = {
    {"tombstone_range", BOTH_NEW, ALL, NULL, range_begin, range_judge, NULL, NULL},
    {"create_courier_envelopes_from_payload", BOTH_NEW, ALL, NULL, elements_begin, elements_judge, NULL, NULL},
    {"create_courier_envelopes_from_multi_payload", BOTH_NEW, ALL, NULL, multi_begin, multi_judge, NULL, NULL},
    {"create_courier_envelopes_from_tombstone_range", BOTH_NEW, ALL, NULL, tombs_begin, tombs_judge, NULL, NULL},
    {"copy_builder_add", BOTH_NEW, ALL, builders_prepare, add_begin, add_judge, NULL, builders_clear},
    {"copy_builder_add_tombstones", BOTH_NEW, ALL, builders_prepare, add_tombs_begin, add_tombs_judge, NULL,
     builders_clear},
    {"copy_builder_write", BOTH_NEW, FEW, filled_prepare, write_begin, write_judge, NULL, builders_clear},
    {"copy_builder_finish", BOTH_NEW, FEW, filled_prepare, finish_begin, finish_judge, is_written, builders_clear},
    {"copy_builder_tombstone", BOTH_NEW, FEW, finished_prepare, bury_begin, bury_judge, NULL, builders_clear},
    {"start_resending_copy_command", BOTH_NEW, FEW, streams_prepare, copy_begin, copy_judge, is_written, NULL},
    {"start_resending_copy_command_with_courier", BOTH_NEW, FEW, streams_prepare, copy_with_begin, copy_with_judge,
     is_written, NULL},
    {"cancel_resending_copy_command", BOTH_NEW, FEW, cancel_prepare, cancel_begin, cancel_judge, is_cancelled, take_results},
    {"send_nested_copy", BOTH_NEW, FEW, nested_prepare, nested_begin, nested_judge, is_written, NULL},
    {NULL, 0, 0, NULL, {0}, NULL, NULL, NULL, NULL, NULL},
};
