/* Each allocation of 64 KiB and more is refused once, in turn: the call that needs it fails with
 * KPC_ERR_NO_MEMORY or does without, and the process lives. */
/* c_suite: needs sim */
/* c_suite: not valgrind (it has an allocator of its own) */
/* c_suite: not asan (it has an allocator of its own) */
#define _POSIX_C_SOURCE 200809L
#include "kpc_boxes.h"

#define LARGE ((size_t)64 << 10)
#define PAYLOAD ((size_t)200 << 10)
/* Enough that the list of them is large. */
#define TOMBSTONES 520

/* How many large ones were asked for since the count began, and which of them is refused. */
static int asked, refused;
static int was_refused;

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static int refuses(size_t size)
{
    if (size < LARGE || __atomic_add_fetch(&asked, 1, __ATOMIC_SEQ_CST) != refused) {
        return 0;
    }
    __atomic_store_n(&was_refused, 1, __ATOMIC_SEQ_CST);
    return 1;
}

void *malloc(size_t size)
{
    return refuses(size) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return count != 0 && refuses(count * size) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return refuses(size) ? NULL : __libc_realloc(old, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    *memory = refuses(size) ? NULL : __libc_memalign(alignment, size);
    return *memory == NULL ? ENOMEM : 0;
}

static uint8_t payload[PAYLOAD];

/* Well, or without memory; tells whether well. */
static int is_well(kpc_status status, const char *call)
{
    if (status != KPC_OK && !CHECK(status == KPC_ERR_NO_MEMORY)) {
        printf("%s, allocation %d refused: %s\n", call, refused, kpc_status_text(status));
    }
    /* Only what was refused is a reason. */
    CHECK(status == KPC_OK || __atomic_load_n(&was_refused, __ATOMIC_SEQ_CST));
    kpc_error_free(error);
    error = NULL;
    return status == KPC_OK;
}
#define WELL(call) is_well((call), #call)

/* As long as may be, so that what is found in it takes much memory. */
#define LONGEST (LARGE - 1)

static void a_configuration(void)
{
    static char text[LONGEST + 1];
    kpc_config *config = NULL;
    size_t length = (size_t)snprintf(text, sizeof text, "[Dial.Unix]\nAddress = \"%s\"\n", sim.address);
    memset(text + length, '\n', LONGEST - length);
    WELL(kpc_config_load_text(text, LONGEST, &config, &error));
    kpc_config_free(config);
}

/* Lists, tables, keys and strings that nobody would write. */
static void odd_configurations(void)
{
    static const char *const beginnings[] = {"", "", "a = [", "", "a", "[a", "a = \"", "\"", "a = ", "a = "};
    static const char *const units[] = {"a ", "=", "[],", "[[a]]\n", ".a", ".a", "\\n", "a", "[", "{a="};
    static char text[LONGEST + 1];
    size_t i;
    int all = 0;

    for (i = 0; i < sizeof units / sizeof units[0]; i++) {
        size_t length = strlen(beginnings[i]), unit = strlen(units[i]);
        int number = 0;

        memcpy(text, beginnings[i], length);
        for (; length + unit <= LONGEST; length += unit) {
            memcpy(text + length, units[i], unit);
        }
        do {
            kpc_config *config = NULL;
            was_refused = asked = 0;
            refused = ++number;
            CHECK((kpc_config_load_text(text, length, &config, &error) == KPC_ERR_NO_MEMORY) == was_refused);
            CHECK(config == NULL && error != NULL);
            kpc_error_free(error);
            error = NULL;
        } while (was_refused);
        refused = 0;
        all += number - 1;
    }
    CHECK(all >= 20);
}

static void documents_and_buffers(void)
{
    kpc_pki_document *document = NULL;
    kpc_buffer *buffer = NULL;
    if (WELL(kpc_client_pki_document(client, &document, &error))) {
        WELL(kpc_pki_document_to_json(document, &buffer, &error));
        kpc_buffer_free(buffer);
        buffer = NULL;
    }
    kpc_pki_document_free(document);
    WELL(kpc_buffer_new(payload, PAYLOAD, &buffer, &error));
    kpc_buffer_free(buffer);
}

static void streams(const kpc_test_stream *stream)
{
    kpc_stream_elements *elements = NULL;
    kpc_copy_builder *builder = NULL, *restored = NULL;
    kpc_buffer *saved = NULL;

    WELL(kpc_create_courier_envelopes_from_payload(client, payload, PAYLOAD, &stream->writer, &stream->first, true,
                                                   true, KPC_SOON, &elements, &error));
    kpc_stream_elements_free(elements);
    if (WELL(kpc_copy_builder_new(client, &builder, &error)) &&
        WELL(kpc_copy_builder_add(client, builder, &stream->writer, &stream->first, payload, PAYLOAD, KPC_SOON, NULL,
                                  &error)) &&
        WELL(kpc_copy_builder_save(builder, &saved, &error))) {
        WELL(kpc_copy_builder_restore(kpc_buffer_data(saved), kpc_buffer_len(saved), &restored, &error));
    }
    kpc_buffer_free(saved);
    kpc_copy_builder_free(builder);
    kpc_copy_builder_free(restored);
}

static void a_range(const kpc_test_stream *stream)
{
    kpc_tombstones *tombstones = NULL;
    kpc_error *why;

    WELL(kpc_tombstone_range(client, &stream->writer, &stream->first, TOMBSTONES, KPC_SOON, &tombstones, &error));
    why = kpc_tombstones_error(tombstones);
    if (why != NULL) {
        is_well(kpc_error_status(why), "a part of a range");
    }
    kpc_error_free(why);
    kpc_tombstones_free(tombstones);
}

static void boxes(const kpc_test_stream *stream)
{
    kpc_buffer *found = NULL;
    kpc_box_index next;
    if (WELL(kpc_write_box(client, &stream->writer, &stream->first, payload, 9, 0, KPC_SOON, &next, &error)) &&
        WELL(kpc_read_box(client, &stream->reader, &stream->first, 0, KPC_SOON, &found, &next, &error))) {
        CHECK(kpc_buffer_len(found) == 9);
    }
    kpc_buffer_free(found);
}

static void everything_else(const kpc_test_stream *stream)
{
    static uint8_t later;
    kpc_test_stream after = kpc_test_stream_of((uint8_t)(100 + later++));
    a_configuration();
    documents_and_buffers();
    boxes(stream);
    streams(stream);
    kpc_sim_say(&sim, "cut");
    boxes(&after);
}

/* A client of its own, with one allocation refused; how many were asked for. */
static int one_life(void (*use)(const kpc_test_stream *), int number)
{
    kpc_test_stream stream = kpc_test_stream_of((uint8_t)number);
    __atomic_store_n(&was_refused, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n(&asked, 0, __ATOMIC_SEQ_CST);
    refused = number;
    client = kpc_sim_client(&sim);
    if (WELL(kpc_client_connect(client, KPC_SOON, &error))) {
        use(&stream);
    }
    refused = 0;
    kpc_client_free(client);
    kpc_test_await_callbacks();
    CHECK(number == 0 || was_refused || asked < number);
    return asked;
}

static void in_turn(void (*use)(const kpc_test_stream *), int least)
{
    int number, all = one_life(use, 0);
    CHECK(all >= least);
    /* Threads race, so that no life has the same number. */
    for (number = 1; number <= all && number < 100; number++) {
        one_life(use, number);
    }
    printf("%d large allocations\n", all);
}

int main(void)
{
    odd_configurations();
    kpc_sim_start(&sim, "--instant");
    in_turn(everything_else, 10);
    in_turn(a_range, 2);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
