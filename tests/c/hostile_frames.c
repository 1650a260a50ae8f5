/* Garbage, oversized, empty, split and slow frames from the daemon: the connection is given up
 * where it must be, with the reason, and the client goes on. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

static kpc_error *error;
static kpc_sim sim;
static kpc_test_stream stream;

static void ask(kpc_client *client)
{
    kpc_box_index next;
    OK(kpc_next_message_box_index_remote(client, &stream.first, KPC_SOON, &next, &error));
}

/* The loss of all connections, which is told once none is left. One that is slow to be lost may still
 * be there when another is back already: then they are all asked again. */
static kpc_event *loss_by(kpc_event_sink *sink, const char *command)
{
    int64_t end = kpc_test_now_ms() + KPC_SOON;
    kpc_event *event = NULL;

    do {
        kpc_sim_say(&sim, "%s", command);
        while (kpc_event_sink_next(sink, 2000, &event, NULL) == KPC_OK) {
            if (kpc_event_kind(event) == KPC_EVENT_DISCONNECTED) {
                return event;
            }
            kpc_event_free(event);
        }
    } while (kpc_test_now_ms() < end);
    CHECK(!"it is told");
    return NULL;
}

/* The reason that it gives. */
static kpc_status reason_of_loss(kpc_event_sink *sink, const char *command)
{
    kpc_event *event = loss_by(sink, command);
    kpc_error *told = kpc_event_error(event);
    kpc_status reason = kpc_error_status(told);

    CHECK(kpc_error_message(told)[0] != 0);
    kpc_error_free(told);
    kpc_event_free(event);
    return reason;
}

static void gives_up(const char *command, kpc_status reason)
{
    kpc_client *client = kpc_sim_connected(&sim);
    kpc_event_sink *sink = NULL;
    kpc_op op = 0;

    OK(kpc_event_sink_open(client, 32, &sink, &error));
    OK(kpc_read_box_async(client, &stream.reader, &stream.first, 0, KPC_FOREVER, NULL, &op, &error));
    ask(client);
    /* Of the client's connections those for encryptions and for reads are there, too. */
    CHECK(kpc_sim_at_least(&sim, "connections", 3));
    STATUS(reason, reason_of_loss(sink, command));
    ask(client);
    ERROR(KPC_ERR_TIMEOUT, kpc_op_wait(client, op, KPC_NO_WAIT, NULL, &error));
    kpc_event_sink_free(sink);
    kpc_client_free(client);
    CHECK(kpc_sim_until(&sim, "arq_entries", 0));
    CHECK(kpc_sim_until(&sim, "connections", 0));
}

/* A frame that says nothing is none of anybody's business. */
static void an_empty_frame_is_passed_over(void)
{
    kpc_client *client = kpc_sim_connected(&sim);
    kpc_event_sink *sink = NULL;
    kpc_event *event = NULL;

    OK(kpc_event_sink_open(client, 32, &sink, &error));
    kpc_sim_say(&sim, "empty");
    ask(client);
    ask(client);
    CHECK(kpc_client_is_attached(client));
    while (kpc_event_sink_next(sink, KPC_NO_WAIT, &event, NULL) == KPC_OK) {
        CHECK(kpc_event_kind(event) != KPC_EVENT_DISCONNECTED);
        kpc_event_free(event);
    }
    kpc_event_sink_free(sink);
    kpc_client_free(client);
}

/* However small the pieces, a frame is a frame. */
static void in_pieces(const char *command)
{
    kpc_client *client;
    kpc_box_index next;
    kpc_buffer *plaintext = NULL;

    kpc_sim_say(&sim, "%s", command);
    client = kpc_sim_connected(&sim);
    ask(client);
    OK(kpc_write_box(client, &stream.writer, &stream.first, (const uint8_t *)"piece", 5, 0, KPC_SOON, &next,
                     &error));
    OK(kpc_read_box(client, &stream.reader, &stream.first, 0, KPC_SOON, &plaintext, &next, &error));
    CHECK(kpc_buffer_len(plaintext) == 5 && memcmp(kpc_buffer_data(plaintext), "piece", 5) == 0);
    kpc_buffer_free(plaintext);
    kpc_client_free(client);
}

int main(void)
{
    kpc_sim_start(&sim, "--instant --grace 1");
    stream = kpc_test_stream_of(1);
    gives_up("garbage", KPC_ERR_CBOR);
    gives_up("oversize", KPC_ERR_FRAME_TOO_LARGE);
    gives_up("cut-mid-frame", KPC_ERR_CONNECTION_LOST);
    an_empty_frame_is_passed_over();
    in_pieces("split 17");
    in_pieces("split 4096");
    kpc_sim_say(&sim, "split off");
    in_pieces("slow 2");
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
