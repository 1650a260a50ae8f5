/* Every call works on a thread with as little stack as the header says. */
/* c_suite: needs sim */
/* c_suite: not valgrind (its threads need more) */
/* c_suite: not asan (its frames are larger) */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

/* What the header promises is the library as it is installed; one that is built for debugging, which the
 * suite makes where it is given none, takes more. */
enum { STACK = 64 * 1024, STACK_FOR_DEBUGGING = 512 * 1024 };

static kpc_error *error;
static kpc_sim sim;

static void boxes(kpc_client *client, const kpc_test_stream *stream)
{
    kpc_tombstones *tombstones = NULL;
    kpc_copy_builder *builder = NULL;
    kpc_buffer *found = NULL, *saved = NULL;
    kpc_box_index next;
    static uint8_t payload[5000];

    OK(kpc_write_box(client, &stream->writer, &stream->first, bytes("hello"), 5, 0, KPC_SOON, &next, &error));
    OK(kpc_read_box(client, &stream->reader, &stream->first, 0, KPC_SOON, &found, &next, &error));
    kpc_buffer_free(found);
    OK(kpc_tombstone_range(client, &stream->writer, &next, 3, KPC_SOON, &tombstones, &error));
    kpc_tombstones_free(tombstones);
    OK(kpc_copy_builder_new(client, &builder, &error));
    OK(kpc_copy_builder_add(client, builder, &stream->writer, &next, payload, sizeof payload, KPC_SOON, NULL,
                            &error));
    OK(kpc_copy_builder_save(builder, &saved, &error));
    OK(kpc_copy_builder_finish(client, builder, NULL, KPC_SOON, NULL, &error));
    kpc_buffer_free(saved);
    kpc_copy_builder_free(builder);
}

static void the_rest(kpc_client *client, const kpc_test_stream *stream)
{
    kpc_pki_document *document = NULL;
    kpc_authorities *authorities = NULL;
    kpc_voucher *voucher = NULL;
    kpc_buffer *text = NULL, *reply = NULL;
    kpc_service echo;
    uint64_t epoch;

    OK(kpc_client_pki_document(client, &document, &error));
    OK(kpc_pki_document_to_json(document, &text, &error));
    kpc_buffer_free(text);
    kpc_pki_document_free(document);
    OK(kpc_get_pki_document_raw(client, 0, KPC_SOON, &text, &epoch, &error));
    kpc_buffer_free(text);
    OK(kpc_get_directory_authorities(client, KPC_SOON, &authorities, &error));
    kpc_authorities_free(authorities);
    OK(kpc_voucher_mint(client, &stream->writer, "Alice", 5, KPC_SOON, &voucher, &error));
    kpc_voucher_free(voucher);
    OK(kpc_client_get_service(client, "echo", &echo, &error));
    OK(kpc_send_message_await_reply(client, &echo, bytes("ping"), 4, KPC_SOON, &reply, &error));
    kpc_buffer_free(reply);
}

static void *everything(void *unused)
{
    kpc_client *client = kpc_sim_connected(&sim);
    kpc_test_stream stream = kpc_test_stream_of(1);

    (void)unused;
    boxes(client, &stream);
    the_rest(client, &stream);
    OK(kpc_client_flush(client, KPC_SOON, &error));
    OK(kpc_client_close(client, KPC_SOON, &error));
    kpc_client_free(client);
    return NULL;
}

int main(void)
{
    pthread_attr_t small;
    pthread_t thread;

    kpc_sim_start(&sim, "--instant");
    CHECK(pthread_attr_init(&small) == 0);
    CHECK(pthread_attr_setstacksize(&small, getenv("KPC_LIB_FOR_DEBUGGING") == NULL ? STACK : STACK_FOR_DEBUGGING) == 0);
    CHECK(pthread_create(&thread, &small, everything, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
