/* What the programs of this directory share: streams, a client, counted completions. */
#ifndef PACE_H
#define PACE_H

#include <kpclient.h>
#include <pthread.h>

struct stream {
    kpc_write_cap write_cap;
    kpc_read_cap read_cap;
    kpc_box_index index;
};

/* A stream of its own, random. */
void pace_stream(struct stream *stream);

/* A connected client of the daemon at this Unix socket. */
kpc_client *pace_client(const char *path);

/* The same with so many connections for encryptions; 0 for the usual number. */
kpc_client *pace_client_with(const char *path, unsigned encryptions);

void pace_ok(kpc_status status, kpc_error *error, const char *what);

/* Seconds since the program began. */
double pace_now(void);

void at_once(const char *path, const char *who, const char *what, size_t count);
void beside(const char *path, size_t reads);
void bulk(const char *path, unsigned connections, size_t count);
void waiting(const char *path, const char *control, const char *who, size_t readers,
             size_t written, double from, double to, double limit);

#endif
