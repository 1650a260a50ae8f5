/* What programs store, envelopes, channel queries and copy builders: where a byte of it was
 * lost or changed, it is refused, instead of sent in vain or with another box's index. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

static kpc_error *error;
static kpc_sim sim;
static kpc_client *client;

/* Makes an object of these bytes, ends it, and tells what came of it. */
typedef kpc_status (*load_fn)(const uint8_t *bytes, size_t len);

static kpc_status load_envelope(const uint8_t *bytes, size_t len)
{
    kpc_envelope *loaded = NULL;
    kpc_status status = kpc_envelope_from_bytes(bytes, len, &loaded, NULL);
    CHECK((loaded != NULL) == (status == KPC_OK));
    kpc_envelope_free(loaded);
    return status;
}

static kpc_status load_query(const uint8_t *bytes, size_t len)
{
    kpc_channel_query *loaded = NULL;
    kpc_status status = kpc_channel_query_from_bytes(bytes, len, &loaded, NULL);
    CHECK((loaded != NULL) == (status == KPC_OK));
    kpc_channel_query_free(loaded);
    return status;
}

static kpc_status load_builder(const uint8_t *bytes, size_t len)
{
    kpc_copy_builder *loaded = NULL;
    kpc_status status = kpc_copy_builder_restore(bytes, len, &loaded, NULL);
    CHECK((loaded != NULL) == (status == KPC_OK));
    kpc_copy_builder_free(loaded);
    return status;
}

/* Each byte changed, each length cut off, and a byte too much. Takes over the bytes. */
static void only_whole(kpc_buffer *stored, load_fn load)
{
    size_t size = kpc_buffer_len(stored), at;
    uint8_t *bytes = (uint8_t *)calloc(1, size + 1);
    int accepted = 0, otherwise = 0;

    if (bytes == NULL) {
        kpc_sim_give_up("no memory");
    }
    CHECK(size > 32);
    memcpy(bytes, kpc_buffer_data(stored), size);
    kpc_buffer_free(stored);
    STATUS(KPC_OK, load(bytes, size));
    for (at = 0; at < size; at++) {
        kpc_status cut = load(bytes, at), changed;
        bytes[at] ^= 1;
        changed = load(bytes, size);
        bytes[at] ^= 1;
        accepted += (cut == KPC_OK) + (changed == KPC_OK);
        /* A changed byte may be that of the version. */
        otherwise += (cut != KPC_ERR_ARG_VALUE) +
                     (changed != KPC_ERR_ARG_VALUE && changed != KPC_ERR_UNSUPPORTED);
    }
    CHECK(accepted == 0 && otherwise == 0);
    STATUS(KPC_ERR_ARG_VALUE, load(bytes, size + 1));
    STATUS(KPC_OK, load(bytes, size));
    free(bytes);
}

int main(void)
{
    kpc_test_stream stream = kpc_test_stream_of(1);
    kpc_envelope *envelope = NULL;
    kpc_channel_query *query = NULL;
    kpc_copy_builder *builder = NULL;
    kpc_buffer *stored = NULL;
    kpc_channel channel;
    kpc_read_cap reader;
    kpc_write_cap writer;

    kpc_sim_start(&sim, "--instant");
    client = kpc_sim_connected(&sim);

    OK(kpc_encrypt_write(client, &stream.writer, &stream.first, (const uint8_t *)"x", 1, KPC_SOON, &envelope,
                         &error));
    OK(kpc_envelope_to_bytes(envelope, &stored, &error));
    only_whole(stored, load_envelope);
    kpc_envelope_free(envelope);

    OK(kpc_create_write_channel(client, KPC_SOON, &channel, &reader, &writer, &error));
    OK(kpc_write_channel(client, channel, (const uint8_t *)"x", 1, KPC_SOON, &query, &error));
    OK(kpc_channel_query_to_bytes(query, &stored, &error));
    only_whole(stored, load_query);
    kpc_channel_query_free(query);

    OK(kpc_copy_builder_new(client, &builder, &error));
    OK(kpc_copy_builder_add(client, builder, &stream.writer, &stream.first, (const uint8_t *)"x", 1, KPC_SOON,
                            NULL, &error));
    OK(kpc_copy_builder_save(builder, &stored, &error));
    only_whole(stored, load_builder);
    kpc_copy_builder_free(builder);

    kpc_client_free(client);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
