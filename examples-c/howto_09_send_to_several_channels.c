/* How to send to several channels with one command.
 *
 *   $ howto_09_send_to_several_channels thinclient.toml
 *   3 payloads for 3 channels, as a copy stream of ... boxes
 *   Alice's channel: hello Alice
 *   Bob's channel: hello Bob
 *   Carol's channel: hello Carol
 *   the next box of each channel is 1 further on
 *
 * This is howto_08 with one payload for each destination. Short payloads share a box of the
 * temporary stream. */
#include "example.h"

enum { CHANNELS = 3 };

static const char *const names[CHANNELS] = {"Alice", "Bob", "Carol"};

int main(int argc, char **argv)
{
    kpc_error *error = NULL;
    kpc_destination destinations[CHANNELS];
    kpc_read_cap readers[CHANNELS];
    kpc_write_cap stream;
    kpc_read_cap unused;
    kpc_box_index index, next;
    kpc_stream_elements *elements = NULL;
    kpc_client *client;
    char texts[CHANNELS][32];
    unsigned long long further = 0, steps;
    size_t i;

    need(argc == 2, "usage: howto_09_send_to_several_channels THINCLIENT.TOML");
    client = example_connect(argv[1]);
    for (i = 0; i < CHANNELS; i++) {
        example_channel(&destinations[i].write_cap, &readers[i], &destinations[i].start_index);
        snprintf(texts[i], sizeof texts[i], "hello %s", names[i]);
        destinations[i].payload = (const uint8_t *)texts[i];
        destinations[i].payload_len = strlen(texts[i]);
    }

    /* One call makes the whole stream: its first and its last element. */
    must(kpc_create_courier_envelopes_from_multi_payload(client, destinations, CHANNELS, true, true,
                                                         NULL, 0, PATIENCE_MS, &elements, &error),
         &error, "making the stream");
    printf("%d payloads for %d channels, as a copy stream of %lu boxes\n", (int)CHANNELS,
           (int)CHANNELS, (unsigned long)kpc_stream_elements_count(elements));
    example_channel(&stream, &unused, &index);
    example_write_elements(client, elements, &stream, &index);
    must(kpc_start_resending_copy_command(client, &stream, NULL, PATIENCE_MS, &error), &error,
         "the copy");

    for (i = 0; i < CHANNELS; i++) {
        kpc_buffer *plaintext = NULL;
        must(kpc_read_box(client, &readers[i], &destinations[i].start_index, 0, PATIENCE_MS,
                          &plaintext, &next, &error),
             &error, "reading");
        printf("%s's channel: %.*s\n", names[i], (int)kpc_buffer_len(plaintext),
               (const char *)kpc_buffer_data(plaintext));
        kpc_buffer_free(plaintext);

        /* Where the writer of each channel goes on. */
        must(kpc_stream_elements_next_index_at(elements, i, &next, &error), &error, "the next index");
        steps = example_number(&next) - example_number(&destinations[i].start_index);
        need(i == 0 || steps == further, "the channels are not alike");
        further = steps;
    }
    printf("the next box of each channel is %llu further on\n", further);

    kpc_stream_elements_free(elements);
    example_leave(client);
    kpc_wipe(destinations, sizeof destinations);
    kpc_wipe(&stream, sizeof stream);
    return 0;
}
