/* The wall clock jumps, back by decades and to before 1970, while messages are on their way and while the
 * programs are ended: each message arrives once and in order, and is acknowledged once. */
/* c_suite: needs sim */
/* c_suite: not valgrind (the clock is read past the one that is put in its place) */
#define _GNU_SOURCE
#include "kpc_stores.h"
#include "kpc_wall_clock.h"

enum { YEAR = 86400 * 365 };

/* A message over which the clock jumps twice: before it is sent, and before it is received. */
static void sent_and_received(kpc_writer *writer, kpc_reader *reader, uint64_t number, int64_t seconds)
{
    kpc_message *message;

    jump(seconds);
    CHECK(sends(writer, "on time") == number);
    OK(kpc_writer_wait_stored(writer, number, KPC_SOON, &error));
    OK(kpc_reader_poll_now(reader, &error));
    message = receives(reader);
    if (seconds == -25LL * YEAR) { /* so the library sees the clock of this test */
        CHECK(kpc_message_received_at_unix(message) < time(NULL) - 20LL * YEAR);
    }
    CHECK(kpc_message_received_at_unix(message) >= 0);
    jump(-seconds / 2);
    CHECK(is_text(message, number, "on time"));
    OK(kpc_reader_acknowledge(reader, number, KPC_SOON, &error));
}

int main(void)
{
    static const int64_t jumps[] = {3600, -25LL * YEAR, -60LL * YEAR, 100LL * YEAR, -3600};
    person alice, bob;
    kpc_writer *writer;
    kpc_reader *reader;
    uint64_t number;

    kpc_sim_start(&sim, "--instant --patient-couriers");
    alice = comes("alice");
    bob = comes("bob");
    writer = creates(&alice, "watch");
    reader = follows(&bob, "watch", writer);
    for (number = 1; number <= sizeof jumps / sizeof jumps[0]; number++) {
        sent_and_received(writer, reader, number, jumps[number - 1]);
        if (number % 2 != 0) {
            continue;
        }
        kpc_writer_free(writer);
        leaves(&alice);
        kpc_reader_free(reader);
        leaves(&bob);
        jump(-10LL * YEAR);
        alice = comes("alice");
        bob = comes("bob");
        writer = opens_when_free(alice.store, "watch");
        OK(kpc_store_open_reader(bob.store, "watch", KPC_SOON, &reader, &error));
    }
    jump(0);
    CHECK(kpc_reader_waiting(reader) == 0);
    CHECK(sends(writer, "last") == number);
    CHECK(takes(reader, number, "last"));
    kpc_writer_free(writer);
    kpc_reader_free(reader);
    leaves(&alice);
    leaves(&bob);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
