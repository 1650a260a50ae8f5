/* How to receive events in a callback.
 *
 *   $ channel_04_events thinclient.toml
 *   status: the daemon is on the mixnet
 *   document of epoch ...
 *   reply: hello
 *   closed
 *
 * The other ways are to wait for the next event (howto_01) and to poll a descriptor
 * (event_loop_poll). Each sink receives every event that is published after it was opened. */
#define _POSIX_C_SOURCE 200809L
#include "example.h"

#include <pthread.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int replied, dropped;

static void set(int *flag)
{
    pthread_mutex_lock(&mutex);
    *flag = 1;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&mutex);
}

static void wait_for(const int *flag)
{
    pthread_mutex_lock(&mutex);
    while (!*flag) {
        pthread_cond_wait(&changed, &mutex);
    }
    pthread_mutex_unlock(&mutex);
}

/* Runs on a thread of the library, one event after the other. It may call the library, but not
 * wait for the same client, and should be quick: events queue up behind it. */
static void on_event(const kpc_event *event, void *user_data)
{
    kpc_pki_document *document = NULL;
    kpc_buffer *payload = NULL;

    (void)user_data;
    switch (kpc_event_kind(event)) {
    case KPC_EVENT_CONNECTION_STATUS:
        printf("status: the daemon is %s the mixnet\n",
               kpc_event_is_connected(event) ? "on" : "not on");
        break;
    case KPC_EVENT_PKI_DOCUMENT:
        if (kpc_event_pki_document(event, &document, NULL) == KPC_OK) {
            printf("document of epoch %llu\n",
                   (unsigned long long)kpc_pki_document_epoch(document));
            kpc_pki_document_free(document);
        }
        break;
    case KPC_EVENT_MESSAGE_REPLY:
        if (kpc_event_payload(event, &payload, NULL) == KPC_OK) {
            printf("reply: %s\n", (const char *)kpc_buffer_data(payload));
            kpc_buffer_free(payload);
        }
        set(&replied);
        break;
    case KPC_EVENT_SHUTDOWN: /* the daemon says that it ends */
        printf("the daemon shuts down\n");
        break;
    case KPC_EVENT_CLOSED: /* the last one */
        printf("closed\n");
        break;
    default: /* of no interest here */
        break;
    }
}

/* The library will not call again. */
static void on_drop(void *user_data)
{
    (void)user_data;
    set(&dropped);
}

int main(int argc, char **argv)
{
    kpc_error *error = NULL;
    kpc_event_sink *sink = NULL;
    kpc_service echo;
    kpc_id surb_id;
    kpc_client *client;

    need(argc == 2, "usage: channel_04_events THINCLIENT.TOML");
    client = example_connect(argv[1]);

    /* A new sink begins with the present status and document. */
    must(kpc_event_sink_open(client, 16, &sink, &error), &error, "a sink");
    must(kpc_event_sink_on_event(sink, on_event, NULL, on_drop, &error), &error, "a callback");

    must(kpc_client_get_service(client, "echo", &echo, &error), &error, "an echo service");
    must(kpc_new_surb_id(&surb_id, &error), &error, "an id");
    must(kpc_send_message(client, &surb_id, &echo, (const uint8_t *)"hello", 6, NULL,
                          &error),
         &error, "a message");
    wait_for(&replied);

    kpc_client_close(client, KPC_FOREVER, NULL);
    wait_for(&dropped);
    kpc_event_sink_free(sink);
    kpc_client_free(client);
    return 0;
}
