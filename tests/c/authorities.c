/* The directory authorities that the daemon is configured with. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_copies.h"

/* A text that is there and ends with a NUL. Takes over the buffer. */
static int is_text(kpc_buffer *buffer)
{
    size_t length = kpc_buffer_len(buffer);
    int good = length > 0 && strlen((const char *)kpc_buffer_data(buffer)) == length;
    kpc_buffer_free(buffer);
    return good;
}

/* The bytes inside a PEM text; how many. */
static size_t inside_pem(const char *text, uint8_t *out, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = strchr(text, '\n'), *found;
    uint32_t bits = 0;
    int have = 0;
    size_t n = 0;

    for (; at != NULL && *at != 0 && *at != '-' && n < size; at++) {
        if ((found = strchr(digits, *at)) != NULL) {
            bits = bits << 6 | (uint32_t)(found - digits);
            if ((have += 6) >= 8) {
                out[n++] = (uint8_t)(bits >> (have -= 8));
            }
        }
    }
    return n;
}

/* The hash is that of the key by which it signs, and names it among a document's signatures. */
static void signs(const kpc_authorities *all, size_t i, const kpc_buffer *document)
{
    kpc_buffer *identity = NULL, *link = NULL;
    kpc_hash hash, of_key;
    uint8_t key[64];
    size_t size, at, found = 0;

    OK(kpc_authorities_identity_public_key_pem_at(all, i, &identity, &error));
    OK(kpc_authorities_link_public_key_pem_at(all, i, &link, &error));
    CHECK(strcmp((const char *)kpc_buffer_data(identity), (const char *)kpc_buffer_data(link)) != 0);
    size = inside_pem((const char *)kpc_buffer_data(identity), key, sizeof key);
    OK(kpc_blake2b_256(key, size, &of_key, &error));
    OK(kpc_authorities_identity_key_hash_at(all, i, &hash, &error));
    CHECK(size == 32 && memcmp(&hash, &of_key, sizeof hash) == 0);
    for (at = 0; at + sizeof hash <= kpc_buffer_len(document); at++) {
        found += memcmp(kpc_buffer_data(document) + at, &hash, sizeof hash) == 0;
    }
    CHECK(found >= 1);
    kpc_buffer_free(identity);
    kpc_buffer_free(link);
}

/* Takes over the buffer. */
static int says(kpc_buffer *buffer, const char *text)
{
    int same = strcmp((const char *)kpc_buffer_data(buffer), text) == 0;
    kpc_buffer_free(buffer);
    return same;
}

/* As many as are configured, each with all that is known of it. */
static void authorities_count(void)
{
    kpc_authorities *all = NULL;
    kpc_buffer *text = NULL, *document = NULL;
    kpc_hash hash;
    size_t i, count, n;
    char name[24];

    OK(kpc_get_pki_document_raw(client, 0, KPC_SOON, &document, NULL, &error));
    OK(kpc_get_directory_authorities(client, KPC_SOON, &all, &error));
    count = kpc_authorities_count(all);
    CHECK(count > 0);
    for (i = 0; i < count; i++) {
        snprintf(name, sizeof name, "auth%u", (unsigned)i + 1);
        OK(kpc_authorities_identifier_at(all, i, &text, &error));
        CHECK(says(text, name));
        OK(kpc_authorities_pki_signature_scheme_at(all, i, &text, &error));
        CHECK(says(text, "Ed25519"));
        OK(kpc_authorities_wire_kem_scheme_at(all, i, &text, &error));
        CHECK(says(text, "xwing"));
        signs(all, i, document);
        OK(kpc_authorities_identity_public_key_pem_at(all, i, &text, &error));
        CHECK(strncmp((const char *)kpc_buffer_data(text), "-----BEGIN", 10) == 0);
        CHECK(is_text(text));
        OK(kpc_authorities_link_public_key_pem_at(all, i, &text, &error));
        CHECK(strncmp((const char *)kpc_buffer_data(text), "-----BEGIN", 10) == 0);
        CHECK(is_text(text));
        CHECK(kpc_authorities_address_count_at(all, i) > 0);
        for (n = 0; n < kpc_authorities_address_count_at(all, i); n++) {
            OK(kpc_authorities_address_at(all, i, n, &text, &error));
            CHECK(strstr((const char *)kpc_buffer_data(text), "://") != NULL);
            CHECK(is_text(text));
        }
        ERROR(KPC_ERR_ARG_VALUE, kpc_authorities_address_at(all, i, n, &text, &error));
    }
    kpc_buffer_free(document);
    ERROR(KPC_ERR_ARG_VALUE, kpc_authorities_identifier_at(all, count, &text, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_authorities_identity_key_hash_at(all, count, &hash, &error));
    CHECK(kpc_authorities_address_count_at(all, count) == 0);
    kpc_authorities_free(all);

    ASYNC(kpc_get_directory_authorities_async(client, KPC_SOON, NULL, &op, &error),
          kpc_get_directory_authorities_result(result, &all, &error));
    CHECK(kpc_authorities_count(all) == count);
    kpc_authorities_free(all);
    kpc_sim_say(&sim, "error get_directory_authorities 10");
    ERROR(KPC_ERR_DAEMON_SERVICE_UNAVAILABLE, kpc_get_directory_authorities(client, KPC_SOON, &all, &error));
    CHECK(all == NULL);
}

int main(void)
{
    kpc_sim_start(&sim, "--instant");
    client = kpc_sim_connected(&sim);
    authorities_count();
    kpc_client_free(client);
    kpc_sim_stop(&sim);

    kpc_sim_start(&sim, "--instant --protocol v0.0.73-rc1");
    client = kpc_sim_connected(&sim);
    {
        kpc_authorities *all = NULL;
        ERROR(KPC_ERR_UNSUPPORTED, kpc_get_directory_authorities(client, KPC_SOON, &all, &error));
    }
    kpc_client_free(client);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
