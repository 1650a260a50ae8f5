/* Values of JavaScript to arguments of C, and outputs of C to values of JavaScript. */
#include <stdlib.h>
#include <string.h>

#include "addon.h"

static bool refuse(napi_env env, const char *why)
{
    bool pending = false;
    if (napi_is_exception_pending(env, &pending) == napi_ok && !pending)
        napi_throw_type_error(env, NULL, why);
    return false;
}

static bool is_nothing(napi_env env, napi_value value)
{
    napi_valuetype type;
    return napi_typeof(env, value, &type) == napi_ok && (type == napi_null || type == napi_undefined);
}

bool read_number(napi_env env, napi_value from, uint64_t *number)
{
    napi_valuetype type;
    bool flag, exact;
    int64_t integer;
    if (napi_typeof(env, from, &type) != napi_ok)
        return false;
    switch (type) {
    case napi_bigint:
        return napi_get_value_bigint_uint64(env, from, number, &exact) == napi_ok;
    case napi_number:
        if (napi_get_value_int64(env, from, &integer) != napi_ok)
            return false;
        *number = (uint64_t)integer;
        return true;
    case napi_boolean:
        if (napi_get_value_bool(env, from, &flag) != napi_ok)
            return false;
        *number = flag;
        return true;
    default:
        return false;
    }
}

/* The bytes of a Uint8Array. They stay where they are until JavaScript runs again. */
static bool read_bytes(napi_env env, napi_value from, void **bytes, size_t *length)
{
    napi_typedarray_type type;
    bool is_typed = false;
    if (napi_is_typedarray(env, from, &is_typed) != napi_ok || !is_typed)
        return false;
    if (napi_get_typedarray_info(env, from, &type, length, bytes, NULL, NULL) != napi_ok)
        return false;
    return type == napi_uint8_array;
}

static bool read_element(napi_env env, napi_value array, uint32_t at, void **bytes, size_t *length)
{
    napi_value element;
    return napi_get_element(env, array, at, &element) == napi_ok &&
           read_bytes(env, element, bytes, length);
}

static bool read_destination(napi_env env, napi_value from, kpc_destination *destination)
{
    void *cap, *index, *payload;
    size_t cap_len, index_len;
    bool is_array = false;
    if (napi_is_array(env, from, &is_array) != napi_ok || !is_array ||
        !read_element(env, from, 0, &cap, &cap_len) ||
        !read_element(env, from, 1, &index, &index_len) ||
        !read_element(env, from, 2, &payload, &destination->payload_len) ||
        cap_len != sizeof destination->write_cap || index_len != sizeof destination->start_index)
        return false;
    memcpy(&destination->write_cap, cap, cap_len);
    memcpy(&destination->start_index, index, index_len);
    destination->payload = payload;
    return true;
}

static bool read_destinations(napi_env env, napi_value from, struct input *input)
{
    uint32_t count = 0, at;
    bool is_array = false;
    if (napi_is_array(env, from, &is_array) != napi_ok || !is_array ||
        napi_get_array_length(env, from, &count) != napi_ok)
        return false;
    kpc_destination *all = calloc((size_t)count + 1, sizeof *all);
    input->pointer = all;
    input->length = count;
    for (at = 0; all && at < count; at++) {
        napi_value element;
        if (napi_get_element(env, from, at, &element) != napi_ok ||
            !read_destination(env, element, &all[at]))
            return false;
    }
    return all != NULL;
}

static bool read_input(napi_env env, napi_value from, struct input_role role, struct input *input)
{
    if (role.kind == IN_NUMBER)
        return read_number(env, from, &input->number);
    if (role.kind == IN_DESTINATIONS)
        return read_destinations(env, from, input);
    if (is_nothing(env, from))
        return true;
    if (role.kind == IN_HANDLE)
        return object_handle(env, from, &input->pointer);
    if (!read_bytes(env, from, &input->pointer, &input->length))
        return false;
    switch (role.kind) {
    case IN_STRUCT:
        return input->length == role.size;
    case IN_ARRAY:
        if (input->length % role.size != 0)
            return false;
        input->length /= role.size;
        return true;
    case IN_TEXT:
        return input->length > 0 && ((const char *)input->pointer)[input->length - 1] == '\0';
    default:
        return true;
    }
}

bool read_inputs(napi_env env, napi_value from, const struct entry *entry, struct call *call)
{
    for (uint32_t at = 0; entry->in[at].kind != IN_END; at++) {
        napi_value value;
        if (napi_get_element(env, from, at, &value) != napi_ok ||
            !read_input(env, value, entry->in[at], &call->in[at]))
            return refuse(env, "an argument has the wrong type");
    }
    return true;
}

void release_inputs(const struct entry *entry, struct call *call)
{
    for (size_t at = 0; entry->in[at].kind != IN_END; at++) {
        if (entry->in[at].kind != IN_DESTINATIONS)
            continue;
        kpc_wipe(call->in[at].pointer, call->in[at].length * sizeof(kpc_destination));
        free(call->in[at].pointer);
        call->in[at].pointer = NULL;
    }
}

/* Structs get memory of their own: the outputs of an operation are taken before JavaScript runs. */
bool prepare_outputs(const struct entry *entry, struct call *call)
{
    for (size_t at = 0; entry->out[at].kind != OUT_END; at++) {
        if (entry->out[at].kind != OUT_STRUCT)
            continue;
        call->out[at].pointer = calloc(1, entry->out[at].size);
        if (!call->out[at].pointer)
            return false;
    }
    return true;
}

void release_outputs(const struct entry *entry, struct call *call)
{
    for (size_t at = 0; entry->out[at].kind != OUT_END; at++) {
        union output *out = &call->out[at];
        switch (entry->out[at].kind) {
        case OUT_STRUCT:
            if (out->pointer)
                kpc_wipe(out->pointer, entry->out[at].size);
            free(out->pointer);
            break;
        case OUT_BYTES:
        case OUT_TEXT:
            kpc_buffer_free(out->buffer);
            break;
        case OUT_HANDLE:
            if (out->pointer)
                types[entry->out[at].type].free(out->pointer);
            break;
        case OUT_ERROR:
            kpc_error_free(out->error);
            break;
        default:
            break;
        }
        memset(out, 0, sizeof *out);
    }
    kpc_error_free(call->error);
    call->error = NULL;
}

static napi_value nothing(napi_env env)
{
    napi_value null = NULL;
    napi_get_null(env, &null);
    return null;
}

static napi_value of_i32(napi_env env, int32_t number)
{
    napi_value value = NULL;
    napi_create_int32(env, number, &value);
    return value;
}

static napi_value of_u64(napi_env env, uint64_t number)
{
    napi_value value = NULL;
    napi_create_bigint_uint64(env, number, &value);
    return value;
}

static napi_value of_text(napi_env env, const char *text, size_t length)
{
    napi_value value = NULL;
    if (!text)
        return nothing(env);
    napi_create_string_utf8(env, text, length, &value);
    return value;
}

/* [status, its name, message, category, origin, daemon's code, replica's code, envelope, errno] */
static napi_value of_error(napi_env env, kpc_status status, const kpc_error *error)
{
    const char *message = error ? kpc_error_message(error) : kpc_status_text(status);
    const napi_value fields[] = {
        of_i32(env, status),
        of_text(env, kpc_status_name(status), NAPI_AUTO_LENGTH),
        of_text(env, message, NAPI_AUTO_LENGTH),
        of_i32(env, kpc_status_category(status)),
        of_i32(env, error ? kpc_error_origin(error) : KPC_ORIGIN_LIBRARY),
        of_i32(env, error ? kpc_error_daemon_code(error) : -1),
        of_i32(env, error ? kpc_error_replica_code(error) : -1),
        of_u64(env, error ? kpc_error_failed_envelope(error) : 0),
        of_i32(env, error ? kpc_error_errno(error) : 0),
    };
    const uint32_t count = sizeof fields / sizeof *fields;
    napi_value list = NULL;
    napi_create_array_with_length(env, count, &list);
    for (uint32_t at = 0; at < count; at++)
        napi_set_element(env, list, at, fields[at]);
    return list;
}

static napi_value of_bytes(napi_env env, const kpc_buffer *buffer)
{
    napi_value value = NULL;
    if (!buffer)
        return nothing(env);
    napi_create_buffer_copy(env, kpc_buffer_len(buffer), kpc_buffer_data(buffer), NULL, &value);
    return value;
}

/* A buffer of its own, never one of Node's pool: its memory is aligned for every struct. */
static napi_value of_struct(napi_env env, const void *bytes, size_t size)
{
    napi_value memory = NULL, value = NULL;
    void *to = NULL;
    if (napi_create_arraybuffer(env, size, &to, &memory) != napi_ok)
        return NULL;
    memcpy(to, bytes, size);
    napi_create_typedarray(env, napi_uint8_array, size, memory, 0, &value);
    return value;
}

static napi_value of_output(napi_env env, struct output_role role, union output *out)
{
    napi_value value = NULL;
    switch (role.kind) {
    case OUT_STRUCT:
        return of_struct(env, out->pointer, role.size);
    case OUT_BYTES:
        return of_bytes(env, out->buffer);
    case OUT_TEXT:
        return out->buffer ? of_text(env, (const char *)kpc_buffer_data(out->buffer),
                                     kpc_buffer_len(out->buffer))
                           : nothing(env);
    case OUT_STATIC:
        return of_text(env, out->text, NAPI_AUTO_LENGTH);
    case OUT_HANDLE:
        value = out->pointer ? object_new(env, out->pointer, &types[role.type]) : nothing(env);
        out->pointer = NULL; /* it is JavaScript's now */
        return value;
    case OUT_ERROR:
        return out->error ? of_error(env, kpc_error_status(out->error), out->error) : nothing(env);
    case OUT_U64:
        return of_u64(env, out->u64);
    case OUT_I64:
        napi_create_int64(env, out->i64, &value);
        return value;
    case OUT_U32:
        napi_create_uint32(env, out->u32, &value);
        return value;
    case OUT_I32:
        return of_i32(env, out->i32);
    case OUT_BOOL:
        napi_get_boolean(env, out->flag, &value);
        return value;
    default:
        napi_create_double(env, out->real, &value);
        return value;
    }
}

/* [error or null, outputs...]; what was not moved to JavaScript is released. */
napi_value write_outcome(napi_env env, const struct entry *entry, struct call *call,
                         kpc_status status)
{
    napi_value list = NULL;
    bool failed = status != KPC_OK;
    if (napi_create_array(env, &list) == napi_ok) {
        napi_set_element(env, list, 0, failed ? of_error(env, status, call->error) : nothing(env));
        for (uint32_t at = 0; !failed && entry->out[at].kind != OUT_END; at++) {
            napi_value value = of_output(env, entry->out[at], &call->out[at]);
            if (!value || napi_set_element(env, list, at + 1, value) != napi_ok)
                failed = true, list = NULL;
        }
    }
    release_outputs(entry, call);
    return list;
}
