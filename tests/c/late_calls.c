/* Calls that wait work as late as a thread or a process lives: in atexit handlers, in destructors of the
 * program, of a thread's own data and of a library. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

static kpc_error *error;
static kpc_sim sim;
static kpc_client *client;
static kpc_config *config;
static kpc_test_stream stream;
static kpc_service echo;
static int in_thread, at_exit;
/* Made while threads can still be started, which takes a part of the thread that does it. */
static kpc_client *others[6];

/* Local, over the mixnet, and a message; what takes a blocking call in all its ways. */
static void every_way_to_wait(uint8_t content)
{
    kpc_client *other = others[content];
    kpc_buffer *reply = NULL;
    kpc_box_index next;
    kpc_status status;

    OK(kpc_next_message_box_index_remote(client, &stream.first, KPC_SOON, &next, &error));
    OK(kpc_write_box(client, &stream.writer, &stream.first, &content, 1, 0, KPC_SOON, &stream.first, &error));
    OK(kpc_send_message_await_reply(client, &echo, &content, 1, KPC_SOON, &reply, &error));
    kpc_buffer_free(reply);
    OK(kpc_client_connect(other, KPC_SOON, &error));
    OK(kpc_client_flush(other, KPC_SOON, &error));
    OK(kpc_client_close(other, KPC_SOON, &error));
    kpc_client_free(other);
    /* It works as well or says why not. */
    status = kpc_client_new(config, &other, NULL);
    CHECK(status == KPC_OK || status == KPC_ERR_NO_MEMORY);
    kpc_client_free(other);
}

static void of_the_thread(void *data)
{
    (void)data;
    every_way_to_wait(2);
    in_thread++;
}

static pthread_key_t key;

/* The call before makes whatever the library keeps for the thread; it is gone when the destructor
 * of the key runs. */
static void *with_data_of_its_own(void *first)
{
    pthread_setspecific(key, first);
    every_way_to_wait(1);
    return NULL;
}

static void bye(void)
{
    every_way_to_wait(3);
    at_exit++;
}

__attribute__((destructor)) static void end(void)
{
    int failed;

    CHECK(in_thread == 1 && at_exit == 1);
    every_way_to_wait(4);
    kpc_client_close(client, KPC_FOREVER, NULL);
    kpc_client_free(client);
    kpc_config_free(config);
    kpc_sim_stop(&sim);
    failed = kpc_test_end();
    fflush(stdout);
    _exit(failed);
}

int main(void)
{
    pthread_t thread;
    int i;

    atexit(bye);
    kpc_sim_start(&sim, "--instant");
    for (i = 1; i < 6; i++) {
        others[i] = kpc_sim_client(&sim);
    }
    stream = kpc_test_stream_of(1);
    client = kpc_sim_connected(&sim);
    config = kpc_sim_config(&sim);
    OK(kpc_client_get_service(client, "echo", &echo, &error));
    CHECK(pthread_key_create(&key, of_the_thread) == 0);
    CHECK(pthread_create(&thread, NULL, with_data_of_its_own, &stream) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    every_way_to_wait(5);
    return 0;
}
