/* Stores, writers, readers, messages and the client are freed in every order; what is left works as
 * long as the client does, and nothing is left in the end. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_stores.h"

enum { CLIENT, STORE, WRITER, READER, MESSAGE, KINDS };

/* One of each, of one client. */
typedef struct all {
    kpc_client *client;
    kpc_store *store;
    kpc_writer *writer;
    kpc_reader *reader;
    kpc_message *message;
} all;

static all one_of_each(const char *path)
{
    all of = {NULL, NULL, NULL, NULL, NULL};
    person me;

    of.client = kpc_sim_connected(&sim);
    OK(kpc_store_open(of.client, path, KPC_SOON, &of.store, &error));
    me.client = of.client;
    me.store = of.store;
    of.writer = creates(&me, "loop");
    of.reader = follows(&me, "loop", of.writer);
    sends(of.writer, "to myself");
    of.message = receives(of.reader);
    return of;
}

/* What works of what is there. */
static void look(const all *of, const bool *freed)
{
    kpc_names *names = NULL;
    kpc_message *again = NULL;
    kpc_buffer *data = NULL;
    kpc_status works = freed[CLIENT] ? KPC_ERR_CLOSED : KPC_OK;

    if (!freed[STORE]) {
        ERROR(works, kpc_store_list_writers(of->store, KPC_SOON, &names, &error));
        kpc_names_free(names);
    }
    if (!freed[WRITER]) {
        ERROR(works, kpc_writer_send(of->writer, KPC_MESSAGE_KIND, NULL, 0, KPC_SOON, NULL, &error));
        OK(kpc_writer_name(of->writer, &data, &error));
        CHECK(holds(data, "loop"));
    }
    if (!freed[READER]) {
        ERROR(works, kpc_reader_receive(of->reader, KPC_SOON, &again, &error));
        kpc_message_free(again);
        OK(kpc_reader_poll_now(of->reader, &error));
        skips(of->reader);
    }
    if (!freed[MESSAGE]) {
        OK(kpc_message_data(of->message, &data, &error));
        CHECK(holds(data, "to myself"));
    }
}

static void end(const all *of, int kind)
{
    switch (kind) {
    case CLIENT:
        kpc_client_free(of->client);
        break;
    case STORE:
        kpc_store_free(of->store);
        break;
    case WRITER:
        kpc_writer_free(of->writer);
        break;
    case READER:
        kpc_reader_free(of->reader);
        break;
    default:
        kpc_message_free(of->message);
    }
}

/* Each kind first, then the others in turn, forwards and backwards. */
static void in_every_order(void)
{
    int first, step, i;

    for (first = 0; first < KINDS; first++) {
        for (step = 1; step < KINDS; step += KINDS - 2) {
            bool freed[KINDS] = {false};
            all of = one_of_each(NULL);
            for (i = 0; i < KINDS; i++) {
                int kind = (first + i * step) % KINDS;
                end(&of, kind);
                end(&of, kind); /* a second time does nothing */
                freed[kind] = true;
                look(&of, freed);
            }
            kpc_test_await_callbacks();
            CHECK(kpc_debug_live_objects() == 0);
        }
    }
}

/* A client that was closed, and a store in a file that another client opens next. */
static void after_the_client(void)
{
    all of = one_of_each(path_of("alice"));
    person next;
    kpc_writer *writer;
    kpc_store *store = NULL;

    STATUS(KPC_OK, kpc_client_close(of.client, KPC_SOON, NULL));
    ERROR(KPC_ERR_CLOSED, kpc_store_open(of.client, NULL, KPC_SOON, &store, &error));
    ERROR(KPC_ERR_CLOSED, kpc_store_close(of.store, KPC_SOON, &error));
    kpc_client_free(of.client);
    kpc_message_free(of.message);
    kpc_reader_free(of.reader);
    kpc_writer_free(of.writer);
    kpc_store_free(of.store);
    next = comes("alice");
    writer = opens_when_free(next.store, "loop");
    CHECK(kpc_writer_last_message(writer) == 1);
    kpc_writer_free(writer);
    leaves(&next);
}

int main(void)
{
    kpc_sim_start(&sim, "--instant");
    in_every_order();
    after_the_client();
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
