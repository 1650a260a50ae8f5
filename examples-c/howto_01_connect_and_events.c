/* How to connect with the daemon, and to receive events.
 *
 *   $ howto_01_connect_and_events thinclient.toml
 *   the daemon is on the mixnet
 *   document of epoch ...
 *   message ... has left
 *   reply to message ...: hello mixnet
 *   closed
 *
 * A program that needs no events opens no sink: everything else works without one. */
#include "example.h"

/* Lines of the library's own log, which is off unless a program asks for it. Standard error
 * is a place for them; they never hold secrets or messages. */
static void log_line(int32_t level, const char *text, void *user_data)
{
    (void)user_data;
    fprintf(stderr, "kpclient (%d): %s\n", (int)level, text);
}

static void show_id(const char *before, const kpc_event *event, const char *after)
{
    kpc_id id;
    kpc_error *error = NULL;

    must(kpc_event_surb_id(event, &id, &error), &error, "the event's id");
    printf("%smessage %02x%02x%02x%02x%s", before, id.bytes[0], id.bytes[1], id.bytes[2],
           id.bytes[3], after);
}

/* Tells of one event; 1 when the reply has come, which is what this program waits for. */
static int show(const kpc_event *event)
{
    kpc_error *error = NULL;
    kpc_pki_document *document = NULL;
    kpc_buffer *payload = NULL;

    switch (kpc_event_kind(event)) {
    case KPC_EVENT_CONNECTION_STATUS:
        printf("the daemon is %s the mixnet\n", kpc_event_is_connected(event) ? "on" : "not on");
        return 0;
    case KPC_EVENT_PKI_DOCUMENT:
        must(kpc_event_pki_document(event, &document, &error), &error, "the document");
        printf("document of epoch %llu\n", (unsigned long long)kpc_pki_document_epoch(document));
        kpc_pki_document_free(document);
        return 0;
    case KPC_EVENT_MESSAGE_SENT:
        error = kpc_event_error(event);
        must(kpc_error_status(error), &error, "sending");
        show_id("", event, " has left\n");
        return 0;
    case KPC_EVENT_MESSAGE_REPLY:
        error = kpc_event_error(event);
        must(kpc_error_status(error), &error, "the reply");
        must(kpc_event_payload(event, &payload, &error), &error, "the reply");
        /* Replies are padded with zeros, so the text ends where it did when it was sent. */
        show_id("reply to ", event, ": ");
        printf("%s\n", (const char *)kpc_buffer_data(payload));
        kpc_buffer_free(payload);
        return 1;
    default: /* later versions have more kinds */
        return 0;
    }
}

int main(int argc, char **argv)
{
    static const char text[] = "hello mixnet";
    kpc_error *error = NULL;
    kpc_config *config = NULL;
    kpc_client *client = NULL;
    kpc_event_sink *sink = NULL;
    kpc_service echo;
    kpc_id surb_id;
    int done = 0;

    need(argc == 2, "usage: howto_01_connect_and_events THINCLIENT.TOML");
    must(kpc_config_load_file(argv[1], &config, &error), &error, "the configuration");
    must(kpc_config_set_log(config, KPC_LOG_WARN, log_line, NULL, NULL, &error), &error, "the log");
    must(kpc_client_new(config, &client, &error), &error, "a client");
    kpc_config_free(config); /* the client has a copy */

    /* A sink may be opened before or after connecting, and there may be several. This one
     * keeps up to 16 notices; of what a slower reader loses it is told. */
    must(kpc_event_sink_open(client, 16, &sink, &error), &error, "a sink");
    must(kpc_client_connect(client, PATIENCE_MS, &error), &error, "connecting");

    /* Something to hear of: a message to a service, answered through a reply block. */
    must(kpc_client_get_service(client, "echo", &echo, &error), &error, "an echo service");
    must(kpc_new_surb_id(&surb_id, &error), &error, "an id");
    must(kpc_send_message(client, &surb_id, &echo, (const uint8_t *)text, sizeof text, NULL, &error),
         &error, "a message");

    while (!done) {
        kpc_event *event = NULL;
        must(kpc_event_sink_next(sink, PATIENCE_MS, &event, &error), &error, "an event");
        done = show(event);
        kpc_event_free(event);
    }

    kpc_event_sink_free(sink);
    kpc_client_close(client, KPC_FOREVER, NULL); /* says goodbye; the daemon forgets the session */
    kpc_client_free(client);
    printf("closed\n");
    return 0;
}
