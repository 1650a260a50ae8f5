/* Calls of channels that remember, as far as they need the daemon. The stores are in memory. */
#include "matrix.h"

#include <string.h>

#ifdef KPC_WITHOUT_STORE
const call calls_store[] = {{NULL, 0, 0, NULL, {0}, NULL, NULL, NULL, NULL, NULL}};
#else

/* In things: the store and its writer or reader through the relay, and those beside it. */
enum { STORE, WRITER, READER, STORE_BESIDE, WRITER_BESIDE, READER_BESIDE };

static void store_prepare(cell *cell)
{
    must(cell, kpc_store_open(cell->client, NULL, WAIT, (kpc_store **)&cell->things[STORE], NULL), "store_open");
    must(cell, kpc_store_open(cell->helper, NULL, WAIT, (kpc_store **)&cell->things[STORE_BESIDE], NULL),
         "store_open");
}

static void store_clear(cell *cell)
{
    kpc_writer_free((kpc_writer *)cell->things[WRITER]);
    kpc_writer_free((kpc_writer *)cell->things[WRITER_BESIDE]);
    kpc_reader_free((kpc_reader *)cell->things[READER]);
    kpc_reader_free((kpc_reader *)cell->things[READER_BESIDE]);
    (void)!kpc_store_close((kpc_store *)cell->things[STORE], WAIT, NULL);
    (void)!kpc_store_close((kpc_store *)cell->things[STORE_BESIDE], WAIT, NULL);
    kpc_store_free((kpc_store *)cell->things[STORE]);
    kpc_store_free((kpc_store *)cell->things[STORE_BESIDE]);
}

static void writer_prepare(cell *cell)
{
    kpc_read_cap cap;
    store_prepare(cell);
    must(cell,
         kpc_store_create_writer((kpc_store *)cell->things[STORE], "w", NULL, 0, WAIT,
                                 (kpc_writer **)&cell->things[WRITER], NULL),
         "create_writer");
    must(cell, kpc_writer_read_cap((kpc_writer *)cell->things[WRITER], &cap, NULL), "read_cap");
    must(cell,
         kpc_store_import_reader((kpc_store *)cell->things[STORE_BESIDE], "r", &cap, NULL, WAIT,
                                 (kpc_reader **)&cell->things[READER_BESIDE], NULL),
         "import_reader");
}

/* Taken is what the operation waits for; the number is the order in which it must be read. */
static kpc_status stored_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    char content[32];
    size_t len = content_of(cell, i, content, sizeof content);
    kpc_status status = kpc_writer_send((kpc_writer *)cell->things[WRITER], KPC_MESSAGE_KIND,
                                        (const uint8_t *)content, len, WAIT, &cell->numbers[i], error);
    if (status != KPC_OK) {
        done->drop(done->user_data); /* as the call would that was not made */
        return status;
    }
    return kpc_writer_wait_stored_async((kpc_writer *)cell->things[WRITER], cell->numbers[i], limit(cell), done, op,
                                        error);
}

static const char *stored_judge(cell *cell, unsigned i, const kpc_result *result)
{
    (void)cell;
    (void)i;
    return kpc_writer_wait_stored_result(result, NULL) == KPC_OK ? NULL : "no result";
}

/* Messages come once, in their order: number i is the next one. */
static const char *next_is(cell *cell, kpc_reader *reader, unsigned i)
{
    kpc_message *message = NULL;
    kpc_buffer *data = NULL;
    int same = 0;
    if (kpc_reader_receive(reader, WAIT, &message, NULL) == KPC_OK &&
        kpc_message_data(message, &data, NULL) == KPC_OK) {
        same = kpc_message_number(message) == i + 1 && holds_content(cell, i, data);
    }
    kpc_message_free(message);
    if (!same || kpc_reader_acknowledge(reader, i + 1, WAIT, NULL) != KPC_OK) {
        return "is not the next message";
    }
    return NULL;
}

/* Whoever was told nothing of one of them may find it or not. */
static const char *stored_afterwards(cell *cell, unsigned i)
{
    unsigned k;
    for (k = 0; k <= i; k++) {
        if (cell->ops[k].status != KPC_OK) {
            return NULL;
        }
    }
    return next_is(cell, (kpc_reader *)cell->things[READER_BESIDE], i);
}

static void reader_prepare(cell *cell)
{
    kpc_read_cap cap;
    char content[32];
    size_t len = content_of(cell, 0, content, sizeof content);
    store_prepare(cell);
    must(cell,
         kpc_store_create_writer((kpc_store *)cell->things[STORE_BESIDE], "w", NULL, 0, WAIT,
                                 (kpc_writer **)&cell->things[WRITER_BESIDE], NULL),
         "create_writer");
    must(cell, kpc_writer_read_cap((kpc_writer *)cell->things[WRITER_BESIDE], &cap, NULL), "read_cap");
    must(cell,
         kpc_writer_send((kpc_writer *)cell->things[WRITER_BESIDE], KPC_MESSAGE_KIND, (const uint8_t *)content, len,
                         WAIT, &cell->numbers[0], NULL),
         "send");
    must(cell, kpc_writer_wait_stored((kpc_writer *)cell->things[WRITER_BESIDE], cell->numbers[0], WAIT, NULL),
         "wait_stored");
    must(cell,
         kpc_store_import_reader((kpc_store *)cell->things[STORE], "r", &cap, NULL, WAIT,
                                 (kpc_reader **)&cell->things[READER], NULL),
         "import_reader");
}

static kpc_status receive_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    (void)i;
    return kpc_reader_receive_async((kpc_reader *)cell->things[READER], limit(cell), done, op, error);
}

/* All who wait get the same message, as none is acknowledged. */
static const char *receive_judge(cell *cell, unsigned i, const kpc_result *result)
{
    kpc_message *message = NULL;
    kpc_buffer *data = NULL;
    int same = 0;
    (void)i;
    if (kpc_reader_receive_result(result, &message, NULL) == KPC_OK &&
        kpc_message_data(message, &data, NULL) == KPC_OK) {
        same = kpc_message_number(message) == 1 && holds_content(cell, 0, data);
    }
    kpc_message_free(message);
    return same ? NULL : "another message";
}

static void erased_prepare(cell *cell)
{
    unsigned i;
    writer_prepare(cell);
    for (i = 0; i < cell->n; i++) {
        char content[32];
        size_t len = content_of(cell, i, content, sizeof content);
        must(cell,
             kpc_writer_send((kpc_writer *)cell->things[WRITER], KPC_MESSAGE_KIND, (const uint8_t *)content, len,
                             WAIT, &cell->numbers[i], NULL),
             "send");
    }
    must(cell,
         kpc_writer_wait_stored((kpc_writer *)cell->things[WRITER], cell->numbers[cell->n - 1], WAIT, NULL),
         "wait_stored");
}

static kpc_status erased_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    kpc_writer *writer = (kpc_writer *)cell->things[WRITER];
    kpc_status status = kpc_writer_erase_before(writer, cell->numbers[i] + 1, WAIT, error);
    if (status != KPC_OK) {
        done->drop(done->user_data); /* as the call would that was not made */
        return status;
    }
    return kpc_writer_wait_erased_async(writer, cell->numbers[i] + 1, limit(cell), done, op, error);
}

static const char *erased_judge(cell *cell, unsigned i, const kpc_result *result)
{
    (void)cell;
    (void)i;
    return kpc_writer_wait_erased_result(result, NULL) == KPC_OK ? NULL : "no result";
}

#define ALL MOST, NULL, {0}
#define HUNDRED 100, "messages of one writer go one after the other", {0}
const call calls_store[] = {
    {"writer_wait_stored", BOTH_NEW, ALL, writer_prepare, stored_begin, stored_judge, stored_afterwards, store_clear},
    {"reader_receive", BOTH_NEW, ALL, reader_prepare, receive_begin, receive_judge, NULL, store_clear},
    {"writer_wait_erased", BOTH_NEW, HUNDRED, erased_prepare, erased_begin, erased_judge, NULL, store_clear},
    {NULL, 0, 0, NULL, {0}, NULL, NULL, NULL, NULL, NULL},
};
#endif
