/* Boxes written, read and deleted, in one call each, also without waiting; and what is cancelled by
 * its hash. steps.c does it step by step. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_boxes.h"

/* Written one after the other, and read back; what is there already, and what is not there. */
static void write_box(void)
{
    kpc_test_stream s = kpc_test_stream_of(1);
    kpc_box_index writing = s.first, reading = s.first, next;
    kpc_buffer *plaintext = NULL;
    int i;

    /* An index is moved on in place. */
    for (i = 0; i < 3; i++) {
        OK(kpc_write_box(client, &s.writer, &writing, bytes("message"), 7, 0, KPC_SOON, &writing, &error));
    }
    for (i = 0; i < 3; i++) {
        kpc_box_index before = reading;
        OK(kpc_read_box(client, &s.reader, &reading, 0, KPC_SOON, &plaintext, &reading, &error));
        CHECK(holds(plaintext, "message") && follows(&reading, &before));
    }
    CHECK(memcmp(&reading, &writing, sizeof reading) == 0);

    /* One that is not there; the index stays where it is. */
    ERROR(KPC_ERR_BOX_ID_NOT_FOUND, kpc_read_box(client, &s.reader, &reading, KPC_START_NO_RETRY, KPC_SOON,
                                                 &plaintext, &reading, &error));
    CHECK(plaintext == NULL && memcmp(&reading, &writing, sizeof reading) == 0);

    /* One that holds something else already, unless one does not want to know. */
    ERROR(KPC_ERR_BOX_ALREADY_EXISTS,
          kpc_write_box(client, &s.writer, &s.first, bytes("other"), 5, 0, KPC_SOON, &next, &error));
    CHECK(kpc_test_filled(&next, 0, sizeof next));
    OK(kpc_write_box(client, &s.writer, &s.first, bytes("other"), 5, KPC_WRITE_UNCHECKED, KPC_SOON, &next, &error));
    OK(kpc_write_box(client, &s.writer, &s.first, bytes("message"), 7, 0, KPC_SOON, &next, &error));
    OK(kpc_read_box(client, &s.reader, &s.first, 0, KPC_SOON, &plaintext, &next, &error));
    CHECK(holds(plaintext, "message"));
}

/* What is for reads says nothing to writes, and the other way round. */
static void unfit_flags(void)
{
    kpc_test_stream s = kpc_test_stream_of(1);
    kpc_buffer *plaintext = NULL;
    kpc_box_index next;

    ERROR(KPC_ERR_ARG_VALUE, kpc_write_box(client, &s.writer, &s.first, bytes("x"), 1, KPC_START_NO_RETRY, KPC_SOON,
                                           &next, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_read_box(client, &s.reader, &s.first, KPC_START_RETURN_BOX_EXISTS, KPC_SOON,
                                          &plaintext, &next, &error));
}

/* Deleted is not the same as never written; it may be repeated, and the box next to it stays. */
static void tombstone_box(void)
{
    kpc_test_stream s = kpc_test_stream_of(7);
    kpc_box_index second, next;
    kpc_buffer *plaintext = NULL;

    OK(kpc_write_box(client, &s.writer, &s.first, bytes("first"), 5, 0, KPC_SOON, &second, &error));
    OK(kpc_write_box(client, &s.writer, &second, bytes("second"), 6, 0, KPC_SOON, &next, &error));
    OK(kpc_tombstone_box(client, &s.writer, &s.first, KPC_SOON, &next, &error));
    CHECK(follows(&next, &s.first));
    OK(kpc_tombstone_box(client, &s.writer, &s.first, KPC_SOON, &next, &error));
    ERROR(KPC_ERR_TOMBSTONE, kpc_read_box(client, &s.reader, &s.first, 0, KPC_SOON, &plaintext, &next, &error));
    CHECK(plaintext == NULL);
    OK(kpc_read_box(client, &s.reader, &second, 0, KPC_SOON, &plaintext, &next, &error));
    CHECK(holds(plaintext, "second"));
}

/* A read that is begun before there is a box to read; and the other calls without waiting. */
static void read_box(void)
{
    kpc_test_stream s = kpc_test_stream_of(2);
    kpc_box_index next;
    kpc_buffer *plaintext = NULL;
    kpc_result *result;
    kpc_op write = 0, read = 0, tombstone = 0;

    OK(kpc_read_box_async(client, &s.reader, &s.first, 0, KPC_SOON, NULL, &read, &error));
    OK(kpc_write_box_async(client, &s.writer, &s.first, bytes("async"), 5, 0, KPC_SOON, NULL, &write, &error));
    result = WAIT_FOR(client, write);
    OK(kpc_write_box_result(result, &next, &error));
    CHECK(follows(&next, &s.first));
    kpc_result_free(result);
    result = WAIT_FOR(client, read);
    OK(kpc_read_box_result(result, &plaintext, &next, &error));
    CHECK(holds(plaintext, "async") && follows(&next, &s.first));
    kpc_result_free(result);
    OK(kpc_tombstone_box_async(client, &s.writer, &s.first, KPC_SOON, NULL, &tombstone, &error));
    result = WAIT_FOR(client, tombstone);
    OK(kpc_tombstone_box_result(result, &next, &error));
    CHECK(follows(&next, &s.first));
    kpc_result_free(result);
}

/* A cancel by hash without waiting, of what runs and of what does not. */
static void cancel_resending_encrypted_message(void)
{
    kpc_test_stream s = kpc_test_stream_of(5);
    kpc_envelope *read = NULL;
    kpc_hash hash;
    kpc_result *result;
    kpc_op op = 0, cancel = 0;
    int round;

    OK(kpc_encrypt_read(client, &s.reader, &s.first, KPC_SOON, &read, &error));
    OK(kpc_envelope_hash(read, &hash, &error));
    OK(kpc_start_resending_encrypted_message_async(client, &s.reader, NULL, &s.first, -1, read, 0, KPC_FOREVER,
                                                   NULL, &op, &error));
    for (round = 0; round < 2; round++) {
        OK(kpc_cancel_resending_encrypted_message_async(client, &hash, KPC_SOON, NULL, &cancel, &error));
        result = WAIT_FOR(client, cancel);
        OK(kpc_cancel_resending_encrypted_message_result(result, &error));
        kpc_result_free(result);
    }
    result = WAIT_FOR(client, op);
    STATUS(KPC_ERR_START_RESENDING_CANCELLED, kpc_result_status(result));
    kpc_result_free(result);
    kpc_envelope_free(read);
}

/* The same for a copy command, whose hash is that of its stream's write capability. */
static void cancel_resending_copy_command(void)
{
    kpc_test_stream s = kpc_test_stream_of(6);
    kpc_hash hash;
    kpc_result *result;
    kpc_op op = 0, cancel = 0;
    int round;

    STATUS(KPC_OK, kpc_write_cap_hash(&s.writer, &hash, NULL));
    OK(kpc_start_resending_copy_command_async(client, &s.writer, NULL, KPC_FOREVER, NULL, &op, &error));
    for (round = 0; round < 2; round++) {
        OK(kpc_cancel_resending_copy_command_async(client, &hash, KPC_SOON, NULL, &cancel, &error));
        result = WAIT_FOR(client, cancel);
        OK(kpc_cancel_resending_copy_command_result(result, &error));
        kpc_result_free(result);
    }
    result = WAIT_FOR(client, op);
    ERROR(KPC_ERR_START_RESENDING_CANCELLED, kpc_start_resending_copy_command_result(result, &error));
    kpc_result_free(result);
}

int main(void)
{
    kpc_sim_start(&sim, "--instant");
    client = kpc_sim_connected(&sim);
    write_box();
    read_box();
    unfit_flags();
    tombstone_box();
    cancel_resending_encrypted_message();
    cancel_resending_copy_command();
    CHECK(kpc_sim_until(&sim, "arq_entries", 0));
    kpc_client_free(client);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
