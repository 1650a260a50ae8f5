/* Channels of the older API, which end with the connection that opened them. */
#include "matrix.h"

#include <string.h>

static kpc_status create_write_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op,
                                     kpc_error **error)
{
    (void)i;
    return kpc_create_write_channel_async(cell->client, limit(cell), done, op, error);
}

static const char *create_write_judge(cell *cell, unsigned i, const kpc_result *result)
{
    kpc_channel channel = 0;
    kpc_write_cap writer;
    kpc_read_cap reader, expected;
    (void)cell;
    (void)i;
    if (kpc_create_write_channel_result(result, &channel, &reader, &writer, NULL) != KPC_OK ||
        kpc_write_cap_read_cap(&writer, &expected, NULL) != KPC_OK) {
        return "no channel";
    }
    return channel != 0 && memcmp(&reader, &expected, sizeof reader) == 0 ? NULL : "capabilities of two channels";
}

static kpc_status create_read_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op,
                                    kpc_error **error)
{
    (void)i;
    return kpc_create_read_channel_async(cell->client, &cell->reader, limit(cell), done, op, error);
}

static const char *create_read_judge(cell *cell, unsigned i, const kpc_result *result)
{
    kpc_channel channel = 0;
    (void)cell;
    (void)i;
    return kpc_create_read_channel_result(result, &channel, NULL) == KPC_OK && channel != 0 ? NULL : "no channel";
}

/* A channel to write to for each operation. */
static void channels_prepare(cell *cell)
{
    unsigned i;
    must(cell, kpc_client_get_service(cell->helper, "courier", &cell->service, NULL), "courier");
    for (i = 0; i < cell->n; i++) {
        kpc_write_cap writer;
        kpc_read_cap reader;
        must(cell, kpc_create_write_channel(cell->client, WAIT, &cell->channels[i], &reader, &writer, NULL),
             "create_write_channel");
    }
}

static kpc_status write_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    char content[32];
    size_t len = content_of(cell, i, content, sizeof content);
    return kpc_write_channel_async(cell->client, cell->channels[i], (const uint8_t *)content, len, limit(cell), done,
                                   op, error);
}

static const char *write_judge(cell *cell, unsigned i, const kpc_result *result)
{
    kpc_channel_query *query = NULL;
    kpc_status status = kpc_write_channel_result(result, &query, NULL);
    (void)cell;
    (void)i;
    kpc_channel_query_free(query);
    return status == KPC_OK ? NULL : "no query";
}

static void readers_prepare(cell *cell)
{
    unsigned i;
    for (i = 0; i < cell->n; i++) {
        must(cell, kpc_create_read_channel(cell->client, &cell->reader, WAIT, &cell->channels[i], NULL),
             "create_read_channel");
    }
}

static kpc_status read_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    return kpc_read_channel_async(cell->client, cell->channels[i], &cell->index[0], -1, limit(cell), done, op, error);
}

static const char *read_judge(cell *cell, unsigned i, const kpc_result *result)
{
    kpc_channel_query *query = NULL;
    kpc_box_index at;
    kpc_status status = kpc_read_channel_result(result, &query, NULL);
    int same;
    (void)i;
    if (status == KPC_OK) {
        status = kpc_channel_query_current_index(query, &at, NULL);
    }
    same = status == KPC_OK && memcmp(&at, &cell->index[0], sizeof at) == 0;
    kpc_channel_query_free(query);
    return same ? NULL : "no query, or one for another box";
}

static kpc_status close_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    return kpc_close_channel_async(cell->client, cell->channels[i], limit(cell), done, op, error);
}

static const char *close_judge(cell *cell, unsigned i, const kpc_result *result)
{
    (void)cell;
    (void)i;
    return kpc_close_channel_result(result, NULL) == KPC_OK ? NULL : "no result";
}

static void queries_prepare(cell *cell)
{
    unsigned i;
    channels_prepare(cell);
    for (i = 0; i < cell->n; i++) {
        char content[32];
        size_t len = content_of(cell, i, content, sizeof content);
        must(cell,
             kpc_write_channel(cell->client, cell->channels[i], (const uint8_t *)content, len, WAIT,
                               (kpc_channel_query **)&cell->things[i], NULL),
             "write_channel");
    }
}

static void queries_clear(cell *cell)
{
    unsigned i;
    for (i = 0; i < cell->n; i++) {
        kpc_channel_query_free((kpc_channel_query *)cell->things[i]);
    }
}

static kpc_status query_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    return kpc_send_channel_query_await_reply_async(cell->client, cell->channels[i],
                                                    (kpc_channel_query *)cell->things[i], &cell->service, NULL,
                                                    limit(cell), done, op, error);
}

static const char *query_judge(cell *cell, unsigned i, const kpc_result *result)
{
    kpc_buffer *payload = NULL;
    kpc_status status = kpc_send_channel_query_await_reply_result(result, &payload, NULL, NULL);
    (void)cell;
    (void)i;
    kpc_buffer_free(payload);
    return status == KPC_OK ? NULL : "no result";
}

static kpc_status resume_write_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op,
                                     kpc_error **error)
{
    return kpc_resume_write_channel_async(cell->client, &cell->writer, &cell->index[i], limit(cell), done, op, error);
}

static const char *resume_write_judge(cell *cell, unsigned i, const kpc_result *result)
{
    kpc_channel channel = 0;
    (void)cell;
    (void)i;
    return kpc_resume_write_channel_result(result, &channel, NULL) == KPC_OK && channel != 0 ? NULL : "no channel";
}

static kpc_status resume_read_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    return kpc_resume_read_channel_async(cell->client, &cell->reader, &cell->index[i], -1, limit(cell), done, op,
                                         error);
}

static const char *resume_read_judge(cell *cell, unsigned i, const kpc_result *result)
{
    kpc_channel channel = 0;
    (void)cell;
    (void)i;
    return kpc_resume_read_channel_result(result, &channel, NULL) == KPC_OK && channel != 0 ? NULL : "no channel";
}

#define ALL MOST, NULL, {0}
#define OPENED 100, "the daemon opens one after the other", {KPC_ERR_CONNECTION_LOST, KPC_ERR_DAEMON_CHANNEL_NOT_FOUND, KPC_ERR_DAEMON_INVALID_CHANNEL}
/* Refused as well while there is no mixnet, as any message is. */
#define QUERIED 100, "the daemon opens one after the other", {KPC_ERR_CONNECTION_LOST, KPC_ERR_DAEMON_CHANNEL_NOT_FOUND, KPC_ERR_DAEMON_INVALID_CHANNEL, KPC_ERR_OFFLINE}
const call calls_channels[] = {
    {"create_write_channel", OLD, ALL, NULL, create_write_begin, create_write_judge, NULL, NULL},
    {"create_read_channel", OLD, ALL, NULL, create_read_begin, create_read_judge, NULL, NULL},
    {"write_channel", OLD, OPENED, channels_prepare, write_begin, write_judge, NULL, NULL},
    {"read_channel", OLD, OPENED, readers_prepare, read_begin, read_judge, NULL, NULL},
    {"close_channel", OLD, OPENED, channels_prepare, close_begin, close_judge, NULL, NULL},
    {"send_channel_query_await_reply", OLD, QUERIED, queries_prepare, query_begin, query_judge, NULL, queries_clear},
    {"resume_write_channel", OLD, ALL, NULL, resume_write_begin, resume_write_judge, NULL, NULL},
    {"resume_read_channel", OLD, ALL, NULL, resume_read_begin, resume_read_judge, NULL, NULL},
    {NULL, 0, 0, NULL, {0}, NULL, NULL, NULL, NULL, NULL},
};
