#include "bare.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "report.h"

static int connect_unix(const char *path)
{
    struct sockaddr_un address;
    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address.sun_path)
        fail("path too long", path);
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        fail(path, strerror(errno));
    return fd;
}

static int connect_tcp(const char *address)
{
    char host[256];
    const char *colon = strrchr(address, ':');
    if (colon == NULL || (size_t)(colon - address) >= sizeof host)
        fail("no host:port", address);
    memcpy(host, address, (size_t)(colon - address));
    host[colon - address] = 0;
    struct addrinfo hints, *found;
    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    if (getaddrinfo(host, colon + 1, &hints, &found) != 0)
        fail("no such address", address);
    int fd = socket(found->ai_family, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, found->ai_addr, found->ai_addrlen) != 0)
        fail(address, strerror(errno));
    freeaddrinfo(found);
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static void write_all(int fd, const uint8_t *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
        if (n < 0)
            fail("send", strerror(errno));
        bytes += n;
        len -= (size_t)n;
    }
}

static void read_all(int fd, uint8_t *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = recv(fd, bytes, len, 0);
        if (n <= 0)
            fail("recv", n == 0 ? "the daemon closed the connection" : strerror(errno));
        bytes += n;
        len -= (size_t)n;
    }
}

static size_t length_of(const uint8_t *prefix)
{
    return (size_t)prefix[0] << 24 | (size_t)prefix[1] << 16 | (size_t)prefix[2] << 8 | prefix[3];
}

/* Reads one frame in two calls at the most, as a careful program would: all that is there,
 * then the rest. One request is under way, so nothing of a later frame can come along. */
static size_t read_frame(struct bare *bare)
{
    size_t have = 0;
    while (have < 4) {
        ssize_t n = recv(bare->fd, bare->buffer + have, bare->capacity - have, 0);
        if (n <= 0)
            fail("recv", n == 0 ? "the daemon closed the connection" : strerror(errno));
        have += (size_t)n;
    }
    size_t len = length_of(bare->buffer);
    if (len + 4 > bare->capacity) {
        bare->buffer = realloc(bare->buffer, len + 4);
        bare->capacity = len + 4;
    }
    if (have < len + 4)
        read_all(bare->fd, bare->buffer + have, len + 4 - have);
    return len;
}

void bare_write(struct bare *bare, const uint8_t *frame, size_t len)
{
    write_all(bare->fd, frame, len);
}

/* Others may follow, so exactly the frame's bytes are read. */
size_t bare_read(struct bare *bare, const uint8_t **frame)
{
    uint8_t prefix[4];
    read_all(bare->fd, prefix, 4);
    size_t len = length_of(prefix);
    if (len > bare->capacity) {
        bare->buffer = realloc(bare->buffer, len);
        bare->capacity = len;
    }
    read_all(bare->fd, bare->buffer, len);
    *frame = bare->buffer;
    return len;
}

void bare_connect(struct bare *bare, const char *address)
{
    static const char token_head[] = "\xa1\x6dsession_token\xa1\x75" "client_instance_token\x50";
    uint8_t frame[4 + sizeof token_head - 1 + 16];
    if (strncmp(address, "unix:", 5) == 0)
        bare->fd = connect_unix(address + 5);
    else
        bare->fd = connect_tcp(address + 4);
    bare->capacity = 65536;
    bare->buffer = malloc(bare->capacity);
    const uint8_t *skipped;
    bare_read(bare, &skipped);
    bare_read(bare, &skipped);
    memset(frame, 0, sizeof frame);
    frame[3] = sizeof frame - 4;
    memcpy(frame + 4, token_head, sizeof token_head - 1);
    uint64_t seed = now_ns();
    memcpy(frame + sizeof frame - 16, &seed, sizeof seed);
    write_all(bare->fd, frame, sizeof frame);
    bare_read(bare, &skipped);
}

void bare_close(struct bare *bare)
{
    close(bare->fd);
    free(bare->buffer);
}

static const char request_head[] = "\xa1\x70get_pki_document\xa2\x65" "epoch\x1a\x00\x0f\x42\x3f\x68query_id\x50";
enum { REQUEST = 4 + sizeof request_head - 1 + 16 };

static void make_request(uint8_t *frame, uint64_t number)
{
    memset(frame, 0, REQUEST);
    frame[3] = REQUEST - 4;
    memcpy(frame + 4, request_head, sizeof request_head - 1);
    memcpy(frame + REQUEST - 16, &number, sizeof number);
}

void bare_exchange(struct bare *bare)
{
    static uint64_t number;
    uint8_t frame[REQUEST];
    make_request(frame, ++number);
    write_all(bare->fd, frame, sizeof frame);
    read_frame(bare);
}

double bare_pipeline(struct bare *bare, size_t count, size_t depth)
{
    uint8_t frame[REQUEST];
    size_t sent = 0, got = 0, have = 0, at = 0;
    uint64_t start = now_ns();
    while (got < count) {
        while (sent < count && sent - got < depth) {
            make_request(frame, ++sent);
            write_all(bare->fd, frame, sizeof frame);
        }
        ssize_t n = recv(bare->fd, bare->buffer + have, bare->capacity - have, 0);
        if (n <= 0)
            fail("recv", n == 0 ? "the daemon closed the connection" : strerror(errno));
        have += (size_t)n;
        while (have - at >= 4 && have - at >= 4 + length_of(bare->buffer + at)) {
            at += 4 + length_of(bare->buffer + at);
            got++;
        }
        memmove(bare->buffer, bare->buffer + at, have - at);
        have -= at;
        at = 0;
    }
    return (double)(now_ns() - start) / 1e9;
}

size_t bare_frame(struct bare *bare, const uint8_t *cbor, size_t len)
{
    uint8_t prefix[4] = {(uint8_t)(len >> 24), (uint8_t)(len >> 16), (uint8_t)(len >> 8),
                         (uint8_t)len};
    write_all(bare->fd, prefix, 4);
    write_all(bare->fd, cbor, len);
    return read_frame(bare);
}
