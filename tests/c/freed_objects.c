/* No secret is left in memory after the objects that hold it are freed: stored envelopes, tombstones,
 * copy streams, vouchers, channels. kpc_freed.h says how that is searched for. */
/* c_suite: needs sim */
/* c_suite: not valgrind (its own memory holds copies of registers and of freed blocks) */
/* c_suite: not asan (what it keeps of the stacks is not the library's) */
#define _GNU_SOURCE
#include "kpc_freed.h"

static void tombstones(void)
{
    kpc_test_stream stream = stream_of(3);
    kpc_tombstones *range = NULL;
    kpc_envelope *envelope = NULL;
    kpc_box_index next;

    OK(kpc_tombstone_box(client, &stream.writer, &stream.first, KPC_SOON, &next, &error));
    OK(kpc_tombstone_range(client, &stream.writer, &next, 5, KPC_SOON, &range, &error));
    OK(kpc_tombstones_envelope_at(range, 0, &envelope, &error));
    OK(kpc_start_resending_encrypted_message(client, NULL, &stream.writer, &next, -1, envelope, 0, KPC_SOON, NULL,
                                             NULL, &error));
    kpc_envelope_free(envelope);
    OK(kpc_tombstones_box_index_at(range, 4, &next, &error));
    secret_index("a tombstone's index", &next);
    kpc_tombstones_free(range);
    kpc_wipe(&stream, sizeof stream);
    kpc_wipe(&next, sizeof next);
}

static void stored_envelopes(void)
{
    kpc_test_stream stream = stream_of(4);
    kpc_envelope *envelope = NULL, *again = NULL;
    kpc_buffer *saved = NULL, *descriptor = NULL;
    uint8_t plaintext[PLAINTEXT];

    fill(plaintext, 8);
    kpc_scan_secret("a plaintext", plaintext);
    OK(kpc_encrypt_write(client, &stream.writer, &stream.first, plaintext, PLAINTEXT, KPC_SOON, &envelope, &error));
    OK(kpc_envelope_to_bytes(envelope, &saved, &error));
    OK(kpc_envelope_from_bytes(kpc_buffer_data(saved), kpc_buffer_len(saved), &again, &error));
    OK(kpc_envelope_descriptor(again, &descriptor, &error));
    secret_buffer("a descriptor", descriptor);
    OK(kpc_start_resending_encrypted_message(client, NULL, &stream.writer, &stream.first, -1, again, 0, KPC_SOON,
                                             NULL, NULL, &error));
    kpc_envelope_free(envelope);
    kpc_envelope_free(again);
    kpc_buffer_free(saved);
    kpc_buffer_free(descriptor);
    kpc_wipe(&stream, sizeof stream);
    kpc_wipe(plaintext, sizeof plaintext);
}

static void copy_builder(void)
{
    kpc_test_stream to = stream_of(5);
    static uint8_t payload[50 * PLAINTEXT];
    kpc_copy_builder *builder = NULL, *restored = NULL;
    kpc_buffer *saved = NULL;
    kpc_write_cap temporary;
    kpc_box_index next;
    int i;

    for (i = 0; i < 50; i++) {
        fill(payload + i * PLAINTEXT, 100 + i);
        kpc_scan_secret("a part of a payload", payload + i * PLAINTEXT);
    }
    OK(kpc_copy_builder_new(client, &builder, &error));
    OK(kpc_copy_builder_temp_write_cap(builder, &temporary, &error));
    secret_cap("a temporary write capability", &temporary);
    OK(kpc_copy_builder_add(client, builder, &to.writer, &to.first, payload, sizeof payload, KPC_SOON, &next, &error));
    OK(kpc_copy_builder_write(client, builder, KPC_SOON, &error));
    OK(kpc_copy_builder_save(builder, &saved, &error));
    kpc_copy_builder_free(builder);
    OK(kpc_copy_builder_restore(kpc_buffer_data(saved), kpc_buffer_len(saved), &restored, &error));
    secret_buffer("a saved builder", saved);
    kpc_buffer_free(saved);
    OK(kpc_copy_builder_finish(client, restored, NULL, KPC_SOON, NULL, &error));
    OK(kpc_copy_builder_tombstone(client, restored, KPC_SOON, &error));
    kpc_copy_builder_free(restored);
    kpc_wipe(&to, sizeof to);
    kpc_wipe(payload, sizeof payload);
    kpc_wipe(&temporary, sizeof temporary);
    kpc_wipe(&next, sizeof next);
}

static void elements(void)
{
    kpc_test_stream to = stream_of(6), temporary = stream_of(7);
    kpc_stream_elements *made = NULL;
    static uint8_t payload[30 * PLAINTEXT];
    kpc_buffer *element = NULL;
    kpc_box_index at = temporary.first;
    size_t i;

    for (i = 0; i < 30; i++) {
        fill(payload + i * PLAINTEXT, 200 + (int)i);
        kpc_scan_secret("a part of a payload", payload + i * PLAINTEXT);
    }
    OK(kpc_create_courier_envelopes_from_payload(client, payload, sizeof payload, &to.writer, &to.first, true, true,
                                                 KPC_SOON, &made, &error));
    for (i = 0; i < kpc_stream_elements_count(made); i++) {
        OK(kpc_stream_elements_at(made, i, &element, &error));
        secret_buffer("an element", element);
        OK(kpc_write_box(client, &temporary.writer, &at, kpc_buffer_data(element), kpc_buffer_len(element), 0,
                         KPC_SOON, &at, &error));
        kpc_buffer_free(element);
    }
    OK(kpc_start_resending_copy_command(client, &temporary.writer, NULL, KPC_SOON, &error));
    kpc_stream_elements_free(made);
    kpc_wipe(&to, sizeof to);
    kpc_wipe(&temporary, sizeof temporary);
    kpc_wipe(&at, sizeof at);
    kpc_wipe(payload, sizeof payload);
}

static void nested_copy(void)
{
    kpc_test_stream to = stream_of(10);
    kpc_services *couriers = NULL;
    kpc_service path[2];
    static uint8_t payload[20 * PLAINTEXT];
    kpc_box_index next;
    int i;

    for (i = 0; i < 20; i++) {
        fill(payload + i * PLAINTEXT, 500 + i);
        kpc_scan_secret("a part of a payload", payload + i * PLAINTEXT);
    }
    OK(kpc_client_distinct_couriers(client, 2, &couriers, &error));
    for (i = 0; i < 2; i++) {
        OK(kpc_services_at(couriers, (size_t)i, &path[i], &error));
    }
    kpc_services_free(couriers);
    OK(kpc_send_nested_copy(client, payload, sizeof payload, &to.writer, &to.first, path, 2, KPC_SOON, &next, &error));
    kpc_wipe(&to, sizeof to);
    kpc_wipe(payload, sizeof payload);
    kpc_wipe(&next, sizeof next);
}

static void vouchers(void)
{
    kpc_test_stream messages = stream_of(8);
    kpc_voucher *minted = NULL, *derived_from = NULL, *opened = NULL;
    kpc_write_cap writer, derived, joined;
    kpc_read_cap reader, other;
    kpc_buffer *secret_key = NULL, *payload = NULL, *sealed = NULL;
    kpc_hash voucher;
    static uint8_t who[PLAINTEXT];

    fill(who, 300);
    kpc_scan_secret("who we are", who);
    OK(kpc_voucher_mint(client, &messages.writer, "Alice", 5, KPC_SOON, &minted, &error));
    OK(kpc_voucher_hash(minted, &voucher, &error));
    OK(kpc_voucher_payload(minted, &payload, &error));
    OK(kpc_voucher_stream(minted, &writer, &reader, &error));
    OK(kpc_voucher_keys(minted, &secret_key, NULL, &error));
    secret_cap("a voucher's write capability", &writer);
    secret_buffer("a voucher's secret key", secret_key);
    OK(kpc_voucher_derive_stream(client, &voucher, KPC_SOON, &derived, &other, &error));
    OK(kpc_voucher_induct(client, &voucher, kpc_buffer_data(payload), kpc_buffer_len(payload), who, sizeof who,
                          KPC_SOON, &derived_from, &error));
    OK(kpc_voucher_sealed_reply(derived_from, &sealed, &error));
    OK(kpc_voucher_open(client, kpc_buffer_data(secret_key), kpc_buffer_len(secret_key), kpc_buffer_data(sealed),
                        kpc_buffer_len(sealed), &messages.writer, KPC_SOON, &opened, &error));
    OK(kpc_voucher_message_write_cap(opened, &joined, &error));
    secret_cap("the write capability of a voucher's end", &joined);
    kpc_voucher_free(minted);
    kpc_voucher_free(derived_from);
    kpc_voucher_free(opened);
    kpc_buffer_free(secret_key);
    kpc_buffer_free(payload);
    kpc_buffer_free(sealed);
    kpc_wipe(&messages, sizeof messages);
    kpc_wipe(&writer, sizeof writer);
    kpc_wipe(&derived, sizeof derived);
    kpc_wipe(&joined, sizeof joined);
    kpc_wipe(&reader, sizeof reader);
    kpc_wipe(&other, sizeof other);
    kpc_wipe(who, sizeof who);
}

/* Of the older API; both generations of daemons have them. */
static void channels(void)
{
    kpc_channel writing = 0, reading = 0;
    kpc_write_cap writer;
    kpc_read_cap reader;
    kpc_box_index next;
    kpc_channel_query *query = NULL, *again = NULL;
    kpc_buffer *saved = NULL, *descriptor = NULL, *found = NULL;
    kpc_service courier;
    uint8_t plaintext[PLAINTEXT];
    kpc_id id;
    int32_t replica;
    int i;

    fill(plaintext, 400);
    kpc_scan_secret("a plaintext", plaintext);
    OK(kpc_client_courier(client, &courier, &error));
    OK(kpc_create_write_channel(client, KPC_SOON, &writing, &reader, &writer, &error));
    secret_cap("a channel's write capability", &writer);
    OK(kpc_create_read_channel(client, &reader, KPC_SOON, &reading, &error));
    OK(kpc_write_channel(client, writing, plaintext, PLAINTEXT, KPC_SOON, &query, &error));
    OK(kpc_channel_query_next_index(query, &next, &error));
    secret_index("a query's next index", &next);
    OK(kpc_channel_query_envelope_descriptor(query, &descriptor, &error));
    secret_buffer("a query's descriptor", descriptor);
    OK(kpc_channel_query_to_bytes(query, &saved, &error));
    OK(kpc_channel_query_from_bytes(kpc_buffer_data(saved), kpc_buffer_len(saved), &again, &error));
    kpc_buffer_free(saved);
    kpc_buffer_free(descriptor);
    OK(kpc_new_message_id(&id, &error));
    OK(kpc_send_channel_query_await_reply(client, writing, again, &courier, &id, KPC_SOON, &found, &replica, &error));
    kpc_buffer_free(found);
    kpc_channel_query_free(query);
    kpc_channel_query_free(again);
    OK(kpc_read_channel(client, reading, NULL, -1, KPC_SOON, &query, &error));
    for (i = 0; i < 20; i++) {
        found = NULL;
        OK(kpc_new_message_id(&id, &error));
        OK(kpc_send_channel_query_await_reply(client, reading, query, &courier, &id, KPC_SOON, &found, &replica,
                                              &error));
        kpc_buffer_free(found);
    }
    kpc_channel_query_free(query);
    OK(kpc_close_channel(client, writing, KPC_SOON, &error));
    kpc_wipe(&writer, sizeof writer);
    kpc_wipe(&reader, sizeof reader);
    kpc_wipe(&next, sizeof next);
    kpc_wipe(plaintext, sizeof plaintext);
}

int main(void)
{
    if (getenv("KPC_LIB_FOR_DEBUGGING") != NULL) {
        kpc_test_skip("without optimisation values are copied on every way");
    }
    kpc_sim_start(&sim, "--instant");
    LEAVES_NOTHING(tombstones);
    LEAVES_NOTHING(stored_envelopes);
    LEAVES_NOTHING(copy_builder);
    LEAVES_NOTHING(elements);
    LEAVES_NOTHING(nested_copy);
    LEAVES_NOTHING(vouchers);
    LEAVES_NOTHING(channels);
    kpc_sim_stop(&sim);
    kpc_sim_start(&sim, "--instant --protocol v0.0.72");
    LEAVES_NOTHING(channels);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
