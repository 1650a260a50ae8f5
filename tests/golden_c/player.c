/* A client that does what it is told: the calls of recorded conversations, made through the public
 * functions. tests/golden_c drives it and plays the daemon.
 *
 * usage: player FORM SOCKET TOML
 *
 * FORM says how calls are made (enum form), TOML is the text of a configuration, SOCKET where the
 * daemon listens. Each line of the input is one call, `NUMBER KIND NAME=VALUE…`, by the kind of
 * request and the names of the daemon's protocol, bytes and texts in hexadecimal. Each runs on a
 * thread of its own; those that do not block begin in the order of the lines. When one is over the
 * player prints `done NUMBER STATUS NAME=VALUE…`, of each event `event KIND STATUS NAME=VALUE…`.
 * `close` ends the client, the end of the input the program. */
#define _POSIX_C_SOURCE 200809L
#include "player_boxes.h"
#include "player_channels.h"
#include "player_copies.h"
#include "player_events.h"
#include "player_vouchers.h"

#define PLAYED(kind) {#kind, kind}

static const struct {
    const char *kind;
    void (*play)(struct call *call);
} plays[] = {
    {"connect", connect_client},
    {"status", daemon_status},
    PLAYED(resumes),
    PLAYED(new_keypair),
    PLAYED(next_message_box_index),
    PLAYED(get_message_box_index_counter),
    PLAYED(encrypt_write),
    PLAYED(encrypt_read),
    PLAYED(start_resending_encrypted_message),
    PLAYED(cancel_resending_encrypted_message),
    PLAYED(write_box),
    PLAYED(read_box),
    PLAYED(get_pki_document),
    PLAYED(get_directory_authorities),
    PLAYED(send_message),
    PLAYED(send_arq_message),
    PLAYED(create_courier_envelopes_from_payload),
    PLAYED(create_courier_envelopes_from_multi_payload),
    PLAYED(create_courier_envelopes_from_tombstone_range),
    PLAYED(start_resending_copy_command),
    PLAYED(cancel_resending_copy_command),
    PLAYED(create_write_channel),
    PLAYED(create_read_channel),
    PLAYED(close_channel),
    PLAYED(resume_write_channel),
    PLAYED(resume_read_channel),
    PLAYED(resume_write_channel_query),
    PLAYED(resume_read_channel_query),
    PLAYED(write_channel),
    PLAYED(read_channel),
    PLAYED(send_channel_query),
    PLAYED(voucher_mint),
    PLAYED(voucher_derive_stream),
    PLAYED(voucher_induct),
    PLAYED(voucher_open),
};

/* Calls that are not over. */
static size_t running;

/* ---- Calls ------------------------------------------------------------------------------------- */

/* Takes a line apart in place. */
static struct call *call_of(const char *line)
{
    struct call *call = (struct call *)calloc(1, sizeof *call);
    char *word, *rest = NULL, *equals;

    if (call == NULL || (call->line = strdup(line)) == NULL) {
        give_up("no memory for", line);
    }
    call->number = strtok_r(call->line, " \n", &rest);
    call->kind = strtok_r(NULL, " \n", &rest);
    while ((word = strtok_r(NULL, " \n", &rest)) != NULL) {
        equals = strchr(word, '=');
        if (equals == NULL || call->field_count == MAX_FIELDS) {
            give_up("no argument, or one too many:", word);
        }
        *equals = '\0';
        call->fields[call->field_count].name = word;
        call->fields[call->field_count++].value = equals + 1;
    }
    return call;
}

static void free_call(struct call *call)
{
    size_t i;
    for (i = 0; i < call->field_count; i++) {
        free(call->fields[i].bytes.data);
    }
    kpc_error_free(call->error);
    free(call->line);
    free(call);
}

static void play(struct call *call)
{
    size_t i;
    for (i = 0; i < sizeof plays / sizeof plays[0]; i++) {
        if (call->kind != NULL && strcmp(call->kind, plays[i].kind) == 0) {
            plays[i].play(call);
            return;
        }
    }
    give_up("no such call:", call->number);
}

static void *run(void *argument)
{
    struct call *call = (struct call *)argument;
    char *text = NULL;
    size_t length = 0;

    call->said = open_memstream(&text, &length);
    if (call->said == NULL) {
        give_up("no memory for", call->kind);
    }
    play(call);
    if (call->status != KPC_OK) {
        print_error(call->said, call->error);
    }
    fclose(call->said);
    if (kpc_error_status(call->error) != call->status) {
        give_up("the error is another than the status of", call->kind);
    }
    print_line("done %s %s%s", call->number, kpc_status_name(call->status), text);
    free(text);
    has_begun(call);
    free_call(call);
    pthread_mutex_lock(&mutex);
    running--;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
    return NULL;
}

static void begin(const char *line)
{
    pthread_t thread;

    pthread_mutex_lock(&mutex);
    running++;
    not_begun++;
    pthread_mutex_unlock(&mutex);
    if (pthread_create(&thread, NULL, run, call_of(line)) != 0) {
        give_up("no thread for", line);
    }
    pthread_detach(thread);
    await_begin();
}

/* ---- The client -------------------------------------------------------------------------------- */

static pthread_t teller;
static bool events_over;

static void on_events_over(void *user_data)
{
    (void)user_data;
    pthread_mutex_lock(&mutex);
    events_over = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

static void must(kpc_status status, const char *what)
{
    if (status != KPC_OK) {
        give_up(kpc_status_name(status), what);
    }
}

static void open_client(const char *socket, const char *toml)
{
    kpc_config *config = NULL;

    must(kpc_config_load_text(toml, strlen(toml), &config, NULL), "configuration");
    must(kpc_config_set_unix(config, socket, NULL), "socket");
    must(kpc_config_set_reconnect(config, 10, 50, NULL), "reconnect");
    must(kpc_config_set_encryption_connections(config, 1, NULL), "one for encryptions");
    must(kpc_client_new(config, &client, NULL), "client");
    kpc_config_free(config);
    must(kpc_event_sink_open(client, 1000, &events, NULL), "events");
    if (form == CALLBACK) {
        must(kpc_event_sink_on_event(events, on_event, NULL, on_events_over, NULL), "callback");
    } else if (pthread_create(&teller, NULL, tell_all, NULL) != 0) {
        give_up("no thread for", "events");
    }
}

/* Ends the client, and with it all calls and events. */
static void close_client(void)
{
    must(kpc_client_close(client, KPC_FOREVER, NULL), "close");
    pthread_mutex_lock(&mutex);
    while (running > 0 || (form == CALLBACK && !events_over)) {
        pthread_cond_wait(&changed, &mutex);
    }
    pthread_mutex_unlock(&mutex);
    if (form != CALLBACK) {
        pthread_join(teller, NULL);
    }
    kpc_event_sink_free(events);
    free_envelopes();
    free_queries();
    kpc_client_free(client);
    print_line("end %lu", (unsigned long)kpc_debug_live_objects());
}

int main(int argc, char **argv)
{
    static const char *const forms[] = {"blocking", "waiting", "callback", "sink"};
    char *line = NULL;
    size_t size = 0;

    if (argc != 4) {
        give_up("usage:", "player FORM SOCKET TOML");
    }
    while (strcmp(argv[1], forms[form]) != 0) {
        if (form == SINK) {
            give_up("no such form:", argv[1]);
        }
        form = (enum form)(form + 1);
    }
    open_client(argv[2], argv[3]);
    while (getline(&line, &size, stdin) > 0) {
        if (strcmp(line, "close\n") == 0) {
            close_client();
            break;
        }
        begin(line);
    }
    free(line);
    return 0;
}
