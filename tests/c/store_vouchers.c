/* Channels by voucher: each call waiting and not, what is kept and given up, texts, each refusal. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_stores.h"

static person jo, ida;

/* A text of the library's, which is freed with the test's next one. */
static const char *text_of(kpc_buffer *buffer)
{
    static char text[512];
    size_t len = kpc_buffer_len(buffer);
    if (CHECK(buffer != NULL && len < sizeof text)) {
        memcpy(text, kpc_buffer_data(buffer), len + 1); /* with its NUL */
    }
    kpc_buffer_free(buffer);
    return text;
}

/* The joiner's voucher for a channel, in a place of its own. */
static void mints(const char *name, char *voucher)
{
    kpc_buffer *text = NULL;
    OK(kpc_store_mint_voucher(jo.store, name, "Jo", KPC_SOON, &text, &error));
    strcpy(voucher, text_of(text));
    CHECK(strlen(voucher) == 73 && strncmp(voucher, "kpcv1", 5) == 0);
}

/* Whether a list has this one name, or none. Takes over the list. */
static int lists(kpc_names *names, const char *expected)
{
    kpc_buffer *name = NULL;
    int same = kpc_names_count(names) == (expected != NULL ? 1u : 0u);
    if (same && expected != NULL) {
        OK(kpc_names_at(names, 0, &name, &error));
        same = holds(name, expected);
    }
    kpc_names_free(names);
    return same;
}

/* What is kept of vouchers, by either form. */
static int keeps(const person *somebody, const char *voucher, const char *induction)
{
    kpc_names *names = NULL;
    int same;

    OK(kpc_store_list_vouchers(somebody->store, KPC_SOON, &names, &error));
    same = lists(names, voucher);
    ASYNC(somebody->client, kpc_store_list_vouchers_async(somebody->store, KPC_SOON, NULL, &op, &error),
          kpc_store_list_vouchers_result(result, &names, &error));
    same = lists(names, voucher) && same;
    OK(kpc_store_list_inductions(somebody->store, KPC_SOON, &names, &error));
    same = lists(names, induction) && same;
    ASYNC(somebody->client, kpc_store_list_inductions_async(somebody->store, KPC_SOON, NULL, &op, &error),
          kpc_store_list_inductions_result(result, &names, &error));
    return lists(names, induction) && same;
}

static void talk(kpc_writer *writer, kpc_reader *reader)
{
    sends(writer, "hello");
    CHECK(takes(reader, 1, "hello"));
    kpc_writer_free(writer);
    kpc_reader_free(reader);
}

/* Both have a channel in the end, and the joiner has that of the inductor in return. */
static void waiting(void)
{
    kpc_writer *writer = NULL, *own = creates(&ida, "jo");
    kpc_reader *reader = NULL, *from_ida = NULL;
    kpc_buffer *name = NULL, *told = NULL;
    kpc_read_cap cap;
    kpc_box_index index;
    char voucher[128];

    mints("ida", voucher);
    CHECK(keeps(&jo, "ida", NULL) && keeps(&ida, NULL, NULL));
    OK(kpc_writer_read_cap(own, &cap, &error));
    OK(kpc_read_cap_to_text(&cap, NULL, &told, &error));
    OK(kpc_store_induct_voucher(ida.store, "jo", voucher, kpc_buffer_data(told), kpc_buffer_len(told), KPC_SOON,
                                &reader, &name, &error));
    CHECK(holds(name, "Jo"));
    kpc_buffer_free(told);
    OK(kpc_store_open_voucher(jo.store, "ida", KPC_SOON, &writer, &told, &error));
    CHECK(keeps(&jo, NULL, NULL) && keeps(&ida, NULL, NULL));
    OK(kpc_shared_text_parse(text_of(told), NULL, NULL, &cap, &index, &error));
    OK(kpc_store_import_reader(jo.store, "ida", &cap, &index, KPC_SOON, &from_ida, &error));
    talk(own, from_ida);
    talk(writer, reader);
}

/* The joiner waits first, and whoever asks again is given the same. */
static void asynchronous(void)
{
    kpc_writer *writer = NULL, *same_writer = NULL;
    kpc_reader *reader = NULL, *same_reader = NULL;
    kpc_buffer *text = NULL, *name = NULL, *told = NULL;
    kpc_op opening = 0;
    kpc_result *opened;
    char voucher[128];

    ASYNC(jo.client, kpc_store_mint_voucher_async(jo.store, "later", "Jo", KPC_SOON, NULL, &op, &error),
          kpc_store_mint_voucher_result(result, &text, &error));
    strcpy(voucher, text_of(text));
    OK(kpc_store_open_voucher_async(jo.store, "later", KPC_FOREVER, NULL, &opening, &error));
    ASYNC(ida.client,
          kpc_store_induct_voucher_async(ida.store, "later", voucher, bytes("who"), 3, KPC_SOON, NULL, &op, &error),
          kpc_store_induct_voucher_result(result, &reader, NULL, &error));
    OK(kpc_store_induct_voucher(ida.store, "later", NULL, NULL, 0, KPC_SOON, &same_reader, &name, &error));
    CHECK(holds(name, "Jo"));
    opened = WAIT_FOR(jo.client, opening);
    OK(kpc_store_open_voucher_result(opened, &writer, &told, &error));
    CHECK(holds(told, "who"));
    kpc_result_free(opened);
    OK(kpc_store_open_voucher(jo.store, "later", KPC_SOON, &same_writer, NULL, &error));
    kpc_writer_free(writer);
    kpc_reader_free(reader);
    talk(same_writer, same_reader);
}

/* What is given up is free for another one, and whoever waits for it does not get it. */
static void given_up(void)
{
    kpc_op op = 0;
    kpc_result *result;
    kpc_reader *reader = NULL;
    char first[128], second[128];

    mints("gone", first);
    OK(kpc_store_cancel_voucher(jo.store, "gone", KPC_SOON, &error));
    ERROR(KPC_ERR_CHANNEL_NOT_IN_DB, kpc_store_cancel_voucher(jo.store, "gone", KPC_SOON, &error));
    mints("gone", second);
    CHECK(strcmp(first, second) != 0);
    ASYNC(jo.client, kpc_store_cancel_voucher_async(jo.store, "gone", KPC_SOON, NULL, &op, &error),
          kpc_store_cancel_voucher_result(result, &error));

    kpc_sim_say(&sim, "hold");
    OK(kpc_store_induct_voucher_async(ida.store, "gone", first, NULL, 0, KPC_FOREVER, NULL, &op, &error));
    ERROR(KPC_ERR_TIMEOUT, kpc_store_induct_voucher(ida.store, "gone", first, NULL, 0, 1, &reader, NULL, &error));
    CHECK(keeps(&ida, NULL, "gone"));
    ERROR(KPC_ERR_CHANNEL_EXISTS,
          kpc_store_induct_voucher(ida.store, "gone", second, NULL, 0, KPC_SOON, &reader, NULL, &error));
    OK(kpc_store_cancel_induction(ida.store, "gone", KPC_SOON, &error));
    kpc_sim_say(&sim, "release");
    result = WAIT_FOR(ida.client, op);
    ERROR(KPC_ERR_CHANNEL_NOT_IN_DB, kpc_store_induct_voucher_result(result, &reader, NULL, &error));
    kpc_result_free(result);
    CHECK(reader == NULL && keeps(&ida, NULL, NULL));
    ASYNC(ida.client,
          kpc_store_induct_voucher_async(ida.store, "gone", second, NULL, 0, KPC_SOON, NULL, &op, &error),
          kpc_store_induct_voucher_result(result, &reader, NULL, &error));
    kpc_reader_free(reader);
    result = NULL;
    OK(kpc_store_cancel_induction_async(ida.store, "gone", KPC_SOON, NULL, &op, &error));
    result = WAIT_FOR(ida.client, op);
    ERROR(KPC_ERR_CHANNEL_NOT_IN_DB, kpc_store_cancel_induction_result(result, &error));
    kpc_result_free(result);
}

/* A voucher as 32 bytes and as text, also as that of other programs. */
static void voucher_text(void)
{
    static const char foreign[] = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
    kpc_buffer *text = NULL;
    kpc_hash voucher, same;
    char shared[128];
    int i;

    for (i = 0; i < 32; i++) {
        voucher.bytes[i] = (uint8_t)(i + 1);
    }
    OK(kpc_voucher_to_text(&voucher, &text, &error));
    strcpy(shared, text_of(text));
    OK(kpc_voucher_text_parse(shared, &same, &error));
    CHECK(memcmp(&voucher, &same, sizeof same) == 0);
    memset(&same, 0, sizeof same);
    OK(kpc_voucher_text_parse(foreign, &same, &error));
    CHECK(memcmp(&voucher, &same, sizeof same) == 0);
    shared[20] = shared[20] == 'q' ? 'r' : 'q';
    ERROR(KPC_ERR_INVALID_CAPABILITY, kpc_voucher_text_parse(shared, &same, &error));
    shared[20] = 0;
    ERROR(KPC_ERR_ARG_SIZE, kpc_voucher_text_parse(shared, &same, &error));
    shared[4] = '2';
    ERROR(KPC_ERR_UNSUPPORTED, kpc_voucher_text_parse(shared, &same, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_voucher_text_parse("kpcr1", &same, &error));
}

static void refused(void)
{
    kpc_writer *writer = NULL;
    kpc_reader *reader = NULL;
    kpc_buffer *text = NULL;
    char voucher[128];

    kpc_writer_free(creates(&jo, "taken"));
    ERROR(KPC_ERR_CHANNEL_EXISTS, kpc_store_mint_voucher(jo.store, "taken", "Jo", KPC_SOON, &text, &error));
    ERROR(KPC_ERR_CHANNEL_NOT_IN_DB, kpc_store_open_voucher(jo.store, "taken", KPC_SOON, &writer, &text, &error));
    CHECK(writer == NULL && text == NULL);
    mints("mine", voucher);
    ERROR(KPC_ERR_CHANNEL_EXISTS, kpc_store_mint_voucher(jo.store, "mine", "Joe", KPC_SOON, &text, &error));
    ERROR(KPC_ERR_CHANNEL_EXISTS, kpc_store_create_writer(jo.store, "mine", NULL, 0, KPC_SOON, &writer, &error));
    ERROR(KPC_ERR_ARG_EMPTY, kpc_store_mint_voucher(jo.store, "", "Jo", KPC_SOON, &text, &error));
    ERROR(KPC_ERR_ARG_EMPTY, kpc_store_mint_voucher(jo.store, "new", "", KPC_SOON, &text, &error));
    ERROR(KPC_ERR_ARG_EMPTY, kpc_store_open_voucher(jo.store, "", KPC_SOON, &writer, &text, &error));
    ERROR(KPC_ERR_ARG_EMPTY, kpc_store_cancel_voucher(jo.store, "", KPC_SOON, &error));
    ERROR(KPC_ERR_ARG_EMPTY, kpc_store_cancel_induction(jo.store, "", KPC_SOON, &error));
    ERROR(KPC_ERR_ARG_VALUE,
          kpc_store_induct_voucher(ida.store, "new", "no voucher", NULL, 0, KPC_SOON, &reader, NULL, &error));
    ERROR(KPC_ERR_CHANNEL_NOT_IN_DB,
          kpc_store_induct_voucher(ida.store, "new", NULL, NULL, 0, KPC_SOON, &reader, NULL, &error));
    kpc_sim_say(&sim, "error voucher_induct 28");
    ERROR(KPC_ERR_VOUCHER_HASH_MISMATCH,
          kpc_store_induct_voucher(ida.store, "new", voucher, NULL, 0, KPC_SOON, &reader, NULL, &error));
    OK(kpc_store_induct_voucher(ida.store, "new", voucher, NULL, 0, KPC_SOON, &reader, NULL, &error));
    kpc_reader_free(reader);
    kpc_sim_say(&sim, "error voucher_open 30");
    ERROR(KPC_ERR_VOUCHER_SEAL_OPEN_FAILED,
          kpc_store_open_voucher(jo.store, "mine", KPC_SOON, &writer, &text, &error));
    OK(kpc_store_open_voucher(jo.store, "mine", KPC_SOON, &writer, &text, &error));
    CHECK(holds(text, ""));
    kpc_writer_free(writer);
}

int main(void)
{
    kpc_sim_start(&sim, "--instant");
    jo = comes("jo");
    ida = comes("ida");
    waiting();
    asynchronous();
    given_up();
    voucher_text();
    refused();
    leaves(&jo);
    leaves(&ida);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
