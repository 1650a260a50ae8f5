/* What a store keeps in a database of the program's leaves no copy in memory after it is closed, so that a core dump has
 * none: capabilities, indices, messages, the keys of vouchers, whatever it has put into a record. (SQLite frees its
 * pages as they are, so a store on a file promises less; SECURITY.md says so.) */
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

/* Whether bytes are keys or ciphertext, by how many different ones there are: numbers and zeros are everywhere, and
 * what begins with these is looked for too often. */
static int is_secret(const uint8_t *at)
{
    uint8_t seen[256] = {0};
    int i, different = 0;
    for (i = 0; i < KPC_SCAN_NEEDLE; i++) {
        different += seen[at[i]]++ == 0;
    }
    return different > KPC_SCAN_NEEDLE * 2 / 3 && at[0] != 0 && at[1] != 0;
}

/* What an inductor keeps of a voucher: its hash, which is not promised to be gone, and the joiner's name. */
static int is_of_inductor(const own_record *record)
{
    return record->key_len > 8 && record->bytes[8] == 'v' && record->value_len < 40;
}

/* All that is kept at this moment, as it lies in the records. Returns how many secrets that are. */
static size_t remember_records(const own_database *database)
{
    size_t i, at, before = kpc_scan_count;
    for (i = 0; i < database->now.count; i++) {
        const own_record *record = database->now.all[i];
        const uint8_t *value = record->bytes + record->key_len;
        size_t len = is_of_inductor(record) ? 0 : record->value_len;
        for (at = 0; at + KPC_SCAN_NEEDLE <= len; at += KPC_SCAN_NEEDLE) {
            if (kpc_scan_count < KPC_SCAN_MOST && is_secret(value + at)) {
                kpc_scan_secret("a part of a record", value + at);
            }
        }
    }
    return kpc_scan_count - before;
}

/* Two people get a channel by voucher; what is kept of that is gone in the end. */
static __attribute__((noinline)) void meet(void)
{
    person jo = comes_with(&alice_db), ida = comes_with(&bob_db);
    kpc_writer *writer = NULL;
    kpc_reader *reader = NULL;
    kpc_buffer *voucher = NULL, *name = NULL, *reply = NULL;

    OK(kpc_store_mint_voucher(jo.store, "ida", "Jo", KPC_SOON, &voucher, &error));
    kpc_scan_secret("a voucher", kpc_buffer_data(voucher) + 5);
    CHECK(remember_records(&alice_db) > 3);
    OK(kpc_store_induct_voucher(ida.store, "jo", (const char *)kpc_buffer_data(voucher), bytes("who"), 3, KPC_SOON,
                                &reader, &name, &error));
    CHECK(remember_records(&bob_db) > 3);
    OK(kpc_store_open_voucher(jo.store, "ida", KPC_SOON, &writer, &reply, &error));
    CHECK(holds(name, "Jo") && holds(reply, "who"));
    sends(writer, "hello");
    CHECK(takes(reader, 1, "hello"));
    remember_caps(writer);
    CHECK(remember_records(&alice_db) > 3 && remember_records(&bob_db) > 3);
    kpc_buffer_free(voucher);
    kpc_writer_free(writer);
    kpc_reader_free(reader);
    leaves(&jo);
    leaves(&ida);
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
    CHECK(remember_records(&alice_db) > 3 && remember_records(&bob_db) > 3);
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
    meet();
    kpc_scan_await_threads();
    /* The database itself has it all. */
    CHECK(kpc_scan() >= 1 && kpc_scan_count < KPC_SCAN_MOST);
    own_free(&alice_db);
    own_free(&bob_db);
    found = kpc_scan();
    if (!CHECK(found == 0)) {
        printf("%lu copies are left of %lu secrets\n", (unsigned long)found, (unsigned long)kpc_scan_count);
    }
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
