/* What JavaScript sees of the addon. Functions of the library are called by their place in the
 * table; what comes back is a list, [error or null, outputs...]. */
#include <stdlib.h>
#include <string.h>

#include "addon.h"

static bool arguments(napi_env env, napi_callback_info info, size_t wanted, napi_value *values)
{
    size_t count = wanted;
    if (napi_get_cb_info(env, info, &count, values, NULL, NULL) == napi_ok && count >= wanted)
        return true;
    napi_throw_type_error(env, NULL, "too few arguments");
    return false;
}

static bool number_at(napi_env env, napi_value value, double *number)
{
    if (napi_get_value_double(env, value, number) == napi_ok)
        return true;
    napi_throw_type_error(env, NULL, "a number is needed");
    return false;
}

static const struct entry *entry_at(napi_env env, napi_value value)
{
    uint32_t at;
    if (napi_get_value_uint32(env, value, &at) == napi_ok && at < entry_count)
        return &entries[at];
    napi_throw_type_error(env, NULL, "there is no such function");
    return NULL;
}

static napi_value no_memory(napi_env env)
{
    napi_throw_error(env, "ENOMEM", "out of memory");
    return NULL;
}

/* run(function, inputs): for functions that never wait. */
static napi_value run(napi_env env, napi_callback_info info)
{
    napi_value values[2], outcome = NULL;
    struct call call = {0};
    const struct entry *entry;
    if (!arguments(env, info, 2, values) || !(entry = entry_at(env, values[0])))
        return NULL;
    if (!entry->run) {
        napi_throw_type_error(env, NULL, "this function may wait");
        return NULL;
    }
    if (read_inputs(env, values[1], entry, &call)) {
        if (prepare_outputs(entry, &call)) {
            kpc_status status = entry->run(&call);
            outcome = write_outcome(env, entry, &call, status);
        } else {
            release_outputs(entry, &call);
            no_memory(env);
        }
    }
    release_inputs(entry, &call);
    return outcome;
}

static const struct entry started = {.name = "", .in = {{IN_END, 0}}, .out = {{OUT_U64, 0, 0}}};

/* The number of the operation, or why there is none. */
static napi_value began(napi_env env, struct home *home, struct call *call, kpc_status status)
{
    struct call outcome = {.error = call->error};
    outcome.out[0].u64 = call->op;
    if (status == KPC_OK)
        home_await(env, home, true);
    return write_outcome(env, &started, &outcome, status);
}

/* start(function, id, timeout, inputs): its outcome is dispatched with this id. */
static napi_value start(napi_env env, napi_callback_info info)
{
    napi_value values[4], outcome = NULL;
    double id;
    struct call call = {0};
    const struct entry *entry;
    struct home *home = home_of(env);
    if (!home || !arguments(env, info, 4, values) || !(entry = entry_at(env, values[0])) ||
        !number_at(env, values[1], &id))
        return NULL;
    if (!entry->start || napi_get_value_int32(env, values[2], &call.timeout_ms) != napi_ok) {
        napi_throw_type_error(env, NULL, "this function never waits, or for no such time");
        return NULL;
    }
    if (read_inputs(env, values[3], entry, &call)) {
        struct message *message = message_new(entry);
        if (message && prepare_outputs(entry, message_call(message))) {
            kpc_status status = home_start(home, entry, id, &call, message);
            outcome = began(env, home, &call, status);
        } else {
            message_free(message);
            no_memory(env);
        }
    }
    release_inputs(entry, &call);
    return outcome;
}

/* cancel(client, operation) */
static napi_value cancel(napi_env env, napi_callback_info info)
{
    napi_value values[2];
    void *client;
    uint64_t op;
    if (arguments(env, info, 2, values) && object_handle(env, values[0], &client) &&
        read_number(env, values[1], &op))
        kpc_op_cancel(client, op, NULL);
    return NULL;
}

/* release(object): never waits. */
static napi_value release(napi_env env, napi_callback_info info)
{
    napi_value values[1];
    if (arguments(env, info, 1, values))
        object_free(env, values[0]);
    return NULL;
}

/* watch(descriptor, id): `id` is dispatched when it is readable. */
static napi_value watch(napi_env env, napi_callback_info info)
{
    napi_value values[2];
    int32_t fd;
    double id;
    struct home *home = home_of(env);
    if (!home || !arguments(env, info, 2, values) || !number_at(env, values[1], &id) ||
        napi_get_value_int32(env, values[0], &fd) != napi_ok)
        return NULL;
    if (!watcher_add(home_watcher(home), home, fd, id))
        return no_memory(env);
    home_await(env, home, true);
    return NULL;
}

/* unwatch(id): true if nothing was dispatched for it, and nothing will be. */
static napi_value unwatch(napi_env env, napi_callback_info info)
{
    napi_value values[1], value = NULL;
    double id;
    struct home *home = home_of(env);
    if (!home || !arguments(env, info, 1, values) || !number_at(env, values[0], &id))
        return NULL;
    bool removed = watcher_remove(*home_watcher(home), id);
    if (removed)
        home_await(env, home, false);
    napi_get_boolean(env, removed, &value);
    return value;
}

/* setLog(config, level, id) */
static napi_value set_log(napi_env env, napi_callback_info info)
{
    static const struct entry nothing = {.name = ""};
    napi_value values[3];
    void *config;
    int32_t level;
    double id;
    struct call call = {0};
    struct home *home = home_of(env);
    if (!home || !arguments(env, info, 3, values) || !object_handle(env, values[0], &config) ||
        napi_get_value_int32(env, values[1], &level) != napi_ok || !number_at(env, values[2], &id))
        return NULL;
    kpc_status status = home_set_log(home, config, level, id, &call.error);
    return write_outcome(env, &nothing, &call, status);
}

/* open(dispatch): once, before anything is started. */
static napi_value open_home(napi_env env, napi_callback_info info)
{
    napi_value values[1];
    if (arguments(env, info, 1, values) && !home_of(env) && !home_open(env, values[0]))
        return no_memory(env);
    return NULL;
}

static bool add_names(napi_env env, napi_value exports)
{
    napi_value functions, name;
    bool all = napi_create_array(env, &functions) == napi_ok;
    for (uint32_t at = 0; all && at < entry_count; at++)
        all = napi_create_string_utf8(env, entries[at].name, NAPI_AUTO_LENGTH, &name) == napi_ok &&
              napi_set_element(env, functions, at, name) == napi_ok;
    return all && napi_set_named_property(env, exports, "functions", functions) == napi_ok;
}

NAPI_MODULE_INIT()
{
    const napi_property_descriptor properties[] = {
        {"open", NULL, open_home, NULL, NULL, NULL, napi_default, NULL},
        {"run", NULL, run, NULL, NULL, NULL, napi_default, NULL},
        {"start", NULL, start, NULL, NULL, NULL, napi_default, NULL},
        {"cancel", NULL, cancel, NULL, NULL, NULL, napi_default, NULL},
        {"release", NULL, release, NULL, NULL, NULL, napi_default, NULL},
        {"watch", NULL, watch, NULL, NULL, NULL, napi_default, NULL},
        {"unwatch", NULL, unwatch, NULL, NULL, NULL, napi_default, NULL},
        {"setLog", NULL, set_log, NULL, NULL, NULL, napi_default, NULL},
    };
    if (napi_define_properties(env, exports, sizeof properties / sizeof *properties, properties) != napi_ok ||
        !add_names(env, exports))
        return NULL;
    return exports;
}
