/* The baseline: a socket with nothing around it, speaking the least that the daemon wants. */
#ifndef BARE_H
#define BARE_H

#include <stddef.h>
#include <stdint.h>

/* A connection that has shaken hands. */
struct bare {
    int fd;
    uint8_t *buffer;
    size_t capacity;
};

/* "unix:PATH" or "tcp:HOST:PORT". */
void bare_connect(struct bare *bare, const char *address);
void bare_close(struct bare *bare);

/* One get_pki_document of an unknown epoch, and its reply. */
void bare_exchange(struct bare *bare);

/* So many of them, `depth` under way at once. Gives the seconds that it took. */
double bare_pipeline(struct bare *bare, size_t count, size_t depth);

/* Writes a frame of `len` bytes, reads the reply; gives the reply's length. */
size_t bare_frame(struct bare *bare, const uint8_t *cbor, size_t len);

/* Writes a whole frame, its length included. */
void bare_write(struct bare *bare, const uint8_t *frame, size_t len);

/* Waits for one frame, whatever may follow it; gives its length. It is good until the next. */
size_t bare_read(struct bare *bare, const uint8_t **frame);

#endif
