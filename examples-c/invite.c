/* Two people get a channel each way from one voucher, which is of no use to whoever sees it later.
 * Jo, the joiner, hands over one line of text; Ida, the inductor, accepts it; Jo has the answer.
 * Each command can be killed at any moment, and is then simply given again:
 *
 *   $ invite thinclient.toml jo.db ida mint Jo > voucher.txt
 *   $ invite thinclient.toml ida.db jo induct "$(cat voucher.txt)"
 *   Jo has joined
 *   $ restart-daemon
 *   $ invite thinclient.toml jo.db ida open
 *   ida can be read
 *   $ invite thinclient.toml jo.db ida open
 *   ida can be read
 *
 * From then on chat.c goes on with the two databases, without an invitation of its own:
 *
 *   $ echo "hello Ida" | chat thinclient.toml jo.db ida
 *   me 1: hello Ida
 *   $ mkfifo keyboard && exec 8<> keyboard && echo "hello Jo" >&8
 *   $ chat thinclient.toml ida.db jo < keyboard > all &
 *   $ until grep -qs "jo 1" all && grep -q me all; do sleep 0.1; done; kill -9 $!; sort all
 *   jo 1: hello Ida
 *   me 1: hello Jo
 */
#include "example.h"

static kpc_store *store;
static const char *other;

/* The joiner, first: a voucher for the channel that Jo is going to write. */
static void mint(const char *display_name)
{
    kpc_error *error = NULL;
    kpc_buffer *voucher = NULL;

    must(kpc_store_mint_voucher(store, other, display_name, PATIENCE_MS, &voucher, &error), &error,
         "a voucher");
    printf("%s\n", (const char *)kpc_buffer_data(voucher));
    kpc_buffer_free(voucher);
}

/* The text by which Jo is going to read what Ida writes. The second time the channel is there. */
static kpc_buffer *own_channel(void)
{
    kpc_error *error = NULL;
    kpc_writer *writer = NULL;
    kpc_read_cap cap;
    kpc_buffer *text = NULL;
    kpc_status status;

    status = kpc_store_create_writer(store, other, NULL, 0, PATIENCE_MS, &writer, &error);
    if (status == KPC_ERR_CHANNEL_EXISTS) {
        kpc_error_free(error);
        status = kpc_store_open_writer(store, other, PATIENCE_MS, &writer, &error);
    }
    must(status, &error, "the channel to write");
    must(kpc_writer_read_cap(writer, &cap, &error), &error, "the capability");
    must(kpc_read_cap_to_text(&cap, NULL, &text, &error), &error, "the text");
    kpc_writer_free(writer);
    return text;
}

/* The inductor: Ida has the voucher, and replies with a channel of her own. */
static void induct(const char *voucher)
{
    kpc_error *error = NULL;
    kpc_buffer *reply = own_channel(), *name = NULL;
    kpc_reader *reader = NULL;

    must(kpc_store_induct_voucher(store, other, voucher, kpc_buffer_data(reply),
                                  kpc_buffer_len(reply), PATIENCE_MS, &reader, &name, &error),
         &error, "inducting");
    printf("%s has joined\n", (const char *)kpc_buffer_data(name));
    kpc_reader_free(reader);
    kpc_buffer_free(name);
    kpc_buffer_free(reply);
}

/* The joiner, last: waits for the reply, in which there is the channel of the inductor. */
static void open_reply(void)
{
    kpc_error *error = NULL;
    kpc_writer *writer = NULL;
    kpc_reader *reader = NULL;
    kpc_buffer *reply = NULL;
    kpc_read_cap cap;
    kpc_box_index index;
    kpc_status status;

    must(kpc_store_open_voucher(store, other, PATIENCE_MS, &writer, &reply, &error), &error,
         "the reply");
    must(kpc_shared_text_parse((const char *)kpc_buffer_data(reply), NULL, NULL, &cap, &index,
                               &error),
         &error, "the reply of another program");
    status = kpc_store_import_reader(store, other, &cap, &index, PATIENCE_MS, &reader, &error);
    must(status == KPC_ERR_CHANNEL_EXISTS ? KPC_OK : status, &error, "the channel to read");
    kpc_error_free(error);
    printf("%s can be read\n", other);
    kpc_reader_free(reader);
    kpc_writer_free(writer);
    kpc_buffer_free(reply);
}

int main(int argc, char **argv)
{
    kpc_error *error = NULL;
    kpc_client *client;
    const char *command = argc > 4 ? argv[4] : "";

    need((argc == 6 && (strcmp(command, "mint") == 0 || strcmp(command, "induct") == 0)) ||
             (argc == 5 && strcmp(command, "open") == 0),
         "usage: invite THINCLIENT.TOML DATABASE NAME (mint DISPLAY_NAME | induct VOUCHER | open)");
    other = argv[3];
    client = example_connect(argv[1]);
    must(kpc_store_open(client, argv[2], PATIENCE_MS, &store, &error), &error, "the database");
    command[0] == 'm' ? mint(argv[5]) : command[0] == 'i' ? induct(argv[5]) : open_reply();
    must(kpc_store_close(store, PATIENCE_MS, &error), &error, "closing the database");
    kpc_store_free(store);
    example_leave(client);
    return 0;
}
