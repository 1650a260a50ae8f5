/* One good argument of each type, and one freed handle of each type: for the programs that
 * tests/c_suite makes of the header. Whoever adds a type to the header adds it here, under its
 * own name.
 *
 * With KPC_FIXTURE_SIM the client is connected with a simulator, and what only a daemon gives is
 * there too; else these are NULL. */
#ifndef KPC_FIXTURE_H
#define KPC_FIXTURE_H

#include "kpc_sim.h"

static kpc_error *error;

/* Of every opaque type one. */
#define KPC_FIXTURE_OBJECTS \
    kpc_error *kpc_error; \
    kpc_buffer *kpc_buffer; \
    kpc_config *kpc_config; \
    kpc_client *kpc_client; \
    kpc_envelope *kpc_envelope; \
    kpc_channel_query *kpc_channel_query; \
    kpc_event_sink *kpc_event_sink; \
    kpc_event *kpc_event; \
    kpc_result *kpc_result; \
    kpc_pki_document *kpc_pki_document; \
    kpc_services *kpc_services; \
    kpc_authorities *kpc_authorities; \
    kpc_stream_elements *kpc_stream_elements; \
    kpc_tombstones *kpc_tombstones; \
    kpc_voucher *kpc_voucher; \
    kpc_copy_builder *kpc_copy_builder; \
    kpc_store *kpc_store; \
    kpc_writer *kpc_writer; \
    kpc_reader *kpc_reader; \
    kpc_message *kpc_message; \
    kpc_messages *kpc_messages; \
    kpc_names *kpc_names;

struct objects {
    KPC_FIXTURE_OBJECTS
};

struct fixture {
    unsigned char memory[512];
    kpc_write_cap kpc_write_cap;
    kpc_read_cap kpc_read_cap;
    kpc_box_index kpc_box_index;
    kpc_hash kpc_hash;
    kpc_id kpc_id;
    kpc_service kpc_service; /* and more of them behind it */
    kpc_service more_services[31];
    kpc_destination kpc_destination; /* and more of them behind it */
    kpc_destination more_destinations[63];
    kpc_sphinx_geometry kpc_sphinx_geometry;
    kpc_pigeonhole_geometry kpc_pigeonhole_geometry;
    kpc_backing kpc_backing; /* whose functions fail */
    KPC_FIXTURE_OBJECTS
    kpc_client *of_store;
    struct objects freed;
};

/* Started when first needed. */
static kpc_sim fixture_sim;
#ifdef KPC_FIXTURE_SIM
/* What it was asked up to now. */
static long fixture_requests;
#endif

static inline void fixture_connect(struct fixture *f)
{
    OK(kpc_config_set_unix(f->kpc_config, fixture_sim.address, &error));
    /* No other is opened later, and greeted by a request of its own. */
    OK(kpc_config_set_encryption_connections(f->kpc_config, 1, &error));
    OK(kpc_client_new(f->kpc_config, &f->kpc_client, &error));
#ifdef KPC_FIXTURE_SIM
    {
        kpc_completion done;
        memset(&done, 0, sizeof done);
        OK(kpc_client_connect(f->kpc_client, KPC_SOON, &error));
        OK(kpc_event_sink_open(f->kpc_client, 4, &f->kpc_event_sink, &error));
        OK(kpc_event_sink_next(f->kpc_event_sink, KPC_SOON, &f->kpc_event, &error));
        OK(kpc_client_pki_document(f->kpc_client, &f->kpc_pki_document, &error));
        OK(kpc_client_get_services(f->kpc_client, "echo", &f->kpc_services, &error));
        OK(kpc_client_get_service(f->kpc_client, "echo", &f->kpc_service, &error));
        {
            kpc_op op = 0;
            OK(kpc_next_message_box_index_remote_async(f->kpc_client, &f->kpc_box_index, KPC_SOON, NULL, &op, &error));
            OK(kpc_op_wait(f->kpc_client, op, KPC_SOON, &f->kpc_result, &error));
        }
        OK(kpc_get_directory_authorities(f->kpc_client, KPC_SOON, &f->kpc_authorities, &error));
        OK(kpc_create_courier_envelopes_from_payload(f->kpc_client, f->memory, 9, &f->kpc_write_cap,
                                                     &f->kpc_box_index, true, true, KPC_SOON, &f->kpc_stream_elements,
                                                     &error));
        OK(kpc_tombstone_range(f->kpc_client, &f->kpc_write_cap, &f->kpc_box_index, 2, KPC_SOON,
                               &f->kpc_tombstones, &error));
        OK(kpc_voucher_mint(f->kpc_client, &f->kpc_write_cap, "Alice", 5, KPC_SOON, &f->kpc_voucher, &error));
        OK(kpc_copy_builder_new(f->kpc_client, &f->kpc_copy_builder, &error));
        /* The library's own question in the background is over, too. */
        CHECK(kpc_sim_verified(f->kpc_client));
        fixture_requests = kpc_sim_requests(&fixture_sim);
    }
#else
    /* The one event that comes without a daemon: the end. */
    {
        kpc_client *closed = NULL;
        kpc_event_sink *sink = NULL;
        OK(kpc_client_new(f->kpc_config, &closed, &error));
        OK(kpc_event_sink_open(closed, 4, &sink, &error));
        STATUS(KPC_OK, kpc_client_close(closed, KPC_FOREVER, NULL));
        OK(kpc_event_sink_next(sink, KPC_NO_WAIT, &f->kpc_event, &error));
        kpc_event_sink_free(sink);
        kpc_client_free(closed);
        OK(kpc_event_sink_open(f->kpc_client, 4, &f->kpc_event_sink, &error));
    }
#endif
}

#if defined(KPC_FIXTURE_NO_STORE) || defined(KPC_WITHOUT_STORE)
/* The library was built without them, or nobody takes one. */
static inline void fixture_open_store(struct fixture *f)
{
    (void)f;
}

static inline void fixture_close_store(const struct fixture *f)
{
    (void)f;
}
#else
/* Channels that remember, on a client of their own that is never connected: so they ask for nothing.
 * For the functions that take them alone, as it takes a while. */
static inline void fixture_open_store(struct fixture *f)
{
    OK(kpc_client_new(f->kpc_config, &f->of_store, &error));
    OK(kpc_store_open(f->of_store, NULL, KPC_SOON, &f->kpc_store, &error));
    OK(kpc_store_create_writer(f->kpc_store, "ours", NULL, 0, KPC_SOON, &f->kpc_writer, &error));
    OK(kpc_store_import_reader(f->kpc_store, "theirs", &f->kpc_read_cap, NULL, KPC_SOON, &f->kpc_reader, &error));
    OK(kpc_reader_skip(f->kpc_reader, &f->kpc_box_index, &error));
    OK(kpc_reader_receive(f->kpc_reader, KPC_SOON, &f->kpc_message, &error));
    OK(kpc_reader_messages(f->kpc_reader, 1, 1, KPC_SOON, &f->kpc_messages, &error));
    OK(kpc_store_list_writers(f->kpc_store, KPC_SOON, &f->kpc_names, &error));
}

static inline void fixture_close_store(const struct fixture *f)
{
    kpc_names_free(f->kpc_names);
    kpc_messages_free(f->kpc_messages);
    kpc_message_free(f->kpc_message);
    kpc_reader_free(f->kpc_reader);
    kpc_writer_free(f->kpc_writer);
    kpc_store_free(f->kpc_store);
    kpc_client_free(f->of_store);
}
#endif

static inline void fixture_make(struct fixture *f)
{
    kpc_box_index next;

    STATUS(KPC_ERR_ARG_NULL, kpc_config_set_unix(NULL, "x", &f->kpc_error));
    OK(kpc_buffer_new(f->memory, 7, &f->kpc_buffer, &error));
    STATUS(KPC_OK, kpc_config_new(&f->kpc_config, NULL));
    OK(kpc_envelope_from_parts(f->memory, 9, f->memory, 5, &f->kpc_hash, &f->kpc_box_index, &f->kpc_envelope,
                               &error));
    OK(kpc_next_message_box_index(&f->kpc_box_index, &next, &error));
    OK(kpc_channel_query_from_parts(true, f->memory, 9, &f->kpc_box_index, &next, 0, &f->kpc_hash, f->memory, 5,
                                    &f->kpc_channel_query, &error));
    fixture_connect(f);
}

static inline void fixture_end(const struct fixture *f)
{
    kpc_copy_builder_free(f->kpc_copy_builder);
    kpc_voucher_free(f->kpc_voucher);
    kpc_tombstones_free(f->kpc_tombstones);
    kpc_stream_elements_free(f->kpc_stream_elements);
    kpc_authorities_free(f->kpc_authorities);
    kpc_services_free(f->kpc_services);
    kpc_pki_document_free(f->kpc_pki_document);
    kpc_result_free(f->kpc_result);
    kpc_event_free(f->kpc_event);
    kpc_event_sink_free(f->kpc_event_sink);
    kpc_channel_query_free(f->kpc_channel_query);
    kpc_envelope_free(f->kpc_envelope);
    kpc_client_free(f->kpc_client);
    kpc_config_free(f->kpc_config);
    kpc_buffer_free(f->kpc_buffer);
    kpc_error_free(f->kpc_error);
}

/* The handles alone, of which those that only a daemon gives are replaced by one of another kind
 * where there is none. */
static inline struct objects fixture_objects(const struct fixture *f)
{
    struct objects o;
    o.kpc_error = f->kpc_error;
    o.kpc_buffer = f->kpc_buffer;
    o.kpc_config = f->kpc_config;
    o.kpc_client = f->kpc_client;
    o.kpc_envelope = f->kpc_envelope;
    o.kpc_channel_query = f->kpc_channel_query;
    o.kpc_event_sink = f->kpc_event_sink;
    o.kpc_event = f->kpc_event;
    o.kpc_result = f->kpc_result ? f->kpc_result : (kpc_result *)(void *)f->kpc_event;
    o.kpc_pki_document = f->kpc_pki_document ? f->kpc_pki_document : (kpc_pki_document *)(void *)f->kpc_event;
    o.kpc_services = f->kpc_services ? f->kpc_services : (kpc_services *)(void *)f->kpc_event;
    o.kpc_authorities = f->kpc_authorities ? f->kpc_authorities : (kpc_authorities *)(void *)f->kpc_event;
    o.kpc_stream_elements = f->kpc_stream_elements ? f->kpc_stream_elements : (kpc_stream_elements *)(void *)f->kpc_event;
    o.kpc_tombstones = f->kpc_tombstones ? f->kpc_tombstones : (kpc_tombstones *)(void *)f->kpc_event;
    o.kpc_voucher = f->kpc_voucher ? f->kpc_voucher : (kpc_voucher *)(void *)f->kpc_event;
    o.kpc_store = f->kpc_store;
    o.kpc_writer = f->kpc_writer;
    o.kpc_reader = f->kpc_reader;
    o.kpc_message = f->kpc_message;
    o.kpc_messages = f->kpc_messages;
    o.kpc_names = f->kpc_names;
    o.kpc_copy_builder = f->kpc_copy_builder ? f->kpc_copy_builder : (kpc_copy_builder *)(void *)f->kpc_event;
    return o;
}

static kpc_status no_begin(void *user_data, int32_t durability)
{
    (void)user_data;
    (void)durability;
    return KPC_ERR_DB;
}

static kpc_status no_commit(void *user_data)
{
    (void)user_data;
    return KPC_ERR_DB;
}

static void no_rollback(void *user_data)
{
    (void)user_data;
}

static kpc_status no_get(void *user_data, const uint8_t *key, size_t key_len, const kpc_records *records)
{
    (void)user_data;
    (void)records;
    (void)key;
    return key_len > 0 ? KPC_ERR_DB : KPC_OK;
}

static kpc_status no_put(void *user_data, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
    (void)user_data;
    (void)key;
    (void)value;
    return key_len + value_len > 0 ? KPC_ERR_DB : KPC_OK;
}

static kpc_status no_remove(void *user_data, const uint8_t *key, size_t key_len)
{
    return no_get(user_data, key, key_len, NULL);
}

static kpc_status no_scan(void *user_data, const uint8_t *from, size_t from_len, const uint8_t *to, size_t to_len,
                          size_t limit, const kpc_records *records)
{
    (void)limit;
    (void)records;
    return no_put(user_data, from, from_len, to, to_len);
}

static inline kpc_backing fixture_backing(void)
{
    kpc_backing backing;
    memset(&backing, 0, sizeof backing);
    backing.size = sizeof backing;
    backing.begin = no_begin;
    backing.commit = no_commit;
    backing.rollback = no_rollback;
    backing.get = no_get;
    backing.put = no_put;
    backing.remove = no_remove;
    backing.scan = no_scan;
    return backing;
}

static inline struct fixture fixture_new(void)
{
    static struct objects freed;
    struct fixture f;
    uint8_t seed[KPC_SEED_SIZE] = {3};

    memset(&f, 0, sizeof f);
    f.kpc_backing = fixture_backing();
    OK(kpc_new_keypair(seed, sizeof seed, &f.kpc_write_cap, &f.kpc_read_cap, &f.kpc_box_index, &error));
    f.kpc_service.queue_len = 4;
    memcpy(f.kpc_service.queue, "echo", 4);
    for (size_t i = 0; i < sizeof f.more_services / sizeof f.more_services[0]; i++) {
        f.more_services[i] = f.kpc_service;
    }
    f.kpc_destination.write_cap = f.kpc_write_cap;
    f.kpc_destination.start_index = f.kpc_box_index;
    for (size_t i = 0; i < sizeof f.more_destinations / sizeof f.more_destinations[0]; i++) {
        f.more_destinations[i] = f.kpc_destination;
    }
#ifdef KPC_FIXTURE_SIM
    if (fixture_sim.pid == 0) {
        kpc_sim_start(&fixture_sim, "--instant");
    }
#else
    strcpy(fixture_sim.address, "@kpclient-no-such-daemon");
#endif
    if (freed.kpc_error == NULL) {
        struct fixture ended = f;
        fixture_make(&ended);
        fixture_open_store(&ended);
        fixture_close_store(&ended);
        fixture_end(&ended);
        freed = fixture_objects(&ended);
    }
    fixture_make(&f);
    f.freed = freed;
    return f;
}

/* What was refused has touched nothing that it was refused for, and none of it was sent. */
static inline void fixture_is_whole(const struct fixture *f, const char *after)
{
    int whole = kpc_buffer_len(f->kpc_buffer) == 7 && kpc_config_transport(f->kpc_config) != KPC_TRANSPORT_NONE;
#ifdef KPC_FIXTURE_SIM
    long now = kpc_sim_requests(&fixture_sim);
    whole &= kpc_client_is_connected(f->kpc_client) && kpc_services_count(f->kpc_services) > 0 &&
             kpc_pki_document_epoch(f->kpc_pki_document) != 0 && kpc_result_status(f->kpc_result) == KPC_OK;
    if (!CHECK(now == fixture_requests)) {
        printf("    %s: %ld requests\n", after, now - fixture_requests);
    }
    fixture_requests = now;
#endif
    if (!CHECK(whole)) {
        printf("    %s\n", after);
    }
}

static inline void fixture_free(const struct fixture *f)
{
    fixture_end(f);
    CHECK(kpc_debug_live_objects() == 0);
#ifdef KPC_FIXTURE_SIM
    kpc_sim_stop(&fixture_sim);
    memset(&fixture_sim, 0, sizeof fixture_sim);
#endif
}

/* A handle that nobody gave out: any bits. */
static inline void *made_up(unsigned number)
{
    uint64_t bits = number * UINT64_C(0x9e3779b97f4a7c15);
    bits = (bits ^ bits >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    return (void *)(uintptr_t)(bits ^ bits >> 27);
}

static inline void poison(void *output, size_t size)
{
    memset(output, 0xa5, size);
}

static inline void empty(const void *output, size_t size)
{
    CHECK(kpc_test_filled(output, 0, size));
}

static inline void on_nothing(const kpc_event *event, void *user_data)
{
    (void)event;
    (void)user_data;
}

/* NULL where it may be is no reason to refuse a call, whatever else is. */
#define TAKEN(call, told) taken(call, told, #call)
static inline void taken(kpc_status status, kpc_error **told, const char *call)
{
    if (!CHECK(status <= 0 && status != KPC_ERR_ARG_NULL)) {
        printf("    %s\n", call);
    }
    if (told != NULL) {
        kpc_error_free(*told);
    }
}

#endif
