/* Sockets that are not there, peers that are no daemon, peers that say nothing: each a precise
 * error, and the client can try again. */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

static kpc_error *error;

static kpc_client *client_of(kpc_config *config)
{
    kpc_client *client = NULL;
    OK(kpc_client_new(config, &client, &error));
    kpc_config_free(config);
    return client;
}

static kpc_client *unix_client(const char *path)
{
    kpc_config *config = NULL;
    STATUS(KPC_OK, kpc_config_new(&config, NULL));
    OK(kpc_config_set_unix(config, path, &error));
    return client_of(config);
}

static kpc_client *tcp_client(int port)
{
    char address[32];
    kpc_config *config = NULL;
    snprintf(address, sizeof address, "127.0.0.1:%d", port);
    STATUS(KPC_OK, kpc_config_new(&config, NULL));
    OK(kpc_config_set_tcp(config, address, "tcp4", &error));
    return client_of(config);
}

/* It says the same each time, tells the errno where there is one, and takes nothing with it. */
static void fails(kpc_client *client, kpc_status expected, int wanted)
{
    kpc_box_index index, next;
    int round;

    memset(&index, 1, sizeof index);
    for (round = 0; round < 2; round++) {
        kpc_error *told = NULL;
        STATUS(expected, kpc_client_connect(client, KPC_SOON, &told));
        CHECK(kpc_error_status(told) == expected);
        CHECK(kpc_error_errno(told) == wanted || wanted == -1);
        CHECK(kpc_error_origin(told) == KPC_ORIGIN_LIBRARY);
        kpc_error_free(told);
        CHECK(!kpc_client_is_attached(client));
        ERROR(KPC_ERR_NOT_CONNECTED,
              kpc_next_message_box_index_remote(client, &index, KPC_SOON, &next, &error));
    }
    kpc_client_free(client);
}

static void paths(void)
{
    char path[128];
    FILE *file;

    fails(unix_client("no-such.sock"), KPC_ERR_CONNECT, ENOENT);
    fails(unix_client("@kpc-test-nobody-listens-here"), KPC_ERR_CONNECT, ECONNREFUSED);
    file = fopen("regular-file", "w");
    CHECK(file != NULL && fclose(file) == 0);
    fails(unix_client("regular-file"), KPC_ERR_CONNECT, ECONNREFUSED);
    fails(unix_client("regular-file/below"), KPC_ERR_CONNECT, ENOTDIR);
    CHECK(remove("regular-file") == 0);
    CHECK(mkdir("directory", 0700) == 0);
    fails(unix_client("directory"), KPC_ERR_CONNECT, ECONNREFUSED);
    CHECK(rmdir("directory") == 0);

    /* Longer than the system lets the path of a socket be: refused before anything is dialled. */
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = 0;
    {
        kpc_config *config = NULL;
        kpc_client *client = NULL;
        kpc_status status;
        STATUS(KPC_OK, kpc_config_new(&config, NULL));
        status = kpc_config_set_unix(config, path, NULL);
        if (status == KPC_OK) {
            status = kpc_client_new(config, &client, NULL);
        }
        if (status == KPC_OK) {
            status = kpc_client_connect(client, KPC_SOON, NULL);
        }
        CHECK(status == KPC_ERR_ARG_VALUE || status == KPC_ERR_CONNECT);
        kpc_client_free(client);
        kpc_config_free(config);
    }
}

/* A peer on the loopback interface that says something to everyone who comes. */
typedef struct peer {
    int listener;
    int port;
    const char *says;
    size_t length;
    /* Goes on listening after that; else it hangs up. */
    int stays;
    pthread_t thread;
} peer;

static void *serve(void *argument)
{
    const peer *p = (const peer *)argument;
    for (;;) {
        char byte;
        int socket = accept(p->listener, NULL, NULL);
        if (socket < 0) {
            return NULL;
        }
        if (p->length != 0) {
            CHECK(send(socket, p->says, p->length, MSG_NOSIGNAL) == (ssize_t)p->length);
        }
        while (p->stays && recv(socket, &byte, 1, 0) > 0) {
        }
        close(socket);
    }
}

static peer *start_peer(const char *says, size_t length, int stays)
{
    peer *p = (peer *)calloc(1, sizeof *p);
    struct sockaddr_in address;
    socklen_t size = sizeof address;

    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    p->says = says;
    p->length = length;
    p->stays = stays;
    p->listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(bind(p->listener, (struct sockaddr *)&address, sizeof address) == 0);
    CHECK(getsockname(p->listener, (struct sockaddr *)&address, &size) == 0);
    p->port = ntohs(address.sin_port);
    CHECK(listen(p->listener, 8) == 0);
    CHECK(pthread_create(&p->thread, NULL, serve, p) == 0);
    return p;
}

static void stop_peer(peer *p)
{
    CHECK(shutdown(p->listener, SHUT_RDWR) == 0);
    CHECK(pthread_join(p->thread, NULL) == 0);
    close(p->listener);
    free(p);
}

static void meets(const char *says, size_t length, int stays, kpc_status expected)
{
    peer *p = start_peer(says, length, stays);
    fails(tcp_client(p->port), expected, -1);
    stop_peer(p);
}

/* Each as a string literal with its length. */
#define MEETS(says, stays, expected) meets(says, sizeof(says) - 1, stays, expected)

static void peers_that_are_no_daemon(void)
{
    peer *p = start_peer("", 0, 0);
    int port = p->port;

    stop_peer(p);
    fails(tcp_client(port), KPC_ERR_CONNECT, ECONNREFUSED);

    MEETS("", 0, KPC_ERR_CONNECTION_LOST);
    MEETS("HTTP/1.1 400 Bad Request\r\n\r\n", 1, KPC_ERR_HANDSHAKE);
    MEETS("SSH-2.0-OpenSSH_9.2\r\n", 1, KPC_ERR_HANDSHAKE);
    MEETS("\0\0\0\3\xff\xff\xff", 1, KPC_ERR_HANDSHAKE);
    MEETS("\0\0\0\0", 1, KPC_ERR_HANDSHAKE);
    MEETS("\0\0\0\1\xa0", 1, KPC_ERR_HANDSHAKE);
    MEETS("\0\0\0\1\x80", 1, KPC_ERR_HANDSHAKE);
    MEETS("\xff\xff\xff\xff", 1, KPC_ERR_HANDSHAKE);
    /* It goes in the middle of its first frame. */
    MEETS("\0\0\1\0abc", 0, KPC_ERR_CONNECTION_LOST);
}

/* A frame may be so long and no longer: one that says to be is not even waited for. */
static void max_frame_size(void)
{
    uint32_t size = KPC_MAX_FRAME_SIZE;
    char length[4];
    kpc_client *client;
    peer *p;
    int too_long, i;

    CHECK(size == 40 * 1024 * 1024);
    for (too_long = 0; too_long < 2; too_long++) {
        for (i = 0; i < 4; i++) {
            length[i] = (char)((size + (uint32_t)too_long) >> (24 - 8 * i));
        }
        p = start_peer(length, sizeof length, 1);
        client = tcp_client(p->port);
        if (too_long) {
            ERROR(KPC_ERR_HANDSHAKE, kpc_client_connect(client, KPC_SOON, &error));
        } else {
            ERROR(KPC_ERR_TIMEOUT, kpc_client_connect(client, 200, &error));
        }
        kpc_client_free(client);
        stop_peer(p);
    }
}

/* A peer that accepts and is silent costs the time that was given, and no more. */
static void silence(void)
{
    peer *p = start_peer("", 0, 1);
    kpc_client *client = tcp_client(p->port);
    kpc_seen seen;
    kpc_completion done = kpc_seen_by(&seen);
    int64_t begun = kpc_test_now_ms();
    int round;
    kpc_op op = 0;

    ERROR(KPC_ERR_TIMEOUT, kpc_client_connect(client, 100, &error));
    CHECK(kpc_test_now_ms() - begun >= 99);
    ERROR(KPC_ERR_TIMEOUT, kpc_client_connect(client, KPC_NO_WAIT, &error));
    /* What was given up does not stand in the way of the next attempt. */
    for (round = 0; round < 50; round++) {
        ERROR(KPC_ERR_TIMEOUT, kpc_client_connect(client, 1, &error));
    }
    OK(kpc_client_connect_async(client, KPC_FOREVER, &done, &op, &error));
    ERROR(KPC_ERR_ALREADY_CONNECTED, kpc_client_connect(client, 1, &error));
    STATUS(KPC_OK, kpc_op_cancel(client, op, NULL));
    CHECK(kpc_seen_until(&seen.drops, 1));
    CHECK(seen.calls == 1 && seen.status == KPC_ERR_CANCELLED && seen.op == op);
    ERROR(KPC_ERR_TIMEOUT, kpc_client_connect(client, 1, &error));
    kpc_client_free(client);
    stop_peer(p);
}

int main(void)
{
    const char *dir = getenv("KPC_TMP");
    CHECK(dir == NULL || chdir(dir) == 0);
    paths();
    peers_that_are_no_daemon();
    max_frame_size();
    silence();
    return kpc_test_end();
}
