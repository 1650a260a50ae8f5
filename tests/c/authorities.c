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

/* As many as are configured, each with all that is known of it. */
static void authorities_count(void)
{
    kpc_authorities *all = NULL;
    kpc_buffer *text = NULL;
    kpc_hash hash;
    size_t i, count, n;

    OK(kpc_get_directory_authorities(client, KPC_SOON, &all, &error));
    count = kpc_authorities_count(all);
    CHECK(count > 0);
    for (i = 0; i < count; i++) {
        OK(kpc_authorities_identifier_at(all, i, &text, &error));
        CHECK(is_text(text));
        OK(kpc_authorities_pki_signature_scheme_at(all, i, &text, &error));
        CHECK(is_text(text));
        OK(kpc_authorities_wire_kem_scheme_at(all, i, &text, &error));
        CHECK(is_text(text));
        OK(kpc_authorities_identity_public_key_pem_at(all, i, &text, &error));
        CHECK(strncmp((const char *)kpc_buffer_data(text), "-----BEGIN", 10) == 0);
        CHECK(is_text(text));
        OK(kpc_authorities_link_public_key_pem_at(all, i, &text, &error));
        CHECK(strncmp((const char *)kpc_buffer_data(text), "-----BEGIN", 10) == 0);
        CHECK(is_text(text));
        OK(kpc_authorities_identity_key_hash_at(all, i, &hash, &error));
        CHECK(!kpc_test_filled(&hash, 0, sizeof hash));
        CHECK(kpc_authorities_address_count_at(all, i) > 0);
        for (n = 0; n < kpc_authorities_address_count_at(all, i); n++) {
            OK(kpc_authorities_address_at(all, i, n, &text, &error));
            CHECK(strstr((const char *)kpc_buffer_data(text), "://") != NULL);
            CHECK(is_text(text));
        }
        ERROR(KPC_ERR_ARG_VALUE, kpc_authorities_address_at(all, i, n, &text, &error));
    }
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
