/* Calls about the client itself. */
#include "matrix.h"

static kpc_status flush_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    (void)i;
    return kpc_client_flush_async(cell->client, limit(cell), done, op, error);
}

static const char *flush_judge(cell *cell, unsigned i, const kpc_result *result)
{
    (void)cell;
    (void)i;
    return kpc_client_flush_result(result, NULL) == KPC_OK ? NULL : "no result";
}

/* Plain messages, behind which a flush has something to wait for. */
static void messages_prepare(cell *cell)
{
    kpc_id surb;
    must(cell, kpc_client_get_service(cell->helper, "echo", &cell->service, NULL), "the echo service");
    must(cell, kpc_new_surb_id(&surb, NULL), "new_surb_id");
    must(cell, kpc_send_message(cell->client, &surb, &cell->service, (const uint8_t *)"x", 1, NULL, NULL),
         "send_message");
}

/* A reply that was lost does not come, so this is waited for in vain now and then. */
enum { SOON = 3000 };

static kpc_status await_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    kpc_id surb;
    (void)i;
    /* Something that a reply comes to. */
    if (kpc_new_surb_id(&surb, NULL) == KPC_OK) {
        (void)!kpc_send_message(cell->client, &surb, &cell->service, (const uint8_t *)"x", 1, NULL, NULL);
    }
    return kpc_await_message_reply_async(cell->client, limit(cell) < SOON ? limit(cell) : SOON, done, op, error);
}

static const char *await_judge(cell *cell, unsigned i, const kpc_result *result)
{
    (void)cell;
    (void)i;
    return kpc_await_message_reply_result(result, NULL) == KPC_OK ? NULL : "no result";
}

static void echo_prepare(cell *cell)
{
    must(cell, kpc_client_get_service(cell->helper, "echo", &cell->service, NULL), "the echo service");
}

static kpc_status close_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    (void)i;
    cell->is_closed = 1;
    return kpc_client_close_async(cell->client, limit(cell), done, op, error);
}

static const char *close_judge(cell *cell, unsigned i, const kpc_result *result)
{
    (void)cell;
    (void)i;
    return kpc_client_close_result(result, NULL) == KPC_OK ? NULL : "no result";
}

#define ALL MOST, NULL, {0}
/* Its message may be lost, and no other comes. */
#define REPLY 100, "each sends a message", {KPC_ERR_CONNECTION_LOST, KPC_ERR_TIMEOUT, KPC_ERR_OFFLINE}
const call calls_client[] = {
    {"client_flush", EVERY, ALL, messages_prepare, flush_begin, flush_judge, NULL, NULL},
    {"await_message_reply", EVERY, REPLY, echo_prepare, await_begin, await_judge, NULL, NULL},
    {"client_close", EVERY, 1, "a client is closed once", {0}, NULL, close_begin, close_judge, NULL, NULL},
    {NULL, 0, 0, NULL, {0}, NULL, NULL, NULL, NULL, NULL},
};
