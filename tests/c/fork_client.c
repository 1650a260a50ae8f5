/* Fork beside a client in full work: the child gets KPC_ERR_FORKED from every handle, harms
 * nothing, and makes a client of its own; the parent goes on. Also past the fork handlers. */
/* c_suite: needs sim */
/* c_suite: leaks are not looked for: the child has lost what the parent's threads hold */
#define _GNU_SOURCE
#include "kpc_sim.h"

static kpc_error *error;
static kpc_sim sim;
static kpc_test_stream stream;

static struct {
    kpc_client *client;
    kpc_event_sink *sink;
    kpc_event *event;
    kpc_result *result;
    kpc_envelope *envelope;
    kpc_pki_document *document;
    kpc_services *services;
    kpc_buffer *buffer;
    kpc_config *config;
    kpc_error *error;
    kpc_op op;
} parents;

static void make_one_of_each(void)
{
    kpc_op op = 0;
    parents.config = kpc_sim_config(&sim);
    parents.client = kpc_sim_connected(&sim);
    OK(kpc_event_sink_open(parents.client, 8, &parents.sink, &error));
    OK(kpc_event_sink_next(parents.sink, KPC_SOON, &parents.event, &error));
    OK(kpc_client_pki_document(parents.client, &parents.document, &error));
    OK(kpc_client_get_services(parents.client, "echo", &parents.services, &error));
    OK(kpc_encrypt_read(parents.client, &stream.reader, &stream.first, KPC_SOON, &parents.envelope, &error));
    OK(kpc_envelope_ciphertext(parents.envelope, &parents.buffer, &error));
    OK(kpc_next_message_box_index_remote_async(parents.client, &stream.first, KPC_SOON, NULL, &op, &error));
    parents.result = WAIT_FOR(parents.client, op);
    STATUS(KPC_ERR_ARG_NULL, kpc_config_set_unix(NULL, "x", &parents.error));
    OK(kpc_read_box_async(parents.client, &stream.reader, &stream.first, 0, KPC_FOREVER, NULL, &parents.op, &error));
}

static void free_each(void)
{
    kpc_client_free(parents.client);
    kpc_event_sink_free(parents.sink);
    kpc_event_free(parents.event);
    kpc_result_free(parents.result);
    kpc_envelope_free(parents.envelope);
    kpc_pki_document_free(parents.document);
    kpc_services_free(parents.services);
    kpc_buffer_free(parents.buffer);
    kpc_config_free(parents.config);
    kpc_error_free(parents.error);
}

/* Without an error object, so that nothing needs memory: after _Fork that may not be had. */
static int each_says_forked(void)
{
    kpc_box_index next;
    kpc_buffer *buffer = NULL;
    kpc_service service;
    int good = 1;

    good &= kpc_next_message_box_index_remote(parents.client, &stream.first, KPC_FOREVER, &next, NULL) ==
            KPC_ERR_FORKED;
    good &= kpc_client_close(parents.client, KPC_FOREVER, NULL) == KPC_ERR_FORKED;
    good &= kpc_op_cancel(parents.client, parents.op, NULL) == KPC_ERR_FORKED;
    good &= kpc_event_sink_next(parents.sink, KPC_FOREVER, &(kpc_event *){NULL}, NULL) == KPC_ERR_FORKED;
    good &= kpc_event_sink_fd(parents.sink) == -1 && kpc_event_kind(parents.event) == KPC_EVENT_NONE;
    good &= kpc_result_status(parents.result) == KPC_ERR_FORKED;
    good &= kpc_envelope_ciphertext(parents.envelope, &buffer, NULL) == KPC_ERR_FORKED;
    good &= kpc_pki_document_cbor(parents.document, &buffer, NULL) == KPC_ERR_FORKED;
    good &= kpc_services_at(parents.services, 0, &service, NULL) == KPC_ERR_FORKED;
    good &= kpc_buffer_data(parents.buffer) == NULL;
    good &= kpc_config_validate(parents.config, NULL) == KPC_ERR_FORKED;
    good &= kpc_error_status(parents.error) == KPC_ERR_FORKED;
    good &= !kpc_client_is_connected(parents.client) && kpc_debug_live_objects() == 0;
    return good;
}

/* A child by fork: it may do anything, for no other thread of the parent was in the library. */
static int a_whole_child(void)
{
    kpc_client *own;
    kpc_box_index next;

    CHECK(each_says_forked());
    ERROR(KPC_ERR_FORKED, kpc_next_message_box_index_remote(parents.client, &stream.first, KPC_FOREVER, &next,
                                                            &error));
    free_each();
    own = kpc_sim_connected(&sim);
    OK(kpc_next_message_box_index_remote(own, &stream.first, KPC_SOON, &next, &error));
    OK(kpc_write_box(own, &stream.writer, &stream.first, (const uint8_t *)"child", 5, 0, KPC_SOON, &next, &error));
    CHECK(each_says_forked() || kpc_debug_live_objects() == 1);
    free_each();
    kpc_client_free(own);
    return kpc_test_end();
}

static int ends_well(pid_t child)
{
    int status = 0;
    return CHECK(child > 0 && waitpid(child, &status, 0) == child) &&
           CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static int child_of_thread;

static void *fork_in_a_thread(void *unused)
{
    (void)unused;
    fflush(stdout);
    child_of_thread = fork();
    if (child_of_thread == 0) {
        int failed = !each_says_forked();
        free_each();
        _exit(failed);
    }
    return NULL;
}

/* The parent's client works as before, and what it was doing goes on. */
static void the_parent_goes_on(void)
{
    kpc_box_index next;
    kpc_test_stream other = kpc_test_stream_of(77);
    CHECK(kpc_client_is_connected(parents.client));
    OK(kpc_next_message_box_index_remote(parents.client, &stream.first, KPC_SOON, &next, &error));
    OK(kpc_write_box(parents.client, &other.writer, &other.first, (const uint8_t *)"parent", 6, 0, KPC_SOON, &next,
                     &error));
    CHECK(kpc_buffer_len(parents.buffer) > 0 && kpc_pki_document_epoch(parents.document) != 0);
    CHECK(kpc_sim_count(&sim, "thin_close") == 0);
}

static void on_event(const kpc_event *event, void *user_data)
{
    (void)event;
    kpc_seen_one_more((int *)user_data);
}

int main(void)
{
    pthread_t thread;
    pid_t child;
    int events = 0;
    long goodbyes;

    kpc_sim_start(&sim, "--instant --grace 1");
    stream = kpc_test_stream_of(1);
    make_one_of_each();
    /* The thread for callbacks is there, too. */
    {
        kpc_event_sink *called = NULL;
        OK(kpc_event_sink_open(parents.client, 8, &called, &error));
        OK(kpc_event_sink_on_event(called, on_event, &events, NULL, &error));
        CHECK(kpc_seen_until(&events, 2));
        kpc_event_sink_free(called);
    }

    /* A child that leaves at once, having freed everything: nobody outside notices. */
    CHECK(pthread_create(&thread, NULL, fork_in_a_thread, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    ends_well(child_of_thread);
    the_parent_goes_on();

    /* Past the fork handlers. */
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 34)
    fflush(stdout);
    child = _Fork();
    if (child == 0) {
        int failed = !each_says_forked();
        free_each();
        _exit(failed);
    }
    ends_well(child);
    the_parent_goes_on();
#endif

    /* A child with a client of its own. */
    goodbyes = kpc_sim_count(&sim, "thin_close");
    fflush(stdout);
    child = fork();
    if (child == 0) {
        int failed = a_whole_child();
        fflush(stdout);
        _exit(failed);
    }
    ends_well(child);
    CHECK(kpc_sim_at_least(&sim, "thin_close", goodbyes + 1));
    /* The read that the parent began finds what the child wrote. */
    {
        kpc_result *result;
        kpc_buffer *plaintext = NULL;
        kpc_box_index next;
        result = WAIT_FOR(parents.client, parents.op);
        OK(kpc_read_box_result(result, &plaintext, &next, &error));
        CHECK(kpc_buffer_len(plaintext) == 5 && memcmp(kpc_buffer_data(plaintext), "child", 5) == 0);
        kpc_buffer_free(plaintext);
        kpc_result_free(result);
    }
    free_each();
    CHECK(kpc_sim_until(&sim, "sessions", 0));
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
