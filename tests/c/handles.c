/* Handles that were freed, freed twice, mixed up or made up. */
#include "kpc_test.h"

static kpc_error *error;

static kpc_buffer *buffer_of(const char *text)
{
    kpc_buffer *buffer = NULL;
    OK(kpc_buffer_new((const uint8_t *)text, strlen(text), &buffer, &error));
    return buffer;
}

static void buffers(void)
{
    kpc_buffer *first = buffer_of("abc");
    kpc_buffer *second = NULL, *none = NULL;
    const uint8_t *data = kpc_buffer_data(first);
    kpc_buffer *empty = buffer_of("");

    OK(kpc_buffer_ref(first, &second, &error));
    CHECK(kpc_debug_live_objects() == 3);
    CHECK(second != NULL && second != first);
    kpc_buffer_free(first);
    kpc_buffer_free(first);
    CHECK(kpc_buffer_data(first) == NULL && kpc_buffer_len(first) == 0);
    ERROR(KPC_ERR_BAD_HANDLE, kpc_buffer_ref(first, &none, &error));
    CHECK(kpc_buffer_data(second) == data && kpc_buffer_len(second) == 3);
    CHECK(memcmp(kpc_buffer_data(second), "abc", 3) == 0);
    CHECK(kpc_buffer_data(empty) != NULL && kpc_buffer_len(empty) == 0);
    kpc_buffer_free(second);
    kpc_buffer_free(empty);
    kpc_buffer_free(NULL);
    CHECK(kpc_buffer_data(NULL) == NULL);
    ERROR(KPC_ERR_ARG_NULL, kpc_buffer_ref(NULL, &none, &error));
    CHECK(none == NULL);
}

/* Everything a pointer can be that is no handle of this kind. */
static void bad_handles(void)
{
    kpc_config *config = NULL;
    kpc_config *freed = NULL;
    kpc_buffer *foreign = buffer_of("foreign");
    long local = 0;
    size_t bit;

    STATUS(KPC_OK, kpc_config_new(&config, NULL));
    STATUS(KPC_OK, kpc_config_new(&freed, NULL));
    kpc_config_free(freed);

    ERROR(KPC_ERR_ARG_NULL, kpc_config_set_unix(NULL, "x", &error));
    ERROR(KPC_ERR_BAD_HANDLE, kpc_config_set_unix(freed, "x", &error));
    ERROR(KPC_ERR_BAD_HANDLE, kpc_config_set_unix((kpc_config *)(void *)foreign, "x", &error));
    ERROR(KPC_ERR_BAD_HANDLE, kpc_config_set_unix((kpc_config *)(void *)&local, "x", &error));
    ERROR(KPC_ERR_BAD_HANDLE, kpc_config_set_unix((kpc_config *)(void *)"text", "x", &error));
    ERROR(KPC_ERR_BAD_HANDLE, kpc_config_set_unix((kpc_config *)(uintptr_t)-1, "x", &error));
    for (bit = 0; bit < 8 * sizeof config; bit++) {
        uintptr_t value = (uintptr_t)config ^ (uintptr_t)1 << bit;
        kpc_status status = kpc_config_set_unix((kpc_config *)value, "x", NULL);
        CHECK(status == KPC_ERR_BAD_HANDLE || status == KPC_ERR_FORKED);
    }

    /* A new object in the place of the freed one does not answer to the old handle. */
    STATUS(KPC_OK, kpc_config_new(&freed, NULL));
    kpc_config_free((kpc_config *)(void *)foreign);
    CHECK(kpc_buffer_len(foreign) == 7);
    kpc_config_free(freed);
    kpc_config_free(config);
    kpc_buffer_free(foreign);
}

/* A place for an error that is none: nothing happens but the refusal. */
static void unaligned_error(void)
{
    kpc_error *room[3];
    kpc_error **unaligned = (kpc_error **)(void *)((char *)room + 1);
    kpc_buffer *buffer = buffer_of("abc");
    kpc_buffer *output = buffer;
    size_t live = kpc_debug_live_objects();

    memset(room, 0x5a, sizeof room);
    STATUS(KPC_ERR_ARG_VALUE, kpc_buffer_new((const uint8_t *)"abc", 3, &output, unaligned));
    CHECK(output == NULL && kpc_debug_live_objects() == live);
    CHECK(kpc_test_filled(room, 0x5a, sizeof room));
    kpc_buffer_free(buffer);
}

/* Errors are objects like others. */
static void error_message(void)
{
    kpc_error *kept = NULL;
    STATUS(KPC_ERR_ARG_NULL, kpc_config_set_unix(NULL, "x", &kept));
    CHECK(kpc_error_status(kept) == KPC_ERR_ARG_NULL);
    CHECK(strlen(kpc_error_message(kept)) > 0);
    CHECK(kpc_error_origin(kept) == KPC_ORIGIN_LIBRARY);
    CHECK(kpc_error_daemon_code(kept) == -1 && kpc_error_replica_code(kept) == -1);
    CHECK(kpc_error_failed_envelope(kept) == 0 && kpc_error_errno(kept) == 0);
    kpc_error_free(kept);
    kpc_error_free(kept);
    CHECK(kpc_error_status(kept) == KPC_ERR_BAD_HANDLE);
    CHECK(strcmp(kpc_error_message(kept), "") == 0);
    CHECK(kpc_error_status(NULL) == KPC_OK);
    CHECK(strcmp(kpc_error_message(NULL), "") == 0);
    CHECK(kpc_error_daemon_code(NULL) == -1 && kpc_error_errno(NULL) == 0);
    kpc_error_free(NULL);
}

/* Every status of this version has a name and a text, and belongs to a category. */
static void status_text(void)
{
    CHECK(strcmp(kpc_status_name(KPC_OK), "KPC_OK") == 0);
    CHECK(strcmp(kpc_status_name(KPC_ERR_TIMEOUT), "KPC_ERR_TIMEOUT") == 0);
    CHECK(strcmp(kpc_status_name(-1200), "KPC_ERR_UNKNOWN") == 0);
    CHECK(strcmp(kpc_status_name(12), "KPC_ERR_UNKNOWN") == 0);
    CHECK(strstr(kpc_status_text(KPC_ERR_TOMBSTONE), "tombstone") != NULL);
    CHECK(strlen(kpc_status_text(KPC_ERR_TIMEOUT)) > 10 && strlen(kpc_status_text(1)) > 10);
    CHECK(strcmp(kpc_status_text(KPC_ERR_TIMEOUT), kpc_status_text(KPC_ERR_TOMBSTONE)) != 0);
    CHECK(kpc_status_category(KPC_OK) == KPC_CATEGORY_OK);
    CHECK(kpc_status_category(KPC_ERR_BAD_HANDLE) == KPC_CATEGORY_ARGUMENT);
    CHECK(kpc_status_category(KPC_ERR_COPY_FAILED) == KPC_CATEGORY_COPY);
    CHECK(kpc_status_category(-1200) == KPC_CATEGORY_DAEMON);
    CHECK(kpc_status_category(-2200) == KPC_CATEGORY_REPLICA);
    CHECK(kpc_status_category(-3200) == KPC_CATEGORY_REPLICA);
    CHECK(kpc_status_category(5) == KPC_CATEGORY_INTERNAL);
}

/* These three and no others. */
static void status_is_expected_outcome(void)
{
    kpc_status status;

    for (status = 10; status > -4000; status--) {
        CHECK(kpc_status_is_expected_outcome(status) ==
              (status == KPC_ERR_BOX_ID_NOT_FOUND || status == KPC_ERR_BOX_ALREADY_EXISTS ||
               status == KPC_ERR_TOMBSTONE));
    }
}

int main(void)
{
    buffers();
    bad_handles();
    unaligned_error();
    error_message();
    status_text();
    status_is_expected_outcome();
    return kpc_test_end();
}
