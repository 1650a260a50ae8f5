/* On networks of v0.0.73-rc1 a box may reach its replica twice, and the second time the replica says
 * that the box is there already. kpc_write_box believes that only after it has read the box back. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_boxes.h"

static void write_is(kpc_status expected, const kpc_test_stream *s, const char *text, uint32_t flags)
{
    kpc_box_index next;
    ERROR(expected, kpc_write_box(client, &s->writer, &s->first, bytes(text), strlen(text), flags, KPC_SOON, &next,
                                  &error));
}

/* That daemon's status carries no sizes; they are in the file that it writes for its clients. */
static void connect_to_rc1(void)
{
    kpc_config *config = NULL;
    kpc_sim_start(&sim, "--instant --protocol v0.0.73-rc1 --double-writes 1 --config-out thinclient.toml");
    OK(kpc_config_load_file("thinclient.toml", &config, &error));
    OK(kpc_client_new(config, &client, &error));
    kpc_config_free(config);
    OK(kpc_client_connect(client, KPC_SOON, &error));
}

int main(void)
{
    kpc_test_stream mine = kpc_test_stream_of(1), unchecked = kpc_test_stream_of(2);
    kpc_buffer *found = NULL;
    kpc_box_index next;
    long reads;

    connect_to_rc1();
    reads = kpc_sim_count(&sim, "encrypt_read");
    write_is(KPC_OK, &mine, "mine", 0);
    CHECK(kpc_sim_count(&sim, "encrypt_read") == reads + 1);
    write_is(KPC_OK, &mine, "mine", 0);
    write_is(KPC_ERR_BOX_ALREADY_EXISTS, &mine, "other", 0);
    OK(kpc_read_box(client, &mine.reader, &mine.first, 0, KPC_SOON, &found, &next, &error));
    CHECK(holds(found, "mine"));

    reads = kpc_sim_count(&sim, "encrypt_read");
    write_is(KPC_OK, &unchecked, "mine", KPC_WRITE_UNCHECKED);
    write_is(KPC_OK, &unchecked, "other", KPC_WRITE_UNCHECKED);
    CHECK(kpc_sim_count(&sim, "encrypt_read") == reads);

    kpc_client_free(client);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
