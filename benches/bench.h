/* The parts of the benchmark, each a section of the table. */
#ifndef BENCH_H
#define BENCH_H

#include <kpclient.h>
#include <stddef.h>

struct options {
    const char *unix_path;   /* the daemon's Unix socket */
    const char *tcp_address; /* its TCP address; NULL leaves that part out */
    const char *slow_path;   /* a simulator with a real Poisson rate; NULL leaves that part out */
    const char *library;     /* the stripped library, for its size; NULL leaves that out */
    double scale;            /* 1 for good figures, less for a quick look */
};

/* A connected client. */
kpc_client *bench_client(const char *unix_path, const char *tcp_address);

/* One local call that every daemon answers at once: the document of an unknown epoch. */
void bench_call(kpc_client *client);

/* Ends the program unless `status` is KPC_OK. */
void bench_ok(kpc_status status, kpc_error *error, const char *what);

void bench_calls(const struct options *options);
void bench_async(const struct options *options);
void bench_payloads(const struct options *options);
void bench_life(const struct options *options);
void bench_local(const struct options *options);
void bench_starvation(const struct options *options);
void bench_growth(const struct options *options);

#endif
