/* What the parts of the addon share. Nothing here knows a single function of the library: those are
 * in the generated table, with what each takes and gives. */
#ifndef KPC_ADDON_H
#define KPC_ADDON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAPI_VERSION 8
#include <node_api.h>

#include <kpclient.h>

/* The largest function of the table has fewer; the emitter fails where one has more. */
enum { MAX_INPUTS = 10, MAX_OUTPUTS = 5 };

/* What an argument is. */
enum input_kind {
    IN_END,
    IN_HANDLE,       /* an object, see object.c, or null */
    IN_STRUCT,       /* Uint8Array of exactly the size of the struct, or null */
    IN_ARRAY,        /* Uint8Array of structs, one behind the other */
    IN_DESTINATIONS, /* array of [write capability, index, payload] */
    IN_BYTES,        /* Uint8Array, or null */
    IN_TEXT,         /* Uint8Array that ends with a NUL, or null */
    IN_NUMBER,       /* Number, BigInt or boolean */
};

/* What is given back. */
enum output_kind {
    OUT_END,
    OUT_STRUCT,
    OUT_BYTES,  /* a kpc_buffer */
    OUT_TEXT,   /* a kpc_buffer */
    OUT_STATIC, /* a text that the library owns */
    OUT_HANDLE,
    OUT_ERROR, /* a kpc_error, or null */
    OUT_U64,   /* a BigInt */
    OUT_I64,
    OUT_U32,
    OUT_I32,
    OUT_BOOL,
    OUT_DOUBLE,
};

struct input_role {
    uint8_t kind;
    uint16_t size; /* of a struct, or of one element */
};

struct output_role {
    uint8_t kind;
    uint8_t type; /* of a handle: its place in the table of types */
    uint16_t size;
};

struct input {
    void *pointer;
    size_t length; /* of bytes, or of elements */
    uint64_t number;
};

union output {
    void *pointer;
    const char *text;
    kpc_buffer *buffer;
    kpc_error *error;
    uint64_t u64;
    int64_t i64;
    uint32_t u32;
    int32_t i32;
    bool flag;
    double real;
};

/* The arguments and outputs of one call. */
struct call {
    struct input in[MAX_INPUTS];
    union output out[MAX_OUTPUTS];
    int32_t timeout_ms;
    const kpc_completion *done;
    kpc_op op;
    kpc_error *error;
};

/* One function of the library, or one call in three forms. */
struct entry {
    const char *name;
    struct input_role in[MAX_INPUTS + 1];
    struct output_role out[MAX_OUTPUTS + 1];
    kpc_status (*run)(struct call *call);   /* NULL if it may wait: JavaScript must not */
    kpc_status (*start)(struct call *call); /* NULL if it never waits */
    kpc_status (*take)(const kpc_result *result, struct call *call);
};

/* One type of objects. */
struct type {
    const char *name;
    void (*free)(void *handle);
};

extern const struct entry entries[];
extern const size_t entry_count;
extern const struct type types[];

/* values.c */
bool read_inputs(napi_env env, napi_value from, const struct entry *entry, struct call *call);
void release_inputs(const struct entry *entry, struct call *call);
bool prepare_outputs(const struct entry *entry, struct call *call);
napi_value write_outcome(napi_env env, const struct entry *entry, struct call *call,
                         kpc_status status);
void release_outputs(const struct entry *entry, struct call *call);
bool read_number(napi_env env, napi_value from, uint64_t *number);

/* object.c: objects of the library, which JavaScript holds and the collector frees. */
napi_value object_new(napi_env env, void *handle, const struct type *type);
bool object_handle(napi_env env, napi_value from, void **handle);
void object_free(napi_env env, napi_value from);

/* home.c: one environment of JavaScript, the main one or a worker's. */
struct home;
struct message;
struct home *home_of(napi_env env);
bool home_open(napi_env env, napi_value dispatch);
void home_await(napi_env env, struct home *home, bool more);
kpc_status home_start(struct home *home, const struct entry *entry, double id, struct call *call,
                      struct message *message);
struct message *message_new(const struct entry *entry);
void message_free(struct message *message);
struct call *message_call(struct message *message);
void home_ready(struct home *home, double id);
kpc_status home_set_log(struct home *home, kpc_config *config, int32_t level, double id,
                        kpc_error **error);

/* watch.c: tells when descriptors are readable. */
struct watcher;
struct watcher **home_watcher(struct home *home);
bool watcher_add(struct watcher **watcher, struct home *home, int fd, double id);
bool watcher_remove(struct watcher *watcher, double id);
void watcher_end(struct watcher *watcher);

#endif
