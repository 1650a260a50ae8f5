/* A demonstration of the library: `make demo`.
 *
 *   demo SIMULATOR [OPTIONS OF THE SIMULATOR]
 *
 * The demo starts the simulator. Alice and Bob, each with a client, exchange messages through it.
 * Meanwhile the demo kills the simulator and starts it again. It checks every value that it prints.
 * Success prints a line that starts with PASSED; a failure prints the reason and exits with code 1.
 *
 * The simulator plays a daemon and its network. The real network continues when a daemon is killed,
 * so the simulator keeps its boxes in a file; what the couriers remembered is lost. */
#define _POSIX_C_SOURCE 200809L
#include "person.h"
#include "report.h"
#include "simulator.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { LIMIT_SECONDS = 115, MESSAGES = 3 };

static struct person alice = {.name = "Alice"}, bob = {.name = "Bob"};
static kpc_write_cap write_cap;
static kpc_read_cap read_cap;
/* Those with messages, and the one after them. */
static kpc_box_index boxes[MESSAGES + 1];
static const char *const messages[MESSAGES] = {"Hello Bob.", "The key is under the mat.",
                                               "See you tomorrow."};
static const char last_message[] = "I am back.";
static kpc_error *error;

/* Which daemon process Bob is connected with. */
static void get_token(char *text)
{
    kpc_id id;
    int i;

    must(kpc_client_daemon_token(bob.client, &id, &error), &error, "the daemon's token");
    for (i = 0; i < KPC_ID_SIZE; i++) {
        snprintf(text + 2 * i, 3, "%02x", id.bytes[i]);
    }
    check(strstr(simulator_command("stats"), text) != NULL, "the daemon has another token");
}

/* Waits until a number in the simulator's books is in these bounds. */
static void await_stat(const char *name, long least, long most)
{
    struct timespec pause = {0, 20 * 1000 * 1000};
    double until = seconds() + PATIENCE_MS / 1000.0;
    long found;

    while ((found = simulator_stat(name)) < least || found > most) {
        if (seconds() > until) {
            fail("the simulator's %s stay at %ld", name, found);
        }
        nanosleep(&pause, NULL);
    }
}

/* Bob begins to read the box that is not written; returns when the daemon knows. */
static void begin_reading(void)
{
    static const char request[] = "start_resending_encrypted_message";
    long before = simulator_stat(request);

    person_begins_reading(&bob, &read_cap, &boxes[MESSAGES]);
    await_stat(request, before + 1, LONG_MAX);
    person_is_waiting(&bob);
}

static void connect_both(char *token)
{
    kpc_config *config = NULL;
    kpc_pki_document *document = NULL;
    unsigned long long epoch;

    step("connect");
    must(kpc_config_load_file(simulator_config(), &config, &error), &error, "the configuration");
    must(kpc_config_set_reconnect(config, 100, 2000, &error), &error, "the configuration");
    person_connect(&alice, config);
    person_connect(&bob, config);
    kpc_config_free(config);
    get_token(token);
    must(kpc_client_pki_document(bob.client, &document, &error), &error, "the document");
    epoch = (unsigned long long)kpc_pki_document_epoch(document);
    kpc_pki_document_free(document);
    check(epoch == (unsigned long long)simulator_stat("epoch"), "epoch %llu", epoch);
    tell("Alice and Bob are on the mixnet, epoch %llu, daemon %.8s...", epoch, token);
}

static void echo(void)
{
    static const char hello[] = "hello mixnet";
    kpc_service service;
    kpc_buffer *reply = NULL;
    double began = seconds();

    step("echo");
    must(kpc_client_get_service(alice.client, "echo", &service, &error), &error, "a service");
    must(kpc_send_message_await_reply(alice.client, &service, (const uint8_t *)hello, sizeof hello,
                                   PATIENCE_MS, &reply, &error),
         &error, "the message");
    check(kpc_buffer_len(reply) > sizeof hello &&
              memcmp(kpc_buffer_data(reply), hello, sizeof hello) == 0,
          "the echo is another text");
    tell("\"%s\" came back from %.*s after %.2f s", (const char *)kpc_buffer_data(reply),
         (int)service.queue_len, (const char *)service.queue, seconds() - began);
    kpc_buffer_free(reply);
}

static void write_messages(void)
{
    int i;

    step("write");
    must(kpc_new_keypair(NULL, 0, &write_cap, &read_cap, &boxes[0], &error), &error,
         "a new channel");
    for (i = 0; i < MESSAGES; i++) {
        double began = seconds();
        must(kpc_write_box(alice.client, &write_cap, &boxes[i], (const uint8_t *)messages[i],
                           strlen(messages[i]), 0, PATIENCE_MS, &boxes[i + 1], &error),
             &error, "writing");
        check(number_of(&boxes[i + 1]) == number_of(&boxes[i]) + 1, "a box was left out");
        tell("Alice wrote box %llu: \"%s\" (%.2f s)", number_of(&boxes[i]), messages[i],
             seconds() - began);
    }
}

static void read_messages(void)
{
    int i;

    step("read");
    for (i = 0; i < MESSAGES; i++) {
        double began = seconds();
        person_reads(&bob, &read_cap, &boxes[i], messages[i]);
        tell("Bob read box %llu: \"%s\" (%.2f s)", number_of(&boxes[i]), messages[i],
             seconds() - began);
    }
    person_reads_not(&bob, &read_cap, &boxes[MESSAGES], KPC_ERR_BOX_ID_NOT_FOUND);
    tell("box %llu is not written yet: KPC_ERR_BOX_ID_NOT_FOUND", number_of(&boxes[MESSAGES]));
}

static void tombstone(void)
{
    kpc_box_index next;

    step("tombstone");
    must(kpc_tombstone_box(alice.client, &write_cap, &boxes[1], PATIENCE_MS, &next, &error),
         &error, "deleting");
    person_reads_not(&bob, &read_cap, &boxes[1], KPC_ERR_TOMBSTONE);
    tell("Alice deleted box %llu; Bob gets KPC_ERR_TOMBSTONE", number_of(&boxes[1]));
    person_reads(&bob, &read_cap, &boxes[2], messages[2]);
    tell("box %llu is untouched: \"%s\"", number_of(&boxes[2]), messages[2]);
}

static void cancel(void)
{
    double began;

    step("cancel");
    begin_reading();
    began = seconds();
    must(kpc_op_cancel(bob.client, bob.op, NULL), NULL, "cancelling");
    person_ends(&bob, KPC_ERR_CANCELLED, "");
    tell("Bob cancelled a read that waited; it ended after %.1f ms, once",
         (seconds() - began) * 1000);
    await_stat("arq_entries", 0, 0);
    tell("and the daemon resends nothing for it any more");
}

static void kill_and_restart(char *const *arguments, const char *token)
{
    char new_token[2 * KPC_ID_SIZE + 1];
    pid_t killed = simulator_pid();
    kpc_event *event;

    step("kill");
    begin_reading();
    tell("Bob waits for box %llu, and the daemon asks for him", number_of(&boxes[MESSAGES]));
    simulator_kill();
    event = person_await(&bob, KPC_EVENT_DISCONNECTED, "the loss of the daemon");
    check(!kpc_event_is_graceful(event), "a killed daemon said goodbye");
    kpc_event_free(event);
    check(!kpc_client_is_attached(bob.client), "Bob takes the daemon for present");
    tell("process %d was killed with SIGKILL, and Bob's client noticed", (int)killed);
    person_begins_writing(&alice, &write_cap, &boxes[MESSAGES], last_message);
    person_is_waiting(&alice);
    person_is_waiting(&bob);
    tell("Alice begins to write box %llu while there is no daemon", number_of(&boxes[MESSAGES]));

    step("restart");
    simulator_start(arguments[1], arguments + 2);
    check(simulator_pid() != killed, "it is the same process");
    kpc_event_free(person_await(&bob, KPC_EVENT_RESTARTED, "another daemon"));
    get_token(new_token);
    check(strcmp(token, new_token) != 0, "it is the same daemon");
    tell("process %d is on the same socket, daemon %.8s...", (int)simulator_pid(), new_token);
    person_ends(&alice, KPC_OK, "");
    tell("Alice's write has ended: KPC_OK");
    person_ends(&bob, KPC_OK, last_message);
    tell("Bob's read, begun before the kill, has ended: \"%s\"", last_message);
    person_reads(&bob, &read_cap, &boxes[0], messages[0]);
    person_reads_not(&bob, &read_cap, &boxes[1], KPC_ERR_TOMBSTONE);
    tell("box %llu still holds \"%s\", box %llu is still deleted", number_of(&boxes[0]),
         messages[0], number_of(&boxes[1]));
}

static void goodbye(void)
{
    int code;

    step("goodbye");
    person_leaves(&alice);
    person_leaves(&bob);
    person_ended_once(&alice);
    person_ended_once(&bob);
    await_stat("connections", 0, 0);
    check(simulator_stat("sessions") == 0, "the daemon keeps a session");
    check(simulator_stat("arq_entries") == 0, "the daemon still resends something");
    check(kpc_debug_live_objects() == 0, "%u objects are left", (unsigned)kpc_debug_live_objects());
    tell("Alice and Bob have left; the daemon keeps nothing of them, nor does the library");
    code = simulator_stop();
    check(code == 0, "the simulator ended with %d", code);
    simulator_clean_up();
    tell("the simulator has ended with code %d", code);
}

int main(int argc, char **argv)
{
    char token[2 * KPC_ID_SIZE + 1];

    simulator_watch(LIMIT_SECONDS);
    step("start");
    check(argc >= 2, "usage: demo SIMULATOR [OPTIONS OF THE SIMULATOR]");
    simulator_make_directory();
    simulator_start(argv[1], argv + 2);
    tell("libkpclient %s; the simulator is process %d on %s", kpc_version(), (int)simulator_pid(),
         simulator_socket());
    connect_both(token);
    echo();
    write_messages();
    read_messages();
    tombstone();
    cancel();
    kill_and_restart(argv, token);
    goodbye();
    passed();
    return 0;
}
