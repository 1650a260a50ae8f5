/* The asynchronous form of each call on a store, its writers and its readers, and how operations end
 * that wait when the store is closed, the client is, or somebody cancels. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_stores.h"

static person alice, bob;

static void stores(void)
{
    kpc_names *names = NULL;

    alice.client = kpc_sim_connected(&sim);
    ASYNC(alice.client, kpc_store_open_async(alice.client, path_of("alice"), KPC_SOON, NULL, &op, &error),
          kpc_store_open_result(result, &alice.store, &error));
    bob = comes("bob");
    ASYNC(alice.client, kpc_store_list_writers_async(alice.store, KPC_SOON, NULL, &op, &error),
          kpc_store_list_writers_result(result, &names, &error));
    CHECK(kpc_names_count(names) == 0);
    kpc_names_free(names);
    ASYNC(alice.client, kpc_store_list_readers_async(alice.store, KPC_SOON, NULL, &op, &error),
          kpc_store_list_readers_result(result, &names, &error));
    CHECK(kpc_names_count(names) == 0);
    kpc_names_free(names);
}

static kpc_writer *writers(void)
{
    kpc_test_stream stream = kpc_test_stream_of(3);
    kpc_writer *writer = NULL, *same = NULL;

    ASYNC(alice.client,
          kpc_store_import_writer_async(alice.store, "old", &stream.writer, NULL, KPC_SOON, NULL, &op, &error),
          kpc_store_import_writer_result(result, &writer, &error));
    kpc_writer_free(writer);
    ASYNC(alice.client, kpc_store_delete_writer_async(alice.store, "old", KPC_SOON, NULL, &op, &error),
          kpc_store_delete_writer_result(result, &error));
    ASYNC(alice.client, kpc_store_create_writer_async(alice.store, "new", NULL, 0, KPC_SOON, NULL, &op, &error),
          kpc_store_create_writer_result(result, &writer, &error));
    ASYNC(alice.client, kpc_store_open_writer_async(alice.store, "new", KPC_SOON, NULL, &op, &error),
          kpc_store_open_writer_result(result, &same, &error));
    kpc_writer_free(writer);
    return same;
}

static kpc_reader *readers(const kpc_writer *writer)
{
    kpc_reader *reader = NULL, *same = NULL;
    kpc_read_cap cap;

    OK(kpc_writer_read_cap(writer, &cap, &error));
    ASYNC(bob.client, kpc_store_import_reader_async(bob.store, "old", &cap, NULL, KPC_SOON, NULL, &op, &error),
          kpc_store_import_reader_result(result, &reader, &error));
    kpc_reader_free(reader);
    ASYNC(bob.client, kpc_store_delete_reader_async(bob.store, "old", KPC_SOON, NULL, &op, &error),
          kpc_store_delete_reader_result(result, &error));
    reader = follows(&bob, "new", writer);
    ASYNC(bob.client, kpc_store_open_reader_async(bob.store, "new", KPC_SOON, NULL, &op, &error),
          kpc_store_open_reader_result(result, &same, &error));
    kpc_reader_free(reader);
    return same;
}

static void messages(kpc_writer *writer, kpc_reader *reader)
{
    kpc_message *message = NULL;
    kpc_messages *all = NULL;
    kpc_op waiting = 0;
    kpc_result *received;
    uint64_t number = 0;

    OK(kpc_reader_receive_async(reader, KPC_FOREVER, NULL, &waiting, &error));
    ASYNC(alice.client,
          kpc_writer_send_async(writer, KPC_MESSAGE_KIND, bytes("one"), 3, KPC_SOON, NULL, &op, &error),
          kpc_writer_send_result(result, &number, &error));
    CHECK(number == 1);
    ASYNC(alice.client, kpc_writer_wait_stored_async(writer, 1, KPC_SOON, NULL, &op, &error),
          kpc_writer_wait_stored_result(result, &error));
    received = WAIT_FOR(bob.client, waiting);
    OK(kpc_reader_receive_result(received, &message, &error));
    CHECK(is_text(message, 1, "one"));
    OK(kpc_reader_receive_result(received, &message, &error)); /* each has its own handle */
    kpc_result_free(received);
    CHECK(is_text(message, 1, "one"));
    ASYNC(bob.client, kpc_reader_acknowledge_async(reader, 1, KPC_SOON, NULL, &op, &error),
          kpc_reader_acknowledge_result(result, &error));
    ASYNC(bob.client, kpc_reader_messages_async(reader, 1, 10, KPC_SOON, NULL, &op, &error),
          kpc_reader_messages_result(result, &all, &error));
    CHECK(kpc_messages_count(all) == 1);
    kpc_messages_free(all);
    ASYNC(bob.client, kpc_reader_forget_before_async(reader, 2, KPC_SOON, NULL, &op, &error),
          kpc_reader_forget_before_result(result, &error));
    OK(kpc_reader_messages(reader, 1, 10, KPC_SOON, &all, &error));
    CHECK(kpc_messages_count(all) == 0);
    kpc_messages_free(all);
    ASYNC(alice.client, kpc_writer_tombstone_async(writer, 2, KPC_SOON, NULL, &op, &error),
          kpc_writer_tombstone_result(result, &number, &error));
    CHECK(number == 2);
    ASYNC(alice.client, kpc_writer_step_over_async(writer, KPC_SOON, NULL, &op, &error),
          kpc_writer_step_over_result(result, &error));
    ASYNC(alice.client, kpc_writer_erase_before_async(writer, 2, KPC_SOON, NULL, &op, &error),
          kpc_writer_erase_before_result(result, &error));
    ASYNC(alice.client, kpc_writer_wait_erased_async(writer, 2, KPC_SOON, NULL, &op, &error),
          kpc_writer_wait_erased_result(result, &error));
}

/* The result of a waiting operation says how it ended. */
static void ends(const person *somebody, kpc_op op, kpc_status expected)
{
    kpc_message *message = NULL;
    kpc_result *result = WAIT_FOR(somebody->client, op);
    ERROR(expected, kpc_reader_receive_result(result, &message, &error));
    CHECK(message == NULL);
    kpc_result_free(result);
}

static int called;

static void receive(const kpc_result *result, void *user_data)
{
    kpc_reader *reader = (kpc_reader *)user_data;
    kpc_message *message = NULL;
    kpc_error *mine = NULL;

    /* Here it would wait for itself. */
    STATUS(KPC_ERR_WOULD_DEADLOCK, kpc_reader_receive(reader, KPC_SOON, &message, &mine));
    kpc_error_free(mine);
    CHECK(kpc_reader_waiting(reader) == 2 && kpc_result_status(result) == KPC_OK);
    kpc_reader_free(reader);
    kpc_seen_one_more(&called);
}

static void in_a_callback(kpc_reader *reader)
{
    kpc_completion done;
    kpc_op op = 0;

    memset(&done, 0, sizeof done);
    done.fn = receive;
    OK(kpc_store_open_reader(bob.store, "new", KPC_SOON, &reader, &error));
    AWAIT_STATE(kpc_reader_waiting(reader), 2);
    done.user_data = reader;
    OK(kpc_reader_acknowledge_async(reader, 1, KPC_SOON, &done, &op, &error));
    CHECK(kpc_seen_until(&called, 1));
}

static void waiting_calls(kpc_reader *reader)
{
    kpc_op cancelled = 0, closed = 0;
    kpc_message *message = NULL;

    OK(kpc_reader_acknowledge(reader, 3, KPC_SOON, &error));
    OK(kpc_reader_receive_async(reader, KPC_FOREVER, NULL, &cancelled, &error));
    OK(kpc_reader_receive_async(reader, KPC_FOREVER, NULL, &closed, &error));
    OK(kpc_op_cancel(bob.client, cancelled, &error));
    ends(&bob, cancelled, KPC_ERR_CANCELLED);
    ASYNC(bob.client, kpc_store_close_async(bob.store, KPC_SOON, NULL, &op, &error),
          kpc_store_close_result(result, &error));
    ends(&bob, closed, KPC_ERR_CLOSED);
    ERROR(KPC_ERR_CLOSED, kpc_reader_receive(reader, KPC_SOON, &message, &error));
    ERROR(KPC_ERR_CLOSED, kpc_reader_acknowledge(reader, 3, KPC_SOON, &error));
    OK(kpc_store_close(bob.store, KPC_SOON, &error)); /* a second time */
}

int main(void)
{
    kpc_writer *writer;
    kpc_reader *reader;

    kpc_sim_start(&sim, "--instant");
    stores();
    writer = writers();
    reader = readers(writer);
    messages(writer, reader);
    in_a_callback(reader);
    waiting_calls(reader);
    kpc_reader_free(reader);
    kpc_writer_free(writer);
    leaves(&alice);
    leaves(&bob);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
