/* Calls that the daemon answers by itself. */
#include "matrix.h"

#include <string.h>

static kpc_status raw_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    (void)i;
    return kpc_get_pki_document_raw_async(cell->client, 0, limit(cell), done, op, error);
}

static const char *raw_judge(cell *cell, unsigned i, const kpc_result *result)
{
    kpc_buffer *payload = NULL;
    uint64_t epoch = 0;
    kpc_status status = kpc_get_pki_document_raw_result(result, &payload, &epoch, NULL);
    size_t len = payload != NULL ? kpc_buffer_len(payload) : 0;
    (void)cell;
    (void)i;
    kpc_buffer_free(payload);
    return status == KPC_OK && len > 100 && epoch > 0 ? NULL : "no document";
}

static kpc_status authorities_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op,
                                    kpc_error **error)
{
    (void)i;
    return kpc_get_directory_authorities_async(cell->client, limit(cell), done, op, error);
}

static const char *authorities_judge(cell *cell, unsigned i, const kpc_result *result)
{
    kpc_authorities *found = NULL;
    size_t count = 0;
    (void)cell;
    (void)i;
    if (kpc_get_directory_authorities_result(result, &found, NULL) == KPC_OK) {
        count = kpc_authorities_count(found);
    }
    kpc_authorities_free(found);
    return count > 0 ? NULL : "no authorities";
}

static kpc_status keypair_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    uint8_t seed[KPC_SEED_SIZE] = {9};
    memcpy(seed + 8, &i, sizeof i);
    return kpc_new_keypair_remote_async(cell->client, seed, sizeof seed, limit(cell), done, op, error);
}

/* The daemon's keys of this seed are the library's, by the derivation of its era. */
static const char *keypair_judge(cell *cell, unsigned i, const kpc_result *result)
{
    uint8_t seed[KPC_SEED_SIZE] = {9};
    kpc_write_cap writer, ours;
    kpc_read_cap reader, other;
    kpc_box_index first, index;
    int32_t derivation = cell->era->bit == TODAY ? KPC_DERIVATION_CURRENT : KPC_DERIVATION_BEFORE_HPQC_101;
    memcpy(seed + 8, &i, sizeof i);
    if (kpc_new_keypair_remote_result(result, &writer, &reader, &first, NULL) != KPC_OK ||
        kpc_new_keypair_by_derivation(derivation, seed, sizeof seed, &ours, &other, &index, NULL) != KPC_OK) {
        return "no keys";
    }
    return memcmp(&writer, &ours, sizeof ours) == 0 ? NULL : "the keys of another seed";
}

static kpc_status next_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    return kpc_next_message_box_index_remote_async(cell->client, &cell->index[i], limit(cell), done, op, error);
}

static const char *next_judge(cell *cell, unsigned i, const kpc_result *result)
{
    kpc_box_index next;
    if (kpc_next_message_box_index_remote_result(result, &next, NULL) != KPC_OK) {
        return "no index";
    }
    return memcmp(&next, &cell->index[i + 1], sizeof next) == 0 ? NULL : "the index of another question";
}

static kpc_status counter_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    return kpc_get_message_box_index_counter_remote_async(cell->client, &cell->index[i], limit(cell), done, op,
                                                          error);
}

static const char *counter_judge(cell *cell, unsigned i, const kpc_result *result)
{
    uint64_t found = 0, ours = 1;
    if (kpc_get_message_box_index_counter_remote_result(result, &found, NULL) != KPC_OK ||
        kpc_get_message_box_index_counter(&cell->index[i], &ours, NULL) != KPC_OK) {
        return "no counter";
    }
    return found == ours ? NULL : "the counter of another index";
}

/* A voucher with its payload, and its sealed reply, made beside the relay. */
static void voucher_prepare(cell *cell)
{
    kpc_voucher *minted = NULL, *inducted = NULL;
    kpc_buffer *payload = NULL;
    must(cell, kpc_voucher_mint(cell->helper, &cell->writer, "Alice", 5, WAIT, &minted, NULL), "mint");
    must(cell, kpc_voucher_hash(minted, &cell->hashes[0], NULL), "hash");
    must(cell, kpc_voucher_payload(minted, &payload, NULL), "payload");
    must(cell,
         kpc_voucher_induct(cell->helper, &cell->hashes[0], kpc_buffer_data(payload), kpc_buffer_len(payload),
                            (const uint8_t *)"we", 2, WAIT, &inducted, NULL),
         "induct");
    kpc_buffer_free(payload);
    cell->thing = minted;
    cell->other = inducted;
}

static void voucher_clear(cell *cell)
{
    kpc_voucher_free((kpc_voucher *)cell->thing);
    kpc_voucher_free((kpc_voucher *)cell->other);
}

static kpc_status mint_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    char name[32];
    size_t len = content_of(cell, i, name, sizeof name);
    return kpc_voucher_mint_async(cell->client, &cell->writer, name, len, limit(cell), done, op, error);
}

static const char *mint_judge(cell *cell, unsigned i, const kpc_result *result)
{
    kpc_voucher *voucher = NULL;
    kpc_buffer *payload = NULL;
    kpc_hash hash, computed;
    int same = 0;
    (void)cell;
    (void)i;
    if (kpc_voucher_mint_result(result, &voucher, NULL) == KPC_OK &&
        kpc_voucher_hash(voucher, &hash, NULL) == KPC_OK && kpc_voucher_payload(voucher, &payload, NULL) == KPC_OK &&
        kpc_blake2b_256(kpc_buffer_data(payload), kpc_buffer_len(payload), &computed, NULL) == KPC_OK) {
        same = memcmp(&hash, &computed, sizeof hash) == 0;
    }
    kpc_buffer_free(payload);
    kpc_voucher_free(voucher);
    return same ? NULL : "no voucher, or one that is not its payload's";
}

static kpc_status derive_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    (void)i;
    return kpc_voucher_derive_stream_async(cell->client, &cell->hashes[0], limit(cell), done, op, error);
}

static const char *derive_judge(cell *cell, unsigned i, const kpc_result *result)
{
    kpc_write_cap writer, expected;
    kpc_read_cap reader, of_reader;
    (void)i;
    if (kpc_voucher_derive_stream_result(result, &writer, &reader, NULL) != KPC_OK ||
        kpc_voucher_stream((kpc_voucher *)cell->thing, &expected, &of_reader, NULL) != KPC_OK) {
        return "no stream";
    }
    return memcmp(&writer, &expected, sizeof writer) == 0 ? NULL : "another voucher's stream";
}

static kpc_status induct_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    char who[32];
    size_t len = content_of(cell, i, who, sizeof who);
    kpc_buffer *payload = NULL;
    kpc_status status;
    must(cell, kpc_voucher_payload((kpc_voucher *)cell->thing, &payload, NULL), "payload");
    status = kpc_voucher_induct_async(cell->client, &cell->hashes[0], kpc_buffer_data(payload),
                                      kpc_buffer_len(payload), (const uint8_t *)who, len, limit(cell), done, op,
                                      error);
    kpc_buffer_free(payload);
    return status;
}

static const char *induct_judge(cell *cell, unsigned i, const kpc_result *result)
{
    kpc_voucher *voucher = NULL;
    kpc_buffer *name = NULL;
    int alice = 0;
    (void)cell;
    (void)i;
    if (kpc_voucher_induct_result(result, &voucher, NULL) == KPC_OK &&
        kpc_voucher_display_name(voucher, &name, NULL) == KPC_OK) {
        alice = kpc_buffer_len(name) == 5 && memcmp(kpc_buffer_data(name), "Alice", 5) == 0;
    }
    kpc_buffer_free(name);
    kpc_voucher_free(voucher);
    return alice ? NULL : "not Alice";
}

static kpc_status open_begin(cell *cell, unsigned i, const kpc_completion *done, kpc_op *op, kpc_error **error)
{
    kpc_buffer *secret = NULL, *public_key = NULL, *sealed = NULL;
    kpc_status status;
    (void)i;
    must(cell, kpc_voucher_keys((kpc_voucher *)cell->thing, &secret, &public_key, NULL), "keys");
    must(cell, kpc_voucher_sealed_reply((kpc_voucher *)cell->other, &sealed, NULL), "sealed");
    status = kpc_voucher_open_async(cell->client, kpc_buffer_data(secret), kpc_buffer_len(secret),
                                    kpc_buffer_data(sealed), kpc_buffer_len(sealed), &cell->writer, limit(cell),
                                    done, op, error);
    kpc_buffer_free(secret);
    kpc_buffer_free(public_key);
    kpc_buffer_free(sealed);
    return status;
}

static const char *open_judge(cell *cell, unsigned i, const kpc_result *result)
{
    kpc_voucher *voucher = NULL;
    kpc_buffer *who = NULL;
    int same = 0;
    (void)cell;
    (void)i;
    if (kpc_voucher_open_result(result, &voucher, NULL) == KPC_OK &&
        kpc_voucher_who_reply(voucher, &who, NULL) == KPC_OK) {
        same = kpc_buffer_len(who) == 2 && memcmp(kpc_buffer_data(who), "we", 2) == 0;
    }
    kpc_buffer_free(who);
    kpc_voucher_free(voucher);
    return same ? NULL : "not what was sealed";
}

#define ALL MOST, NULL, {0}
#define COMPUTED 100, "the simulator needs thirty milliseconds for each", {0}
const call calls_local[] = {
    {"get_pki_document_raw", TODAY, ALL, NULL, raw_begin, raw_judge, NULL, NULL},
    {"get_directory_authorities", TODAY, ALL, NULL, authorities_begin, authorities_judge, NULL, NULL},
    {"new_keypair_remote", BOTH_NEW, ALL, NULL, keypair_begin, keypair_judge, NULL, NULL},
    {"next_message_box_index_remote", BOTH_NEW, ALL, NULL, next_begin, next_judge, NULL, NULL},
    {"get_message_box_index_counter_remote", TODAY, ALL, NULL, counter_begin, counter_judge, NULL, NULL},
    {"voucher_mint", TODAY, COMPUTED, NULL, mint_begin, mint_judge, NULL, NULL},
    {"voucher_derive_stream", TODAY, ALL, voucher_prepare, derive_begin, derive_judge, NULL, voucher_clear},
    {"voucher_induct", TODAY, COMPUTED, voucher_prepare, induct_begin, induct_judge, NULL, voucher_clear},
    {"voucher_open", TODAY, COMPUTED, voucher_prepare, open_begin, open_judge, NULL, voucher_clear},
    {NULL, 0, 0, NULL, {0}, NULL, NULL, NULL, NULL, NULL},
};
