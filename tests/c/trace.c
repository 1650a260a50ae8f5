/* KPC_LOG_TRACE: one line for each frame, with the connection, the direction, the kind, the length,
 * the beginning of the query id and the daemon's code, and nothing else. (That no line holds a
 * secret is looked at in secrets.c, at the same level.) */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

#include <regex.h>

enum { LINES = 400, WIDTH = 160 };

static kpc_error *error;
static kpc_sim sim;
static char lines[LINES][WIDTH];
static int count;

static void on_line(int32_t level, const char *text, void *user_data)
{
    (void)user_data;
    if (level == KPC_LOG_TRACE) {
        pthread_mutex_lock(&kpc_seen_mutex);
        if (CHECK(count < LINES && strlen(text) < WIDTH)) {
            strcpy(lines[count++], text);
        }
        pthread_mutex_unlock(&kpc_seen_mutex);
    }
}

/* A line that begins like this, of those from `from` on; -1 if there is none. */
static int find(const char *start, int from)
{
    for (int i = from; i < count; i++) {
        if (strncmp(lines[i], start, strlen(start)) == 0) {
            return i;
        }
    }
    printf("no line begins with %s\n", start);
    return -1;
}

/* The query ids of a request and of its reply, which comes behind it, are the same. */
static void belong_together(const char *sent, const char *received)
{
    int request = find(sent, 0);
    int reply = request < 0 ? -1 : find(received, request + 1);
    if (CHECK(request >= 0 && reply >= 0)) {
        const char *one = strstr(lines[request], ", query ");
        const char *other = strstr(lines[reply], ", query ");
        CHECK(one != NULL && other != NULL && strncmp(one, other, strlen(", query 01234567")) == 0);
    }
}

int main(void)
{
    kpc_config *config;
    kpc_client *client = NULL;
    kpc_test_stream stream = kpc_test_stream_of(1);
    kpc_box_index next;
    kpc_stats stats;
    regex_t line;
    uint64_t sent = 0;

    kpc_sim_start(&sim, "--instant");
    config = kpc_sim_config(&sim);
    OK(kpc_config_set_log(config, KPC_LOG_TRACE, on_line, NULL, NULL, &error));
    OK(kpc_client_new(config, &client, &error));
    kpc_config_free(config);
    OK(kpc_client_connect(client, KPC_SOON, &error));
    CHECK(kpc_sim_verified(client));
    OK(kpc_write_box(client, &stream.writer, &stream.first, (const uint8_t *)"x", 1, 0, KPC_SOON, &next, &error));
    kpc_sim_say(&sim, "error get_message_box_index_counter 4");
    {
        uint64_t counter;
        ERROR(KPC_ERR_DAEMON_INTERNAL,
              kpc_get_message_box_index_counter_remote(client, &stream.first, KPC_SOON, &counter, &error));
    }
    OK(kpc_client_stats(client, &stats, sizeof stats, &error));
    OK(kpc_client_close(client, KPC_FOREVER, &error)); /* nothing more is written */
    kpc_client_free(client);

    CHECK(regcomp(&line,
                  "^(Local|Write|Encryption) lane: (sent|received) [a-z_]+, [0-9]+ bytes(, query [0-9a-f]{8})?"
                  "(, error code [0-9]+)?$",
                  REG_EXTENDED | REG_NOSUB) == 0);
    for (int i = 0; i < count; i++) {
        if (!CHECK(regexec(&line, lines[i], 0, NULL, 0) == 0)) {
            printf("    %s\n", lines[i]);
        }
        sent += strstr(lines[i], " sent ") != NULL && strstr(lines[i], "session_token") == NULL &&
                strstr(lines[i], "thin_close") == NULL;
    }
    regfree(&line);
    /* The handshake in its order. */
    CHECK(find("Local lane: received connection_status_event, ", 0) == 0);
    CHECK(find("Local lane: received new_pki_document_event, ", 0) == 1);
    CHECK(find("Local lane: sent session_token, ", 0) == 2);
    CHECK(find("Local lane: received session_token_reply, ", 0) == 3);
    belong_together("Encryption lane: sent encrypt_write, ", "Encryption lane: received encrypt_write_reply, ");
    belong_together("Write lane: sent start_resending_encrypted_message, ",
                    "Write lane: received start_resending_encrypted_message_reply, ");
    {
        int failed = find("Local lane: received get_message_box_index_counter_reply, ", 0);
        CHECK(failed >= 0 && strstr(lines[failed], ", error code 4") != NULL);
    }
    /* As many as are counted. */
    CHECK(sent == stats.lanes[KPC_LANE_LOCAL].requests + stats.lanes[KPC_LANE_WRITES].requests +
                      stats.lanes[KPC_LANE_ENCRYPTION].requests);
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
