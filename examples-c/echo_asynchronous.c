/* An asynchronous echo: a callback receives the reply, while the program waits for any reply.
 *
 *   $ echo_asynchronous thinclient.toml
 *   sending
 *   got reply: hello mixnet
 *   a reply has come
 */
#include "example.h"

#include <pthread.h>

/* What the callback has told. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int replies;

/* Called for every event, on a thread of the library. */
static void on_event(const kpc_event *event, void *user_data)
{
    kpc_error *error = kpc_event_error(event);
    kpc_buffer *payload = NULL;

    (void)user_data;
    if (kpc_event_kind(event) == KPC_EVENT_MESSAGE_REPLY) {
        must(kpc_error_status(error), &error, "the reply");
        must(kpc_event_payload(event, &payload, &error), &error, "its payload");
        /* A reply is as long as a packet; the echo has zeros behind the text. */
        printf("got reply: %.*s\n", (int)kpc_buffer_len(payload),
               (const char *)kpc_buffer_data(payload));
        kpc_buffer_free(payload);
        pthread_mutex_lock(&mutex);
        replies++;
        pthread_cond_signal(&changed);
        pthread_mutex_unlock(&mutex);
    }
    kpc_error_free(error);
}

int main(int argc, char **argv)
{
    static const char text[] = "hello mixnet";
    kpc_error *error = NULL;
    kpc_config *config = NULL;
    kpc_client *client = NULL;
    kpc_event_sink *sink = NULL;
    kpc_service echo;
    kpc_id surb_id, message_id;

    need(argc == 2, "usage: echo_asynchronous THINCLIENT.TOML");
    must(kpc_config_load_file(argv[1], &config, &error), &error, "the configuration");
    must(kpc_client_new(config, &client, &error), &error, "a client");
    kpc_config_free(config);
    /* Before connecting, so that nothing is missed. */
    must(kpc_event_sink_open(client, 64, &sink, &error), &error, "a sink");
    must(kpc_event_sink_on_event(sink, on_event, NULL, NULL, &error), &error, "the callback");
    must(kpc_client_connect(client, PATIENCE_MS, &error), &error, "connecting");

    must(kpc_client_get_service(client, "echo", &echo, &error), &error, "the echo service");
    printf("sending\n");
    must(kpc_new_surb_id(&surb_id, &error), &error, "an id");
    must(kpc_send_message(client, &surb_id, &echo, (const uint8_t *)text, strlen(text),
                          &message_id, &error),
         &error, "sending");

    must(kpc_await_message_reply(client, PATIENCE_MS, &error), &error, "a reply");
    pthread_mutex_lock(&mutex);
    while (replies == 0) {
        pthread_cond_wait(&changed, &mutex);
    }
    pthread_mutex_unlock(&mutex);
    printf("a reply has come\n");

    kpc_event_sink_free(sink);
    example_leave(client);
    return 0;
}
