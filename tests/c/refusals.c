/* Numbers that the daemon, a courier or a replica answers with, each as the status that it means
 * in that answer, with its origin and the raw number. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

static kpc_error *error;
static kpc_sim sim;
static kpc_client *client;
static kpc_test_stream stream;

static void told(kpc_status found, kpc_status expected, int code, int32_t origin)
{
    STATUS(expected, found);
    STATUS(expected, kpc_error_status(error));
    CHECK(kpc_error_daemon_code(error) == code);
    CHECK(kpc_error_replica_code(error) == (code <= 11 && origin == KPC_ORIGIN_REPLICA ? code : -1));
    CHECK(kpc_error_failed_envelope(error) == 0);
    if (!CHECK(kpc_error_origin(error) == origin)) {
        printf("    code %d: origin %d\n", code, (int)kpc_error_origin(error));
    }
    CHECK(kpc_status_is_expected_outcome(expected) == (expected == KPC_ERR_BOX_ID_NOT_FOUND ||
                                                       expected == KPC_ERR_BOX_ALREADY_EXISTS ||
                                                       expected == KPC_ERR_TOMBSTONE));
    kpc_error_free(error);
    error = NULL;
}

static kpc_status write_now(void)
{
    kpc_box_index next;
    kpc_status status = kpc_write_box(client, &stream.writer, &stream.first, (const uint8_t *)"x", 1, 0, KPC_SOON,
                                      &next, &error);
    CHECK(status == KPC_OK || kpc_test_filled(&next, 0, sizeof next));
    return status;
}

static kpc_status read_now(void)
{
    kpc_box_index next;
    kpc_buffer *plaintext = NULL;
    kpc_status status = kpc_read_box(client, &stream.reader, &stream.first, KPC_START_NO_RETRY, KPC_SOON,
                                     &plaintext, &next, &error);
    CHECK(status == KPC_OK || (plaintext == NULL && kpc_test_filled(&next, 0, sizeof next)));
    kpc_buffer_free(plaintext);
    return status;
}

/* Outcomes of a box that was sent. */
static void error_replica_code(void)
{
    static const struct {
        int code;
        kpc_status status;
        int32_t origin;
    } outcomes[] = {
        {1, KPC_ERR_BOX_ID_NOT_FOUND, KPC_ORIGIN_REPLICA},
        {2, KPC_ERR_INVALID_BOX_ID, KPC_ORIGIN_REPLICA},
        {3, KPC_ERR_INVALID_SIGNATURE, KPC_ORIGIN_REPLICA},
        {4, KPC_ERR_DATABASE_FAILURE, KPC_ORIGIN_REPLICA},
        {5, KPC_ERR_INVALID_PAYLOAD, KPC_ORIGIN_REPLICA},
        {6, KPC_ERR_STORAGE_FULL, KPC_ORIGIN_REPLICA},
        {7, KPC_ERR_REPLICA_INTERNAL, KPC_ORIGIN_REPLICA},
        {8, KPC_ERR_INVALID_EPOCH, KPC_ORIGIN_REPLICA},
        {9, KPC_ERR_REPLICATION_FAILED, KPC_ORIGIN_REPLICA},
        {10, KPC_ERR_BOX_ALREADY_EXISTS, KPC_ORIGIN_REPLICA},
        {11, KPC_ERR_TOMBSTONE, KPC_ORIGIN_REPLICA},
        {12, KPC_ERR_COURIER_CACHE_CORRUPTION, KPC_ORIGIN_COURIER},
        {13, KPC_ERR_COURIER_PROPAGATION, KPC_ORIGIN_COURIER},
        {22, KPC_ERR_MKEM_DECRYPTION_FAILED, KPC_ORIGIN_REPLICA},
        {23, KPC_ERR_BACAP_DECRYPTION_FAILED, KPC_ORIGIN_REPLICA},
        {25, KPC_ERR_INVALID_TOMBSTONE_SIGNATURE, KPC_ORIGIN_REPLICA},
        {27, KPC_ERR_PAYLOAD_TOO_LARGE, KPC_ORIGIN_DAEMON},
        {31, KPC_ERR_COURIER_INVALID_ENVELOPE, KPC_ORIGIN_COURIER},
    };
    size_t i;

    for (i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++) {
        kpc_sim_say(&sim, "error start_resending_encrypted_message %d", outcomes[i].code);
        told(write_now(), outcomes[i].status, outcomes[i].code, outcomes[i].origin);
        kpc_sim_say(&sim, "error start_resending_encrypted_message %d", outcomes[i].code);
        told(read_now(), outcomes[i].status, outcomes[i].code, outcomes[i].origin);
    }
    /* A number that nobody knows keeps its value. */
    kpc_sim_say(&sim, "error start_resending_encrypted_message 77");
    {
        kpc_status status = write_now();
        CHECK(status <= -1000 && (-status) % 1000 == 77);
        CHECK(kpc_error_daemon_code(error) == 77);
        kpc_error_free(error);
        error = NULL;
    }
}

/* The same numbers from a daemon that refused before it sent anything. */
static void refused_before_sending(void)
{
    kpc_sim_say(&sim, "error start_resending_encrypted_message 3 refused");
    told(write_now(), KPC_ERR_DAEMON_INVALID_REQUEST, 3, KPC_ORIGIN_DAEMON);
    kpc_sim_say(&sim, "error start_resending_encrypted_message 4 refused");
    told(write_now(), KPC_ERR_DAEMON_INTERNAL, 4, KPC_ORIGIN_DAEMON);
}

/* A courier that finds an envelope too old is given a fresh one, a few times. */
static void too_old(void)
{
    kpc_sim_say(&sim, "error start_resending_encrypted_message 32");
    STATUS(KPC_OK, write_now());
    kpc_sim_say(&sim, "error start_resending_encrypted_message 32");
    STATUS(KPC_OK, read_now());
}

/* Local requests know the daemon's own numbers only. */
static void error_daemon_code(void)
{
    kpc_box_index next;
    kpc_envelope *envelope = NULL;
    kpc_buffer *payload = NULL;
    uint64_t epoch = 7;
    kpc_hash hash;

    CHECK(kpc_sim_verified(client));
    kpc_sim_say(&sim, "error next_message_box_index 3");
    told(kpc_next_message_box_index_remote(client, &stream.first, KPC_SOON, &next, &error),
         KPC_ERR_DAEMON_INVALID_REQUEST, 3, KPC_ORIGIN_DAEMON);
    kpc_sim_say(&sim, "error encrypt_write 4");
    told(kpc_encrypt_write(client, &stream.writer, &stream.first, NULL, 0, KPC_SOON, &envelope, &error),
         KPC_ERR_DAEMON_INTERNAL, 4, KPC_ORIGIN_DAEMON);
    kpc_sim_say(&sim, "error encrypt_read 3");
    told(read_now(), KPC_ERR_DAEMON_INVALID_REQUEST, 3, KPC_ORIGIN_DAEMON);
    told(kpc_get_pki_document_raw(client, 5, KPC_SOON, &payload, &epoch, &error), KPC_ERR_DAEMON_SERVICE_UNAVAILABLE,
         10, KPC_ORIGIN_DAEMON);
    memset(&hash, 1, sizeof hash);
    kpc_sim_say(&sim, "error cancel_resending_encrypted_message 3");
    told(kpc_cancel_resending_encrypted_message(client, &hash, KPC_SOON, &error), KPC_ERR_DAEMON_INVALID_REQUEST, 3,
         KPC_ORIGIN_DAEMON);
    CHECK(envelope == NULL && payload == NULL && epoch == 0);
}

/* Inside the report of a failed copy command a replica says why, and where. */
static void copies(void)
{
    kpc_test_stream temporary = kpc_test_stream_of(9);
    kpc_hash hash;
    kpc_seen seen;
    kpc_completion done = kpc_seen_by(&seen);

    kpc_sim_say(&sim, "error start_resending_copy_command 3");
    told(kpc_start_resending_copy_command(client, &temporary.writer, NULL, KPC_SOON, &error),
         KPC_ERR_DAEMON_INVALID_REQUEST, 3, KPC_ORIGIN_DAEMON);
    kpc_sim_say(&sim, "fault copy 6");
    STATUS(KPC_ERR_COPY_FAILED,
           kpc_start_resending_copy_command(client, &temporary.writer, NULL, KPC_SOON, &error));
    STATUS(KPC_ERR_COPY_FAILED, kpc_error_status(error));
    CHECK(kpc_error_daemon_code(error) == 26 && kpc_error_replica_code(error) == 6);
    STATUS(KPC_ERR_STORAGE_FULL, -2000 - kpc_error_replica_code(error));
    CHECK(kpc_error_failed_envelope(error) >= 1);
    CHECK(kpc_status_category(kpc_error_status(error)) == KPC_CATEGORY_COPY);
    kpc_error_free(error);
    error = NULL;

    /* One that runs is there once, and can be ended by its hash. */
    temporary = kpc_test_stream_of(10);
    STATUS(KPC_OK, kpc_write_cap_hash(&temporary.writer, &hash, NULL));
    OK(kpc_start_resending_copy_command_async(client, &temporary.writer, NULL, KPC_FOREVER, &done, NULL, &error));
    ERROR(KPC_ERR_BUSY, kpc_start_resending_copy_command(client, &temporary.writer, NULL, KPC_SOON, &error));
    OK(kpc_cancel_resending_copy_command(client, &hash, KPC_SOON, &error));
    CHECK(kpc_seen_until(&seen.drops, 1));
    CHECK(seen.calls == 1 && seen.status == KPC_ERR_START_RESENDING_CANCELLED);
    OK(kpc_cancel_resending_copy_command(client, &hash, KPC_SOON, &error));
}

int main(void)
{
    kpc_sim_start(&sim, "--instant");
    client = kpc_sim_connected(&sim);
    stream = kpc_test_stream_of(1);
    error_replica_code();
    refused_before_sending();
    too_old();
    error_daemon_code();
    copies();
    CHECK(kpc_sim_until(&sim, "arq_entries", 0));
    kpc_client_free(client);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
