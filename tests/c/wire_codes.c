/* The numbers of the protocol: what each means, by what carried it. */
#include "kpc_test.h"

static kpc_error *error;

static void means(kpc_status expected, int32_t reply, uint8_t code)
{
    kpc_status status = KPC_ERR_PANIC;

    OK(kpc_status_from_wire(reply, code, &status, &error));
    STATUS(expected, status);
}

static void status_from_wire(void)
{
    int32_t reply;
    unsigned code;
    kpc_status status = KPC_OK;

    for (reply = KPC_REPLY_DAEMON; reply <= KPC_REPLY_REPLICA_CODE; reply++) {
        means(KPC_OK, reply, 0);
        for (code = 1; code < 256; code++) {
            OK(kpc_status_from_wire(reply, (uint8_t)code, &status, &error));
            CHECK(status < 0);
        }
    }
    means(KPC_ERR_DAEMON_INVALID_REQUEST, KPC_REPLY_DAEMON, 3);
    means(KPC_ERR_DAEMON_SERVICE_UNAVAILABLE, KPC_REPLY_DAEMON, 10);
    means(KPC_ERR_PAYLOAD_TOO_LARGE, KPC_REPLY_DAEMON, 27);
    means(KPC_ERR_VOUCHER_SEAL_OPEN_FAILED, KPC_REPLY_DAEMON, 30);
    means(-1200, KPC_REPLY_DAEMON, 200);

    /* 3 and 4 are the daemon's before sending, the replica's afterwards. */
    means(KPC_ERR_DAEMON_INVALID_REQUEST, KPC_REPLY_START_RESENDING_REFUSED, 3);
    means(KPC_ERR_DAEMON_INTERNAL, KPC_REPLY_START_RESENDING_REFUSED, 4);
    means(KPC_ERR_INVALID_SIGNATURE, KPC_REPLY_START_RESENDING, 3);
    means(KPC_ERR_DATABASE_FAILURE, KPC_REPLY_START_RESENDING, 4);
    means(KPC_ERR_BOX_ID_NOT_FOUND, KPC_REPLY_START_RESENDING, 1);
    means(KPC_ERR_BOX_ALREADY_EXISTS, KPC_REPLY_START_RESENDING, 10);
    means(KPC_ERR_TOMBSTONE, KPC_REPLY_START_RESENDING, 11);
    means(KPC_ERR_COURIER_CACHE_CORRUPTION, KPC_REPLY_START_RESENDING, 12);
    means(KPC_ERR_COURIER_PROPAGATION, KPC_REPLY_START_RESENDING, 13);
    means(KPC_ERR_MKEM_DECRYPTION_FAILED, KPC_REPLY_START_RESENDING, 22);
    means(KPC_ERR_BACAP_DECRYPTION_FAILED, KPC_REPLY_START_RESENDING, 23);
    means(KPC_ERR_START_RESENDING_CANCELLED, KPC_REPLY_START_RESENDING, 24);
    means(KPC_ERR_INVALID_TOMBSTONE_SIGNATURE, KPC_REPLY_START_RESENDING, 25);
    means(KPC_ERR_COURIER_INVALID_ENVELOPE, KPC_REPLY_START_RESENDING, 31);
    means(KPC_ERR_COURIER_INVALID_EPOCH, KPC_REPLY_START_RESENDING, 32);
    means(KPC_ERR_COPY_FAILED, KPC_REPLY_START_COPY, 26);
    means(KPC_ERR_START_RESENDING_CANCELLED, KPC_REPLY_START_COPY, 24);
    means(KPC_ERR_DAEMON_INTERNAL, KPC_REPLY_START_COPY, 4);
    means(KPC_ERR_STORAGE_FULL, KPC_REPLY_REPLICA_CODE, 6);
    means(-2200, KPC_REPLY_REPLICA_CODE, 200);
    ERROR(KPC_ERR_ARG_VALUE, kpc_status_from_wire(5, 1, &status, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_status_from_wire(-1, 1, &status, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_status_from_wire(KPC_REPLY_DAEMON, 1, NULL, &error));
}

int main(void)
{
    status_from_wire();
    return kpc_test_end();
}
