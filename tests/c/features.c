/* What the other clients offer beside boxes and messages, through the C functions: configuration
 * and log of a client, events as text, waiting for any reply, authorities. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

static kpc_error *error;
static kpc_sim sim;
static kpc_client *client;

static void client_config(void)
{
    kpc_config *config = NULL;
    kpc_buffer *address = NULL;
    uint32_t shortest = 0, longest = 0;

    OK(kpc_client_config(client, &config, &error));
    CHECK(kpc_config_transport(config) == KPC_TRANSPORT_UNIX);
    OK(kpc_config_address(config, &address, &error));
    CHECK(strcmp((const char *)kpc_buffer_data(address), sim.address) == 0);
    OK(kpc_config_reconnect(config, &shortest, &longest, &error));
    CHECK(shortest == 20 && longest == 200);
    /* It is a copy: what is done to it does not reach the client. */
    OK(kpc_config_set_unix(config, "@elsewhere", &error));
    kpc_config_free(config);
    OK(kpc_client_config(client, &config, &error));
    kpc_buffer_free(address);
    OK(kpc_config_address(config, &address, &error));
    CHECK(strcmp((const char *)kpc_buffer_data(address), sim.address) == 0);
    kpc_buffer_free(address);
    kpc_config_free(config);
}

static int own_lines, whole_lines, odd_lines;

static void on_line(int32_t level, const char *text, void *user_data)
{
    (void)user_data;
    odd_lines += strpbrk(text, "\n\r\x1b") != NULL;
    if (strstr(text, "a line of the program") != NULL) {
        size_t length = strlen(text);
        CHECK(level == KPC_LOG_WARN);
        if (length >= 13 && strcmp(text + length - 13, " and the rest") == 0) {
            kpc_seen_one_more(&whole_lines);
        }
        kpc_seen_one_more(&own_lines);
    }
}

#define LINE(text) text, sizeof text - 1

static void client_log(void)
{
    kpc_config *config = kpc_sim_config(&sim);
    kpc_client *talkative = NULL;

    OK(kpc_config_set_log(config, KPC_LOG_INFO, on_line, NULL, NULL, &error));
    OK(kpc_client_new(config, &talkative, &error));
    kpc_config_free(config);
    OK(kpc_client_log(talkative, KPC_LOG_WARN, LINE("a line of the program"), &error));
    CHECK(kpc_seen_until(&own_lines, 1));
    OK(kpc_client_log(talkative, KPC_LOG_DEBUG, LINE("a line of the program"), &error));
    /* Whoever can put words into a line cannot make two of it, or write on the terminal. */
    OK(kpc_client_log(talkative, KPC_LOG_WARN, LINE("one\na line of the program, but not its own\r\x1b[2J"), &error));
    /* It need not be terminated, and is not where a NUL stands. */
    OK(kpc_client_log(talkative, KPC_LOG_WARN, "a line of the program\0 and the rest, but no more", 35, &error));
    CHECK(kpc_seen_until(&whole_lines, 1));
    ERROR(KPC_ERR_ARG_VALUE, kpc_client_log(talkative, KPC_LOG_WARN, LINE("\xff"), &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_client_log(talkative, 77, LINE("a line of the program"), &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_client_log(talkative, KPC_LOG_WARN, NULL, 1, &error));
    kpc_client_free(talkative);
    CHECK(own_lines == 3 && odd_lines == 0);
    /* Without a log it goes nowhere. */
    OK(kpc_client_log(client, KPC_LOG_WARN, LINE("a line of the program"), &error));
}

static void event_describe(void)
{
    kpc_event_sink *sink = NULL;
    int seen_status = 0, seen_document = 0;

    OK(kpc_event_sink_open(client, 16, &sink, &error));
    while (!seen_status || !seen_document) {
        kpc_event *event = NULL;
        kpc_buffer *text = NULL, *payload = NULL;
        int32_t kind;
        if (!OK(kpc_event_sink_next(sink, KPC_SOON, &event, &error))) {
            break;
        }
        OK(kpc_event_describe(event, &text, &error));
        CHECK(kpc_buffer_len(text) > 0 && strchr((const char *)kpc_buffer_data(text), '\n') == NULL);
        CHECK(strlen((const char *)kpc_buffer_data(text)) == kpc_buffer_len(text));
        kind = kpc_event_kind(event);
        if (kind == KPC_EVENT_CONNECTION_STATUS) {
            kpc_id token;
            CHECK(strstr((const char *)kpc_buffer_data(text), "status is_connected=true") != NULL);
            seen_status = kpc_event_is_connected(event);
            OK(kpc_event_instance_token(event, &token, &error));
            CHECK(kpc_event_error(event) == NULL);
        } else if (kind == KPC_EVENT_PKI_DOCUMENT) {
            kpc_pki_document *document = NULL;
            char epoch[40];
            OK(kpc_event_pki_document(event, &document, &error));
            snprintf(epoch, sizeof epoch, "document epoch=%llu ",
                     (unsigned long long)kpc_pki_document_epoch(document));
            CHECK(strstr((const char *)kpc_buffer_data(text), epoch) != NULL);
            kpc_pki_document_free(document);
            seen_document = 1;
            OK(kpc_event_payload(event, &payload, &error));
            CHECK(kpc_buffer_len(payload) > 1000);
            kpc_buffer_free(payload);
        }
        kpc_buffer_free(text);
        kpc_event_free(event);
    }
    kpc_event_sink_free(sink);
}

static int replies;

static void on_event(const kpc_event *event, void *user_data)
{
    (void)user_data;
    if (kpc_event_kind(event) == KPC_EVENT_MESSAGE_REPLY) {
        kpc_seen_one_more(&replies);
    }
}

static void send_echo(void)
{
    kpc_service echo;
    kpc_id surb_id;

    OK(kpc_client_get_service(client, "echo", &echo, &error));
    OK(kpc_new_surb_id(&surb_id, &error));
    OK(kpc_send_message(client, &surb_id, &echo, (const uint8_t *)"hello", 5, NULL, &error));
}

static void await_message_reply(void)
{
    kpc_event_sink *sink = NULL;
    kpc_completion done;
    kpc_seen seen;
    kpc_op op;

    OK(kpc_event_sink_open(client, 16, &sink, &error));
    OK(kpc_event_sink_on_event(sink, on_event, NULL, NULL, &error));
    ERROR(KPC_ERR_TIMEOUT, kpc_await_message_reply(client, KPC_NO_WAIT, &error));
    send_echo();
    OK(kpc_await_message_reply(client, KPC_SOON, &error));
    CHECK(kpc_seen_until(&replies, 1));
    /* One reply wakes one wait. */
    ERROR(KPC_ERR_TIMEOUT, kpc_await_message_reply(client, KPC_NO_WAIT, &error));
    done = kpc_seen_by(&seen);
    OK(kpc_await_message_reply_async(client, KPC_FOREVER, &done, &op, &error));
    send_echo();
    CHECK(kpc_seen_until(&seen.drops, 1) && seen.status == KPC_OK && seen.calls == 1);
    CHECK(kpc_seen_until(&replies, 2));
    kpc_event_sink_free(sink);
}

/* A text that is not empty. */
static void text_of(kpc_status status, kpc_buffer *text)
{
    STATUS(KPC_OK, status);
    CHECK(kpc_buffer_len(text) > 0);
    CHECK(strlen((const char *)kpc_buffer_data(text)) == kpc_buffer_len(text));
    kpc_buffer_free(text);
}

static void get_directory_authorities(void)
{
    kpc_authorities *all = NULL;
    kpc_buffer *text = NULL;
    kpc_hash hash;
    size_t i, j, count;

    OK(kpc_get_directory_authorities(client, KPC_SOON, &all, &error));
    count = kpc_authorities_count(all);
    CHECK(count >= 1);
    for (i = 0; i < count; i++) {
        kpc_status status = kpc_authorities_identifier_at(all, i, &text, NULL);
        text_of(status, text);
        status = kpc_authorities_pki_signature_scheme_at(all, i, &text, NULL);
        text_of(status, text);
        status = kpc_authorities_wire_kem_scheme_at(all, i, &text, NULL);
        text_of(status, text);
        status = kpc_authorities_identity_public_key_pem_at(all, i, &text, NULL);
        text_of(status, text);
        status = kpc_authorities_link_public_key_pem_at(all, i, &text, NULL);
        text_of(status, text);
        OK(kpc_authorities_identity_key_hash_at(all, i, &hash, &error));
        CHECK(!kpc_test_filled(&hash, 0, sizeof hash));
        CHECK(kpc_authorities_address_count_at(all, i) >= 1);
        for (j = 0; j < kpc_authorities_address_count_at(all, i); j++) {
            status = kpc_authorities_address_at(all, i, j, &text, NULL);
            text_of(status, text);
        }
        ERROR(KPC_ERR_ARG_VALUE, kpc_authorities_address_at(all, i, j, &text, &error));
    }
    ERROR(KPC_ERR_ARG_VALUE, kpc_authorities_identifier_at(all, count, &text, &error));
    CHECK(kpc_authorities_address_count_at(all, count) == 0);
    kpc_authorities_free(all);
}

int main(void)
{
    kpc_sim_start(&sim, "--instant");
    client = kpc_sim_connected(&sim);
    client_config();
    client_log();
    event_describe();
    await_message_reply();
    get_directory_authorities();
    kpc_client_free(client);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
