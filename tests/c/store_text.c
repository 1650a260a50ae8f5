/* Shared texts: one line that a person gives another, and what is done to it on the way. */
#include "kpc_test.h"

#include <ctype.h>

static kpc_error *error;
static kpc_write_cap writer;
static kpc_read_cap reader;
static kpc_box_index first, later;

static const char *text_of(kpc_buffer *buffer)
{
    return (const char *)kpc_buffer_data(buffer);
}

/* Whether a text gives this. */
static int gives(const char *text, int32_t kind, const kpc_box_index *index)
{
    kpc_write_cap write_cap;
    kpc_read_cap read_cap;
    kpc_box_index at;
    int32_t found = 0;

    if (!OK(kpc_shared_text_parse(text, &found, &write_cap, &read_cap, &at, &error))) {
        return 0;
    }
    if (kind == KPC_SHARED_WRITE) {
        CHECK(memcmp(&write_cap, &writer, sizeof writer) == 0);
    } else {
        CHECK(kpc_test_filled(&write_cap, 0, sizeof write_cap));
    }
    return found == kind && memcmp(&read_cap, &reader, sizeof reader) == 0 && memcmp(&at, index, sizeof at) == 0;
}

static void read_cap_to_text(void)
{
    kpc_buffer *text = NULL, *from_later = NULL;

    OK(kpc_read_cap_to_text(&reader, NULL, &text, &error));
    OK(kpc_read_cap_to_text(&reader, &later, &from_later, &error));
    CHECK(strncmp(text_of(text), "kpcr1", 5) == 0 && strlen(text_of(text)) == kpc_buffer_len(text));
    CHECK(gives(text_of(text), KPC_SHARED_READ, &first));
    CHECK(gives(text_of(from_later), KPC_SHARED_READ, &later));
    STATUS(KPC_OK, kpc_shared_text_parse(text_of(text), NULL, NULL, NULL, NULL, NULL));
    kpc_buffer_free(text);
    kpc_buffer_free(from_later);
}

static void write_cap_to_text(void)
{
    kpc_buffer *text = NULL;

    OK(kpc_write_cap_to_text(&writer, &later, &text, &error));
    CHECK(strncmp(text_of(text), "kpcw1", 5) == 0);
    CHECK(gives(text_of(text), KPC_SHARED_WRITE, &later));
    kpc_buffer_free(text);
}

/* A mail program breaks it into lines, somebody shouts it; a character is wrong, or missing. */
static void shared_text_parse(void)
{
    kpc_buffer *text = NULL;
    char changed[1024];
    size_t i, length;
    int32_t kind = 7;
    kpc_box_index at;

    OK(kpc_read_cap_to_text(&reader, NULL, &text, &error));
    length = kpc_buffer_len(text);
    for (i = 0; i < length; i++) {
        changed[i] = (char)toupper((unsigned char)text_of(text)[i]);
    }
    memmove(changed + 101, changed + 100, length - 100);
    changed[100] = '\n';
    changed[length + 1] = 0;
    CHECK(gives(changed, KPC_SHARED_READ, &first));

    memcpy(changed, text_of(text), length + 1);
    changed[50] = changed[50] == 'q' ? 'p' : 'q';
    ERROR(KPC_ERR_INVALID_CAPABILITY, kpc_shared_text_parse(changed, &kind, NULL, NULL, &at, &error));
    CHECK(kind == 0 && kpc_test_filled(&at, 0, sizeof at));
    memcpy(changed, text_of(text), length + 1);
    changed[length - 1] = 0;
    ERROR(KPC_ERR_ARG_SIZE, kpc_shared_text_parse(changed, &kind, NULL, NULL, &at, &error));
    memcpy(changed, text_of(text), length + 1);
    changed[4] = '2';
    ERROR(KPC_ERR_UNSUPPORTED, kpc_shared_text_parse(changed, &kind, NULL, NULL, &at, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_shared_text_parse("hello", &kind, NULL, NULL, &at, &error));
    kpc_buffer_free(text);
}

static void refused(void)
{
    uint8_t seed[KPC_SEED_SIZE] = {9};
    kpc_write_cap other;
    kpc_read_cap half;
    kpc_box_index foreign;
    kpc_buffer *text = NULL;

    OK(kpc_new_keypair(seed, sizeof seed, &other, &half, &foreign, &error));
    ERROR(KPC_ERR_INVALID_CAPABILITY, kpc_read_cap_to_text(&reader, &foreign, &text, &error));
    ERROR(KPC_ERR_INVALID_CAPABILITY, kpc_write_cap_to_text(&writer, &foreign, &text, &error));
    other.bytes[0] ^= 1;
    ERROR(KPC_ERR_INVALID_CAPABILITY, kpc_write_cap_to_text(&other, NULL, &text, &error));
    CHECK(text == NULL);
}

int main(void)
{
    uint8_t seed[KPC_SEED_SIZE] = {8};

    OK(kpc_new_keypair(seed, sizeof seed, &writer, &reader, &first, &error));
    OK(kpc_next_message_box_index(&first, &later, &error));
    read_cap_to_text();
    write_cap_to_text();
    shared_text_parse();
    refused();
    return kpc_test_end();
}
