/* Several queries of channels at once and in other orders, from C, on both generations of daemons. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_channels.h"

/* Two reads prepared on one channel and sent the other way round: each finds its own box. A channel of
 * v0.0.72 opens every answer with the index of the query that it prepared last. */
static void reads_prepared_ahead(void)
{
    static const char *const texts[2] = {"first", "second"};
    kpc_channel_query *reads[2] = {NULL, NULL};
    kpc_box_index next;
    kpc_channel writer, reader;
    kpc_write_cap writes;
    kpc_read_cap cap;
    int i;

    OK(kpc_create_write_channel(client, KPC_SOON, &writer, &cap, &writes, &error));
    for (i = 0; i < 2; i++) {
        kpc_channel_query *write = NULL;
        OK(kpc_write_channel(client, writer, bytes(texts[i]), strlen(texts[i]), KPC_SOON, &write, &error));
        CHECK(gives(writer, write, "", 1));
        kpc_channel_query_free(write);
    }
    OK(kpc_create_read_channel(client, &cap, KPC_SOON, &reader, &error));
    OK(kpc_read_channel(client, reader, NULL, -1, KPC_SOON, &reads[0], &error));
    OK(kpc_channel_query_next_index(reads[0], &next, &error));
    OK(kpc_read_channel(client, reader, &next, -1, KPC_SOON, &reads[1], &error));
    for (i = 1; i >= 0; i--) {
        CHECK(gives(reader, reads[i], texts[i], ATTEMPTS));
    }
    CHECK(gives(reader, reads[1], texts[1], ATTEMPTS));
    kpc_channel_query_free(reads[0]);
    kpc_channel_query_free(reads[1]);
    OK(kpc_close_channel(client, reader, KPC_SOON, &error));
    OK(kpc_close_channel(client, writer, KPC_SOON, &error));
}

/* A read that was sent before the write: prepared anew, it finds the box. */
static void a_read_before_the_write(void)
{
    kpc_channel_query *early = NULL, *write = NULL;
    kpc_channel writer, reader;
    kpc_write_cap writes;
    kpc_read_cap cap;
    int i, found = 0;

    OK(kpc_create_write_channel(client, KPC_SOON, &writer, &cap, &writes, &error));
    OK(kpc_create_read_channel(client, &cap, KPC_SOON, &reader, &error));
    OK(kpc_read_channel(client, reader, NULL, -1, KPC_SOON, &early, &error));
    CHECK(gives(reader, early, "", 1));
    OK(kpc_write_channel(client, writer, bytes("late"), 4, KPC_SOON, &write, &error));
    CHECK(gives(writer, write, "", 1));
    for (i = 0; i < ATTEMPTS && !found; i++) {
        kpc_channel_query *anew = NULL;
        OK(kpc_read_channel(client, reader, NULL, -1, KPC_SOON, &anew, &error));
        found = gives(reader, anew, "late", 3);
        kpc_channel_query_free(anew);
    }
    CHECK(found);
    kpc_channel_query_free(early);
    kpc_channel_query_free(write);
    OK(kpc_close_channel(client, reader, KPC_SOON, &error));
    OK(kpc_close_channel(client, writer, KPC_SOON, &error));
}

/* Queries without a message id get one each: those of two that are under way do not meet. */
static void message_ids_are_drawn(void)
{
    kpc_channel_query *queries[2] = {NULL, NULL};
    kpc_channel channels[2];
    kpc_write_cap writes;
    kpc_read_cap cap;
    kpc_op ops[2] = {0, 0};
    int i;

    OK(kpc_create_write_channel(client, KPC_SOON, &channels[0], &cap, &writes, &error));
    OK(kpc_create_read_channel(client, &cap, KPC_SOON, &channels[1], &error));
    OK(kpc_write_channel(client, channels[0], bytes("five"), 4, KPC_SOON, &queries[0], &error));
    OK(kpc_read_channel(client, channels[1], NULL, -1, KPC_SOON, &queries[1], &error));
    kpc_sim_say(&sim, "hold");
    for (i = 0; i < 2; i++) {
        OK(kpc_send_channel_query_await_reply_async(client, channels[i], queries[i], &courier, NULL, KPC_SOON,
                                                    NULL, &ops[i], &error));
    }
    kpc_sim_say(&sim, "release");
    for (i = 0; i < 2; i++) {
        kpc_buffer *payload = NULL;
        kpc_result *result = WAIT_FOR(client, ops[i]);
        OK(kpc_send_channel_query_await_reply_result(result, &payload, NULL, &error));
        kpc_buffer_free(payload);
        kpc_result_free(result);
        kpc_channel_query_free(queries[i]);
    }
}

static void everything(const char *options)
{
    kpc_sim_start(&sim, options);
    client = kpc_sim_connected(&sim);
    OK(kpc_client_get_service(client, "courier", &courier, &error));
    reads_prepared_ahead();
    a_read_before_the_write();
    message_ids_are_drawn();
    kpc_client_close(client, KPC_FOREVER, NULL);
    kpc_client_free(client);
    kpc_sim_stop(&sim);
}

int main(void)
{
    everything("--instant --late-close 0");
    everything("--instant --late-close 0 --protocol v0.0.72");
    return kpc_test_end();
}
