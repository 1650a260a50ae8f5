/* Two people, two clients, two databases: what one sends the other receives, each message once and
 * in order, also when either ends in between and comes again. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_stores.h"

static kpc_writer *opens_writer(const person *somebody, const char *name)
{
    kpc_writer *writer = NULL;
    OK(kpc_store_open_writer(somebody->store, name, KPC_SOON, &writer, &error));
    return writer;
}

static kpc_reader *opens_reader(const person *somebody, const char *name)
{
    kpc_reader *reader = NULL;
    OK(kpc_store_open_reader(somebody->store, name, KPC_SOON, &reader, &error));
    return reader;
}

/* The database is a file for nobody else, and another program finds everything in it. */
static void store_open(void)
{
    person alice = comes("alice"), bob = comes("bob");
    kpc_writer *diary = creates(&alice, "diary");
    kpc_reader *of_alice = follows(&bob, "of alice", diary);
    struct stat file;

    CHECK(stat(path_of("alice"), &file) == 0 && (file.st_mode & 0777) == 0600);
    CHECK(sends(diary, "one") == 1);
    CHECK(is_text(receives(of_alice), 1, "one"));
    /* Not acknowledged, so it is delivered again, also to the next program. */
    kpc_reader_free(of_alice);
    leaves(&bob);
    bob = comes("bob");
    of_alice = opens_reader(&bob, "of alice");
    CHECK(takes(of_alice, 1, "one"));
    kpc_reader_free(of_alice);
    leaves(&bob);

    /* Sent while nobody is on the network that could write it, and the program ends. */
    kpc_sim_say(&sim, "hold");
    CHECK(sends(diary, "two") == 2);
    CHECK(sends(diary, "three") == 3);
    CHECK(kpc_writer_pending(diary) == 2 && kpc_writer_last_message(diary) == 3);
    kpc_writer_free(diary);
    leaves(&alice);
    kpc_sim_say(&sim, "release");

    alice = comes("alice");
    diary = opens_writer(&alice, "diary");
    CHECK(kpc_writer_pending(diary) == 2 && kpc_writer_last_message(diary) == 3);
    CHECK(sends(diary, "four") == 4);
    OK(kpc_writer_wait_stored(diary, 4, KPC_SOON, &error));
    CHECK(kpc_writer_pending(diary) == 0);
    AWAIT_STATE(kpc_writer_state(diary), KPC_WRITER_IDLE);
    CHECK(kpc_writer_error(diary) == NULL);

    bob = comes("bob");
    of_alice = opens_reader(&bob, "of alice");
    CHECK(takes(of_alice, 2, "two") && takes(of_alice, 3, "three") && takes(of_alice, 4, "four"));
    CHECK(kpc_reader_waiting(of_alice) == 0);
    CHECK(kpc_reader_state(of_alice) == KPC_READER_WAITING && kpc_reader_error(of_alice) == NULL);

    kpc_reader_free(of_alice);
    kpc_writer_free(diary);
    leaves(&alice);
    leaves(&bob);
}

/* As many boxes as a message needs; also none of bytes. */
static void writer_send(void)
{
    person alice = comes("alice"), bob = comes("bob");
    kpc_writer *letters = creates(&alice, "letters");
    kpc_reader *of_alice = follows(&bob, "letters", letters);
    char *longer = (char *)malloc(20001);
    kpc_message *message;
    uint64_t number = 0;

    if (longer == NULL) {
        kpc_sim_give_up("no memory");
    }
    memset(longer, 'x', 20000);
    longer[20000] = 0;
    CHECK(sends(letters, longer) == 1);
    CHECK(sends(letters, "") == 2);
    OK(kpc_writer_send(letters, 200, NULL, 0, KPC_SOON, &number, &error));
    CHECK(number == 3);
    OK(kpc_writer_send(letters, KPC_MESSAGE_KIND, bytes("last"), 4, KPC_SOON, NULL, &error));
    CHECK(takes(of_alice, 1, longer) && takes(of_alice, 2, ""));
    message = receives(of_alice);
    CHECK(kpc_message_number(message) == 3 && kpc_message_kind(message) == 200);
    kpc_message_free(message);
    OK(kpc_reader_acknowledge(of_alice, 3, KPC_SOON, &error));
    CHECK(takes(of_alice, 4, "last"));
    free(longer);
    kpc_writer_free(letters);
    kpc_reader_free(of_alice);
    leaves(&alice);
    leaves(&bob);
}

/* What is not on the mixnet is counted, and kept. */
static void writer_pending(void)
{
    person alice = comes("alice");
    kpc_writer *news = creates(&alice, "news");

    CHECK(kpc_writer_pending(news) == 0 && kpc_writer_last_message(news) == 0);
    kpc_sim_say(&sim, "hold");
    sends(news, "one");
    sends(news, "two");
    CHECK(kpc_writer_pending(news) == 2);
    ERROR(KPC_ERR_TIMEOUT, kpc_writer_wait_stored(news, 1, 1, &error));
    AWAIT_STATE(kpc_writer_state(news), KPC_WRITER_SENDING);
    kpc_sim_say(&sim, "release");
    OK(kpc_writer_wait_stored(news, 2, KPC_SOON, &error));
    CHECK(kpc_writer_pending(news) == 0 && kpc_writer_last_message(news) == 2);
    kpc_writer_free(news);
    leaves(&alice);
}

/* The history of a reader, and how it is taken off. */
static void reader_messages(void)
{
    person alice = comes("alice"), bob = comes("bob");
    kpc_writer *chapters = creates(&alice, "chapters");
    kpc_reader *of_alice = follows(&bob, "chapters", chapters);
    kpc_messages *all = NULL, *rest = NULL;
    kpc_message *message = NULL;
    int i;

    for (i = 0; i < 4; i++) {
        sends(chapters, "chapter");
    }
    AWAIT_STATE(kpc_reader_waiting(of_alice), 4);
    OK(kpc_reader_acknowledge(of_alice, 2, KPC_SOON, &error));
    CHECK(kpc_reader_waiting(of_alice) == 2);
    OK(kpc_reader_messages(of_alice, 0, 100, KPC_SOON, &all, &error));
    CHECK(kpc_messages_count(all) == 4);
    for (i = 0; i < 4; i++) {
        OK(kpc_messages_at(all, (size_t)i, &message, &error));
        CHECK(kpc_message_is_acknowledged(message) == (i < 2));
        CHECK(kpc_message_received_at_unix(message) > 1700000000);
        CHECK(is_text(message, (uint64_t)i + 1, "chapter"));
    }
    ERROR(KPC_ERR_ARG_VALUE, kpc_messages_at(all, 4, &message, &error));
    CHECK(message == NULL);
    OK(kpc_reader_forget_before(of_alice, 100, KPC_SOON, &error));
    OK(kpc_reader_messages(of_alice, 1, 1, KPC_SOON, &rest, &error));
    CHECK(kpc_messages_count(rest) == 1 && kpc_messages_count(all) == 4);
    OK(kpc_messages_at(rest, 0, &message, &error));
    kpc_messages_free(rest);
    CHECK(is_text(message, 3, "chapter")); /* which outlives its list */
    kpc_messages_free(all);
    kpc_writer_free(chapters);
    kpc_reader_free(of_alice);
    leaves(&alice);
    leaves(&bob);
}

int main(void)
{
    kpc_sim_start(&sim, "--instant");
    store_open();
    writer_send();
    writer_pending();
    reader_messages();
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
