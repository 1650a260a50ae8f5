/* How to send a message to a service, and to wait for the reply.
 *
 *   $ howto_03_message_a_service thinclient.toml "hello mixnet"
 *   sent 12 bytes, got 2574 back: hello mixnet
 *
 * A plain message is not sent twice: if the network loses a packet, the call fails with
 * KPC_ERR_TIMEOUT. A program that needs certainty writes boxes (howto_05). */
#include "example.h"

int main(int argc, char **argv)
{
    kpc_error *error = NULL;
    kpc_service echo;
    kpc_buffer *reply = NULL;
    kpc_client *client;
    kpc_status status;
    const uint8_t *message;
    size_t length;

    need(argc == 3, "usage: howto_03_message_a_service THINCLIENT.TOML MESSAGE");
    message = (const uint8_t *)argv[2];
    length = strlen(argv[2]);
    client = example_connect(argv[1]);

    must(kpc_client_get_service(client, "echo", &echo, &error), &error, "an echo service");
    status = kpc_send_message_await_reply(client, &echo, message, length, 30000, &reply, &error);
    if (status == KPC_ERR_TIMEOUT || status == KPC_ERR_CONNECTION_LOST) {
        /* The message may or may not have arrived; to try again is up to the program. */
        fprintf(stderr, "no reply: %s\n", kpc_error_message(error));
    }
    must(status, &error, "the message");

    /* The service got the message as it was sent; the network pads what comes back. */
    need(kpc_buffer_len(reply) >= length && memcmp(kpc_buffer_data(reply), message, length) == 0,
         "the echo is another text");
    printf("sent %u bytes, got %u back: %.*s\n", (unsigned)length, (unsigned)kpc_buffer_len(reply),
           (int)length, (const char *)kpc_buffer_data(reply));

    kpc_buffer_free(reply);
    example_leave(client);
    return 0;
}
