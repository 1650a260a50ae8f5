/* Every pointer of every function is NULL once; so is every handle freed and foreign. */
#include "kpc_test.h"

static kpc_error *error;

/* Value structs, buffers and helpers: no handles among the inputs. */
static void values(void)
{
    uint8_t bytes[KPC_WRITE_CAP_SIZE] = {0};
    kpc_write_cap writer;
    kpc_read_cap reader;
    kpc_box_index index;
    kpc_hash hash;
    kpc_id id;
    kpc_buffer *buffer = NULL;
    uint64_t counter = 0;

    memset(&writer, 0, sizeof writer);
    memset(&reader, 0, sizeof reader);
    ERROR(KPC_ERR_ARG_NULL, kpc_write_cap_from_bytes(NULL, 168, &writer, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_write_cap_from_bytes(bytes, 168, NULL, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_read_cap_from_bytes(NULL, 136, &reader, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_read_cap_from_bytes(bytes, 136, NULL, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_box_index_from_bytes(NULL, 104, &index, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_box_index_from_bytes(bytes, 104, NULL, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_hash_from_bytes(NULL, 32, &hash, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_hash_from_bytes(bytes, 32, NULL, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_id_from_bytes(NULL, 16, &id, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_id_from_bytes(bytes, 16, NULL, &error));
    STATUS(KPC_ERR_ARG_NULL, kpc_write_cap_read_cap(NULL, &reader, NULL));
    STATUS(KPC_ERR_ARG_NULL, kpc_write_cap_read_cap(&writer, NULL, NULL));
    STATUS(KPC_ERR_ARG_NULL, kpc_write_cap_hash(NULL, &hash, NULL));
    STATUS(KPC_ERR_ARG_NULL, kpc_write_cap_hash(&writer, NULL, NULL));
    STATUS(KPC_ERR_ARG_NULL, kpc_write_cap_first_index(NULL, &index, NULL));
    STATUS(KPC_ERR_ARG_NULL, kpc_write_cap_first_index(&writer, NULL, NULL));
    STATUS(KPC_ERR_ARG_NULL, kpc_read_cap_first_index(NULL, &index, NULL));
    STATUS(KPC_ERR_ARG_NULL, kpc_read_cap_first_index(&reader, NULL, NULL));
    ERROR(KPC_ERR_ARG_NULL, kpc_new_keypair(NULL, 32, &writer, &reader, &index, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_new_keypair(bytes, 32, NULL, &reader, &index, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_new_keypair(bytes, 32, &writer, NULL, &index, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_new_keypair(bytes, 32, &writer, &reader, NULL, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_new_keypair_by_derivation(KPC_DERIVATION_CURRENT, NULL, 32, &writer, &reader, &index, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_new_keypair_by_derivation(KPC_DERIVATION_CURRENT, bytes, 32, NULL, &reader, &index, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_new_keypair_by_derivation(KPC_DERIVATION_CURRENT, bytes, 32, &writer, NULL, &index, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_new_keypair_by_derivation(KPC_DERIVATION_CURRENT, bytes, 32, &writer, &reader, NULL, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_next_message_box_index(NULL, &index, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_next_message_box_index(&index, NULL, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_next_message_box_index(NULL, NULL, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_get_message_box_index_counter(NULL, &counter, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_get_message_box_index_counter(&index, NULL, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_new_message_id(NULL, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_new_surb_id(NULL, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_new_query_id(NULL, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_blake2b_256(NULL, 3, &hash, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_blake2b_256(bytes, 3, NULL, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_buffer_new(NULL, 3, &buffer, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_buffer_new(bytes, 3, NULL, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_sphinx_geometry_validate(NULL, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_pigeonhole_geometry_validate(NULL, &error));
    CHECK(kpc_test_filled(&writer, 0, sizeof writer) && buffer == NULL);
}

/* The functions of one handle, with what is no handle of theirs. */
static void config_calls(kpc_config *config, kpc_status expected)
{
    kpc_buffer *buffer = NULL;
    kpc_sphinx_geometry sphinx;
    kpc_pigeonhole_geometry boxes;
    uint32_t min = 0, max = 0;

    ERROR(expected, kpc_config_set_unix(config, "x", &error));
    ERROR(expected, kpc_config_set_tcp(config, "127.0.0.1:1", "tcp", &error));
    ERROR(expected, kpc_config_set_ws(config, "ws://127.0.0.1:1/", &error));
    ERROR(expected, kpc_config_set_reconnect(config, 1, 2, &error));
    ERROR(expected, kpc_config_set_log(config, 0, NULL, NULL, NULL, &error));
    ERROR(expected, kpc_config_set_sphinx_geometry(config, NULL, &error));
    ERROR(expected, kpc_config_set_pigeonhole_geometry(config, NULL, &error));
    ERROR(expected, kpc_config_validate(config, &error));
    ERROR(expected, kpc_config_address(config, &buffer, &error));
    ERROR(expected, kpc_config_reconnect(config, &min, &max, &error));
    ERROR(expected, kpc_config_sphinx_geometry(config, &sphinx, &error));
    ERROR(expected, kpc_config_pigeonhole_geometry(config, &boxes, &error));
    CHECK(kpc_config_transport(config) == KPC_TRANSPORT_NONE);
    CHECK(strcmp(kpc_config_network(config), "") == 0);
    CHECK(kpc_config_log_level(config) == KPC_LOG_OFF);
    kpc_config_free(config);
}

static void configs(void)
{
    kpc_config *config = NULL;
    kpc_buffer *foreign = NULL;

    STATUS(KPC_ERR_ARG_NULL, kpc_config_new(NULL, NULL));
    STATUS(KPC_OK, kpc_config_new(&config, NULL));
    ERROR(KPC_ERR_ARG_NULL, kpc_config_load_file("x", NULL, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_config_load_text("", 0, NULL, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_config_set_unix(config, NULL, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_config_set_tcp(config, NULL, "tcp", &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_config_set_ws(config, NULL, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_config_address(config, NULL, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_config_sphinx_geometry(config, NULL, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_config_pigeonhole_geometry(config, NULL, &error));
    OK(kpc_config_reconnect(config, NULL, NULL, &error));

    OK(kpc_buffer_new(NULL, 0, &foreign, &error));
    config_calls(NULL, KPC_ERR_ARG_NULL);
    config_calls((kpc_config *)(void *)foreign, KPC_ERR_BAD_HANDLE);
    CHECK(kpc_buffer_data(foreign) != NULL);
    kpc_config_free(config);
    config_calls(config, KPC_ERR_BAD_HANDLE);
    kpc_buffer_free(foreign);

    config = (kpc_config *)(uintptr_t)1;
    ERROR(KPC_ERR_ARG_NULL, kpc_config_load_file(NULL, &config, &error));
    CHECK(config == NULL);
}

int main(void)
{
    values();
    configs();
    return kpc_test_end();
}
