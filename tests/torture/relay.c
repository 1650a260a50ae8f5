/* See relay.h. One thread, which polls; everything else is under one lock. */
#define _GNU_SOURCE
#include "relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { CONNECTIONS = 96, HEADER = 4, BYTEWISE_MOST = 2048 };

typedef struct bytes {
    uint8_t *at;
    size_t len, room;
} bytes;

/* One direction of a connection: what comes in at one socket leaves by the other. */
typedef struct path {
    bytes in, out, held;
    /* How many bytes at the beginning of `out` go one by one. */
    size_t single;
    bool ended, told;
} path;

typedef struct link {
    bool used, doomed;
    /* The client has said something, so the daemon's greeting is over. */
    bool greeted;
    /* The client's socket and the daemon's: path `way` reads from ends[way]. */
    int ends[2];
    path paths[2];
} link_;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_t thread;
static int wake = -1, listener = -1;
static struct sockaddr_un here, there;
static socklen_t here_size, there_size;
static link_ links[CONNECTIONS];
static relay_order order;
static bool ordered, deaf[2], refusing, over;
static unsigned done;

static void die(const char *what)
{
    fprintf(stderr, "relay: %s: %s\n", what, strerror(errno));
    abort();
}

static void append(bytes *to, const uint8_t *from, size_t len)
{
    if (to->len + len > to->room) {
        size_t room = (to->len + len) * 2;
        uint8_t *at = (uint8_t *)realloc(to->at, room);
        if (at == NULL) {
            die("no memory");
        }
        to->at = at;
        to->room = room;
    }
    memcpy(to->at + to->len, from, len);
    to->len += len;
}

static void drop_front(bytes *from, size_t len)
{
    from->len -= len;
    memmove(from->at, from->at + len, from->len);
}

static void clear(bytes *what)
{
    free(what->at);
    memset(what, 0, sizeof *what);
}

static void end_link(link_ *link)
{
    int i;
    for (i = 0; i < 2; i++) {
        close(link->ends[i]);
        clear(&link->paths[i].in);
        clear(&link->paths[i].out);
        clear(&link->paths[i].held);
    }
    memset(link, 0, sizeof *link);
}

static void address_of(const char *name, struct sockaddr_un *address, socklen_t *size)
{
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, name, strlen(name) + 1);
    address->sun_path[0] = 0; /* was @ */
    *size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
}

static int new_socket(void)
{
    int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (made < 0) {
        die("socket");
    }
    return made;
}

static void listen_again(void)
{
    listener = new_socket();
    if (bind(listener, (struct sockaddr *)&here, here_size) != 0 || listen(listener, 64) != 0) {
        die("listen");
    }
}

/* On the relay's own thread, as an address stays taken while another one waits at its socket. */
static void listen_or_not(void)
{
    if (refusing && listener >= 0) {
        close(listener);
        listener = -1;
    } else if (!refusing && listener < 0) {
        listen_again();
    }
}

static void accept_one(void)
{
    int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), daemon, i;
    if (client < 0) {
        return;
    }
    daemon = new_socket();
    for (i = 0; i < CONNECTIONS && links[i].used; i++) {
    }
    if (i == CONNECTIONS || connect(daemon, (struct sockaddr *)&there, there_size) != 0) {
        close(client);
        close(daemon);
        return;
    }
    links[i].used = true;
    links[i].ends[TO_DAEMON] = client;
    links[i].ends[TO_CLIENT] = daemon;
}

/* Ends the connection when what was said so far has left. */
static void doom(link_ *link)
{
    link->doomed = true;
    clear(&link->paths[0].in);
    clear(&link->paths[1].in);
}

static void say_bytewise(path *path, const uint8_t *frame, size_t len)
{
    append(&path->out, frame, len);
    path->single = path->out.len - len + (len < BYTEWISE_MOST ? len : BYTEWISE_MOST);
}

/* What is to be done with a whole frame. */
static void ill_treat(link_ *link, path *path, const uint8_t *frame, size_t len)
{
    static const uint8_t garbage[] = {0, 0, 0, 3, 0xff, 0xff, 0xff}, oversize[] = {0x7f, 0xff, 0xff, 0xff};
    size_t where = order.where % len;
    done++;
    switch (order.deed) {
    case CUT_BEFORE:
        doom(link);
        break;
    case CUT_WITHIN:
        append(&path->out, frame, where);
        doom(link);
        break;
    case CUT_AFTER:
        append(&path->out, frame, len);
        doom(link);
        break;
    case DROP:
        break;
    case TWICE:
        append(&path->out, frame, len);
        append(&path->out, frame, len);
        break;
    case SWAP:
    case LATE:
        append(&path->held, frame, len);
        break;
    case GARBAGE_BEFORE:
        append(&path->out, garbage, sizeof garbage);
        append(&path->out, frame, len);
        break;
    case GARBAGE_WITHIN:
        append(&path->out, frame, len);
        path->out.at[path->out.len - len + (where < HEADER ? HEADER % len : where)] ^= 0xff;
        break;
    case OVERSIZE:
        append(&path->out, oversize, sizeof oversize);
        break;
    case BYTEWISE:
        say_bytewise(path, frame, len);
        break;
    }
}

static void pass_frame(link_ *link, relay_way way, const uint8_t *frame, size_t len)
{
    path *path = &link->paths[way];
    bool swapped = path->held.len > 0 && ordered && order.deed == SWAP;
    link->greeted |= way == TO_DAEMON;
    if (ordered && !link->greeted && (order.deed == TWICE || order.deed == SWAP)) {
        /* A greeting in another form is another protocol. */
    } else if (ordered && order.way == way && order.skip > 0) {
        order.skip--;
    } else if (ordered && order.way == way && order.times > 0 && !swapped) {
        order.times--;
        ill_treat(link, path, frame, len);
        return;
    }
    append(&path->out, frame, len);
    if (swapped) {
        append(&path->out, path->held.at, path->held.len);
        path->held.len = 0;
    }
}

/* Passes on what has come as a whole. */
static void pass_frames(link_ *link, relay_way way)
{
    bytes *in = &link->paths[way].in;
    size_t at = 0;
    while (!link->doomed && in->len - at >= HEADER) {
        const uint8_t *head = in->at + at;
        size_t len = HEADER + ((size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3]);
        if (in->len - at < len) {
            break;
        }
        pass_frame(link, way, in->at + at, len);
        at += len;
    }
    if (!link->doomed && at > 0) {
        drop_front(in, at);
    }
}

static void read_some(link_ *link, relay_way way)
{
    static uint8_t block[65536];
    path *path = &link->paths[way];
    ssize_t got = recv(link->ends[way], block, sizeof block, 0);
    if (got > 0 && link->doomed) {
        /* Nobody gets it; but a peer that cannot get rid of it would read nothing either. */
    } else if (got > 0) {
        append(&path->in, block, (size_t)got);
        pass_frames(link, way);
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        /* A frame that was begun goes as far as it came. */
        append(&path->out, path->in.at, path->in.len);
        path->in.len = 0;
        path->ended = true;
    }
}

/* Whether the other side still takes it. */
static bool write_some(link_ *link, relay_way way)
{
    path *path = &link->paths[way];
    if (path->out.len > 0) {
        size_t len = path->single > 0 ? 1 : path->out.len;
        ssize_t sent = send(link->ends[!way], path->out.at, len, MSG_NOSIGNAL);
        if (sent < 0) {
            return errno == EAGAIN || errno == EINTR;
        }
        path->single -= path->single > 0 ? (size_t)sent : 0;
        drop_front(&path->out, (size_t)sent);
    }
    if (path->out.len == 0 && path->ended && !path->told) {
        path->told = true;
        shutdown(link->ends[!way], SHUT_WR);
    }
    return true;
}

static void tend(link_ *link, const struct pollfd *polled)
{
    bool alive = true;
    int way;
    for (way = 0; way < 2 && alive; way++) {
        if (polled[way].revents & (POLLIN | POLLHUP | POLLERR) && polled[way].events & POLLIN) {
            read_some(link, (relay_way)way);
        }
        alive = write_some(link, (relay_way)way);
    }
    if (!alive || (link->paths[0].told && link->paths[1].told) ||
        (link->doomed && link->paths[0].out.len == 0 && link->paths[1].out.len == 0)) {
        end_link(link);
    }
}

/* What there is to wait for at one socket. */
static struct pollfd wish(const link_ *link, int way)
{
    struct pollfd polled = {link->ends[way], 0, 0};
    const path *incoming = &link->paths[way], *outgoing = &link->paths[!way];
    if (!incoming->ended && (link->doomed || (!deaf[way] && incoming->out.len < (1 << 20)))) {
        polled.events |= POLLIN;
    }
    if (outgoing->out.len > 0) {
        polled.events |= POLLOUT;
    }
    if (polled.events == 0) {
        polled.fd = -1; /* or a hang-up would be reported all the time */
    }
    return polled;
}

static void *work(void *unused)
{
    static struct pollfd polled[2 + 2 * CONNECTIONS];
    static link_ *whose[CONNECTIONS];
    (void)unused;
    pthread_mutex_lock(&lock);
    while (!over) {
        uint64_t rung;
        int n = 0, i;
        listen_or_not();
        polled[0] = (struct pollfd){wake, POLLIN, 0};
        polled[1] = (struct pollfd){listener, POLLIN, 0};
        for (i = 0; i < CONNECTIONS; i++) {
            if (links[i].used) {
                polled[2 + 2 * n] = wish(&links[i], 0);
                polled[3 + 2 * n] = wish(&links[i], 1);
                whose[n++] = &links[i];
            }
        }
        pthread_mutex_unlock(&lock);
        poll(polled, (nfds_t)(2 + 2 * n), -1);
        pthread_mutex_lock(&lock);
        if (polled[0].revents & POLLIN && read(wake, &rung, sizeof rung) < 0) {
            die("read");
        }
        for (i = 0; i < n; i++) {
            if (whose[i]->used) {
                tend(whose[i], &polled[2 + 2 * i]);
            }
        }
        if (listener >= 0 && polled[1].revents & POLLIN) {
            accept_one();
        }
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

static void ring(void)
{
    uint64_t one = 1;
    if (write(wake, &one, sizeof one) < 0) {
        die("write");
    }
}

void relay_start(const char *to, char *address, size_t size)
{
    snprintf(address, size, "%s-relay", to);
    address_of(address, &here, &here_size);
    address_of(to, &there, &there_size);
    over = false;
    wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    listen_again();
    if (pthread_create(&thread, NULL, work, NULL) != 0) {
        die("thread");
    }
}

void relay_stop(void)
{
    int i;
    pthread_mutex_lock(&lock);
    over = true;
    pthread_mutex_unlock(&lock);
    ring();
    pthread_join(thread, NULL);
    for (i = 0; i < CONNECTIONS; i++) {
        if (links[i].used) {
            end_link(&links[i]);
        }
    }
    if (listener >= 0) {
        close(listener);
    }
    close(wake);
}

void relay_give(const relay_order *given)
{
    pthread_mutex_lock(&lock);
    order = *given;
    ordered = true;
    done = 0;
    pthread_mutex_unlock(&lock);
}

void relay_mend(void)
{
    int i, way;
    pthread_mutex_lock(&lock);
    ordered = false;
    deaf[0] = deaf[1] = false;
    for (i = 0; i < CONNECTIONS; i++) {
        for (way = 0; links[i].used && way < 2; way++) {
            path *path = &links[i].paths[way];
            append(&path->out, path->held.at, path->held.len);
            path->held.len = 0;
        }
    }
    refusing = false;
    pthread_mutex_unlock(&lock);
    ring();
}

void relay_deafen(relay_way way)
{
    pthread_mutex_lock(&lock);
    deaf[way] = true;
    done++;
    pthread_mutex_unlock(&lock);
    ring();
}

void relay_refuse(void)
{
    pthread_mutex_lock(&lock);
    refusing = true;
    done++;
    pthread_mutex_unlock(&lock);
    ring();
}

void relay_cut(void)
{
    int i;
    pthread_mutex_lock(&lock);
    for (i = 0; i < CONNECTIONS; i++) {
        if (links[i].used) {
            doom(&links[i]);
        }
    }
    done++;
    pthread_mutex_unlock(&lock);
    ring();
}

unsigned relay_done(void)
{
    unsigned now;
    pthread_mutex_lock(&lock);
    now = done;
    pthread_mutex_unlock(&lock);
    return now;
}

unsigned relay_connections(void)
{
    unsigned count = 0;
    int i;
    pthread_mutex_lock(&lock);
    for (i = 0; i < CONNECTIONS; i++) {
        count += links[i].used;
    }
    pthread_mutex_unlock(&lock);
    return count;
}
