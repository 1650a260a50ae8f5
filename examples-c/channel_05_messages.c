/* How to send a message to a service: once, or until it is answered.
 *
 *   $ channel_05_messages thinclient.toml
 *   plain message: sent
 *   plain message: reply "once"
 *   reliable message: sent
 *   reliable message: reply "until answered"
 *
 * The id of its reply block identifies a plain message; its message id identifies a reliable one.
 * The program must remember which id belongs to which message. */
#include "example.h"

/* What the program remembers of a message on its way. */
struct pending {
    const char *name;
    kpc_id id;
    int is_reliable;
    int is_answered;
};

static int is_about(const kpc_event *event, const struct pending *pending)
{
    kpc_id id;
    kpc_status status = pending->is_reliable ? kpc_event_message_id(event, &id, NULL)
                                             : kpc_event_surb_id(event, &id, NULL);

    return status == KPC_OK && memcmp(&id, &pending->id, sizeof id) == 0;
}

static void take(const kpc_event *event, struct pending *pending)
{
    kpc_error *error = kpc_event_error(event);
    kpc_buffer *payload = NULL;

    must(kpc_error_status(error), &error, pending->name);
    switch (kpc_event_kind(event)) {
    case KPC_EVENT_MESSAGE_SENT:
        printf("%s: sent\n", pending->name);
        break;
    case KPC_EVENT_MESSAGE_REPLY:
        must(kpc_event_payload(event, &payload, &error), &error, "the reply");
        printf("%s: reply \"%s\"\n", pending->name, (const char *)kpc_buffer_data(payload));
        kpc_buffer_free(payload);
        pending->is_answered = 1;
        break;
    default: /* KPC_EVENT_MESSAGE_ID_COLLECTED: an older daemon has forgotten the message */
        break;
    }
}

/* Drinks events until the message is answered; the daemon sends about one packet a second. */
static void await_reply(kpc_event_sink *sink, struct pending *pending)
{
    while (!pending->is_answered) {
        kpc_error *error = NULL;
        kpc_event *event = NULL;
        must(kpc_event_sink_next(sink, PATIENCE_MS, &event, &error), &error, "an event");
        if (is_about(event, pending)) {
            take(event, pending);
        }
        kpc_event_free(event);
    }
}

int main(int argc, char **argv)
{
    static const char once[] = "once", sure[] = "until answered";
    struct pending plain = {"plain message", {{0}}, 0, 0};
    struct pending reliable = {"reliable message", {{0}}, 1, 0};
    kpc_error *error = NULL;
    kpc_event_sink *sink = NULL;
    kpc_service echo;
    kpc_client *client;

    need(argc == 2, "usage: channel_05_messages THINCLIENT.TOML");
    client = example_connect(argv[1]);
    must(kpc_event_sink_open(client, 16, &sink, &error), &error, "a sink");
    must(kpc_client_get_service(client, "echo", &echo, &error), &error, "an echo service");

    /* Sent once. If the network loses it, the reply says KPC_ERR_TIMEOUT. */
    must(kpc_new_surb_id(&plain.id, &error), &error, "an id");
    must(kpc_send_message(client, &plain.id, &echo, (const uint8_t *)once, sizeof once, NULL, &error),
         &error, "a message");
    await_reply(sink, &plain);

    /* Repeated up to three times, so the service may get it more than once. An echo service
     * does not mind; one that transfers money would. */
    must(kpc_new_message_id(&reliable.id, &error), &error, "an id");
    must(kpc_send_reliable_message(client, &reliable.id, &echo, (const uint8_t *)sure, sizeof sure, &error),
         &error, "a reliable message");
    await_reply(sink, &reliable);

    kpc_event_sink_free(sink);
    example_leave(client);
    return 0;
}
