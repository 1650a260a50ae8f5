/* What the player says of the client and of its events. */
#ifndef PLAYER_EVENTS_H
#define PLAYER_EVENTS_H

#include "player.h"

/* What is known of the daemon without asking it, by the names that it uses itself. */
#define SAY_SIZE(geometry, name, field)                                                            \
    say_number(call, #geometry "_geometry." name, (uint64_t)geometry.field)
#define SAY_SCHEME(geometry, name, field)                                                          \
    say_bytes(call, #geometry "_geometry." name, (const uint8_t *)geometry.field,                  \
              strlen(geometry.field))

static void say_geometries(struct call *call)
{
    kpc_sphinx_geometry sphinx;
    kpc_pigeonhole_geometry pigeonhole;

    if (kpc_client_sphinx_geometry(client, &sphinx, NULL) == KPC_OK) {
        SAY_SIZE(sphinx, "PacketLength", packet_length);
        SAY_SIZE(sphinx, "NrHops", nr_hops);
        SAY_SIZE(sphinx, "HeaderLength", header_length);
        SAY_SIZE(sphinx, "RoutingInfoLength", routing_info_length);
        SAY_SIZE(sphinx, "PerHopRoutingInfoLength", per_hop_routing_info_length);
        SAY_SIZE(sphinx, "SURBLength", surb_length);
        SAY_SIZE(sphinx, "SphinxPlaintextHeaderLength", sphinx_plaintext_header_length);
        SAY_SIZE(sphinx, "PayloadTagLength", payload_tag_length);
        SAY_SIZE(sphinx, "ForwardPayloadLength", forward_payload_length);
        SAY_SIZE(sphinx, "UserForwardPayloadLength", user_forward_payload_length);
        SAY_SIZE(sphinx, "NextNodeHopLength", next_node_hop_length);
        SAY_SIZE(sphinx, "SPRPKeyMaterialLength", sprp_key_material_length);
        SAY_SCHEME(sphinx, "NIKEName", nike_name);
        SAY_SCHEME(sphinx, "KEMName", kem_name);
    }
    if (kpc_client_pigeonhole_geometry(client, &pigeonhole, NULL) == KPC_OK) {
        SAY_SIZE(pigeonhole, "MaxPlaintextPayloadLength", max_plaintext_payload_length);
        SAY_SIZE(pigeonhole, "CourierQueryReadLength", courier_query_read_length);
        SAY_SIZE(pigeonhole, "CourierQueryWriteLength", courier_query_write_length);
        SAY_SIZE(pigeonhole, "CourierQueryReplyReadLength", courier_query_reply_read_length);
        SAY_SIZE(pigeonhole, "CourierQueryReplyWriteLength", courier_query_reply_write_length);
        SAY_SCHEME(pigeonhole, "NIKEName", nike_name);
        SAY_SCHEME(pigeonhole, "SignatureSchemeName", signature_scheme_name);
    }
}

static void daemon_status(struct call *call)
{
    kpc_id token;

    fprintf(call->said, " is_connected=%s", kpc_client_is_connected(client) ? "true" : "false");
    if (kpc_client_daemon_token(client, &token, NULL) == KPC_OK) {
        SAY_VALUE("instance_token", token);
    }
    say_geometries(call);
}

/* How many sessions the daemon still had, by the client's own count. */
static void resumes(struct call *call)
{
    kpc_stats stats;
    uint64_t all = 0;
    size_t lane;

    TAKE(kpc_client_stats(client, &stats, sizeof stats, &call->error));
    for (lane = 0; call->status == KPC_OK && lane < KPC_LANES; lane++) {
        all += stats.lanes[lane].resumes;
    }
    say_number(call, "resumes", all);
}

static void connect_client(struct call *call)
{
    PLAY(kpc_client_connect, NONE, NONE);
}

/* ---- Events ------------------------------------------------------------------------------------ */

static const char *name_of(int32_t kind)
{
    switch (kind) {
    case KPC_EVENT_CONNECTION_STATUS:
        return "connection_status_event";
    case KPC_EVENT_PKI_DOCUMENT:
        return "new_pki_document_event";
    case KPC_EVENT_MESSAGE_SENT:
        return "message_sent_event";
    case KPC_EVENT_MESSAGE_REPLY:
        return "message_reply_event";
    case KPC_EVENT_SHUTDOWN:
        return "shutdown_event";
    case KPC_EVENT_CHANNEL_QUERY_SENT:
        return "channel_query_sent_event";
    case KPC_EVENT_CHANNEL_QUERY_REPLY:
        return "channel_query_reply_event";
    case KPC_EVENT_DISCONNECTED:
        return "disconnected";
    case KPC_EVENT_CLOSED:
        return "closed";
    default:
        return NULL;
    }
}

/* What went wrong, with all its numbers. */
static void print_error(FILE *to, const kpc_error *error)
{
    const char *message = kpc_error_message(error);

    fprintf(to, " daemon_code=%d replica_code=%d failed_envelope=%" PRIu64,
            (int)kpc_error_daemon_code(error), (int)kpc_error_replica_code(error),
            kpc_error_failed_envelope(error));
    print_hex(to, "message", (const uint8_t *)message, strlen(message));
}

static void print_ids(FILE *to, const kpc_event *event)
{
    kpc_id id;

    if (kpc_event_message_id(event, &id, NULL) == KPC_OK) {
        print_hex(to, "message_id", id.bytes, sizeof id.bytes);
    }
    if (kpc_event_surb_id(event, &id, NULL) == KPC_OK) {
        print_hex(to, "surbid", id.bytes, sizeof id.bytes);
    }
    if (kpc_event_instance_token(event, &id, NULL) == KPC_OK) {
        print_hex(to, "instance_token", id.bytes, sizeof id.bytes);
    }
}

static void print_content(FILE *to, const kpc_event *event, int32_t kind)
{
    kpc_buffer *payload = NULL;

    if (kind == KPC_EVENT_CONNECTION_STATUS) {
        fprintf(to, " is_connected=%s", kpc_event_is_connected(event) ? "true" : "false");
    }
    if (kind == KPC_EVENT_DISCONNECTED) {
        fprintf(to, " graceful=%s", kpc_event_is_graceful(event) ? "true" : "false");
    }
    if (kind == KPC_EVENT_MESSAGE_SENT || kind == KPC_EVENT_CHANNEL_QUERY_SENT) {
        fprintf(to, " sent_at=%" PRId64 " reply_eta=%" PRId64, kpc_event_sent_at_unix(event),
                kpc_event_reply_eta_ns(event));
    }
    if (kpc_event_reply_index(event) >= 0) {
        fprintf(to, " reply_index=%d", (int)kpc_event_reply_index(event));
    }
    if (kpc_event_payload(event, &payload, NULL) == KPC_OK) {
        print_hex(to, "payload", kpc_buffer_data(payload), kpc_buffer_len(payload));
        kpc_buffer_free(payload);
    }
}

/* Prints an event; a completion goes to its call instead. */
static void tell(const kpc_event *event)
{
    int32_t kind = kpc_event_kind(event);
    kpc_error *error = kpc_event_error(event);
    char *text = NULL;
    size_t length = 0;
    FILE *to;

    if (kind == KPC_EVENT_OPERATION) {
        kpc_result *result = NULL;
        if (kpc_event_result(event, &result, NULL) != KPC_OK) {
            give_up("an event without its result", "");
        }
        deliver(result);
        kpc_result_free(result);
        return;
    }
    to = open_memstream(&text, &length);
    if (to == NULL || name_of(kind) == NULL) {
        give_up("an event of a kind that none expects", kpc_error_message(error));
    }
    fprintf(to, "event %s %s", name_of(kind), kpc_status_name(kpc_error_status(error)));
    print_ids(to, event);
    print_content(to, event, kind);
    if (error != NULL) {
        print_error(to, error);
    }
    fclose(to);
    print_line("%s", text);
    free(text);
    kpc_error_free(error);
}

static void on_event(const kpc_event *event, void *user_data)
{
    (void)user_data;
    tell(event);
}

/* Tells events until the last one. */
static void *tell_all(void *unused)
{
    kpc_event *event = NULL;

    while (kpc_event_sink_next(events, KPC_FOREVER, &event, NULL) == KPC_OK) {
        tell(event);
        kpc_event_free(event);
    }
    return unused;
}

#endif
