/* What a store keeps in a database of the program's leaves no copy in memory after it is closed:
 * capabilities, indices, messages. (SQLite frees its pages as they are, so a store on a file
 * promises less; SECURITY.md says so.) */
/* c_suite: needs sim */
/* c_suite: not valgrind (its own memory holds copies of registers and of freed blocks) */
/* c_suite: not asan (what it keeps of the stacks is not the library's) */
#define _GNU_SOURCE
#include "kpc_own_database.h"
#include "kpc_scan.h"

static own_database alice_db, bob_db;

/* A message that no other memory has: its text is made when it is needed. */
enum { MESSAGES = 5, LENGTH = 4000 };
static void text_of(char *text, int number)
{
    uint32_t state = 0x2545f491u * (uint32_t)(number + 7);
    size_t i;
    for (i = 0; i + 1 < LENGTH; i++) {
        state = state * 1664525u + 1013904223u;
        text[i] = (char)('A' + (state >> 27));
    }
    text[LENGTH - 1] = 0;
}

static void remember_index(const char *name, const kpc_box_index *index)
{
    kpc_scan_secret(name, index->bytes + 8);
    kpc_scan_secret(name, index->bytes + 40);
    kpc_scan_secret(name, index->bytes + 72);
}

static void remember_caps(const kpc_writer *writer)
{
    kpc_write_cap cap;
    kpc_box_index index;

    OK(kpc_writer_write_cap(writer, &cap, &error));
    kpc_scan_secret("a write capability", cap.bytes);
    OK(kpc_write_cap_first_index(&cap, &index, &error));
    remember_index("the first index", &index);
    OK(kpc_writer_next_index(writer, &index, &error));
    remember_index("the writer's next index", &index);
    kpc_wipe(&cap, sizeof cap);
    kpc_wipe(&index, sizeof index);
}

/* Not inlined, as its frame holds copies. */
static __attribute__((noinline)) void talk(void)
{
    person alice = comes_with(&alice_db), bob = comes_with(&bob_db);
    kpc_writer *writer = creates(&alice, "bob");
    kpc_reader *reader = follows(&bob, "alice", writer);
    static char text[LENGTH];
    int number;

    remember_caps(writer);
    for (number = 1; number <= MESSAGES; number++) {
        text_of(text, number);
        kpc_scan_secret("a message", text);
        kpc_scan_secret("the middle of a message", text + LENGTH / 2);
        sends(writer, text);
        CHECK(takes(reader, (uint64_t)number, text));
    }
    remember_caps(writer);
    kpc_wipe(text, sizeof text);
    kpc_reader_free(reader);
    kpc_writer_free(writer);
    leaves(&alice);
    leaves(&bob);
}

int main(void)
{
    size_t found;

    if (getenv("KPC_LIB_FOR_DEBUGGING") != NULL) {
        kpc_test_skip("without optimisation values are copied on every way");
    }
    kpc_sim_start(&sim, "--instant");
    talk();
    kpc_scan_await_threads();
    /* The database itself has it all. */
    CHECK(kpc_scan() >= 1);
    own_free(&alice_db);
    own_free(&bob_db);
    found = kpc_scan();
    if (!CHECK(found == 0)) {
        printf("%lu copies are left of %lu secrets\n", (unsigned long)found, (unsigned long)kpc_scan_count);
    }
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
