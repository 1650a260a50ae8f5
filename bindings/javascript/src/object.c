/* Objects of the library as JavaScript holds them: what the collector takes is freed, and so is what
 * an environment holds when it goes. The library refuses what was freed before. */
#include <stdlib.h>

#include "addon.h"

struct object {
    void *handle;
    const struct type *type;
    bool is_freed;
};

/* Never waits, so it may run in the collector. */
static void set_free(struct object *object)
{
    if (!object->is_freed)
        object->type->free(object->handle);
    object->is_freed = true;
}

static void collected(napi_env env, void *data, void *hint)
{
    (void)env, (void)hint;
    set_free(data);
    free(data);
}

/* Takes the handle over. */
napi_value object_new(napi_env env, void *handle, const struct type *type)
{
    napi_value value = NULL;
    struct object *object = malloc(sizeof *object);
    if (object) {
        *object = (struct object){handle, type, false};
        if (napi_create_external(env, object, collected, NULL, &value) == napi_ok)
            return value;
    }
    free(object);
    type->free(handle);
    return NULL;
}

bool object_handle(napi_env env, napi_value from, void **handle)
{
    void *object;
    if (napi_get_value_external(env, from, &object) != napi_ok)
        return false;
    *handle = ((struct object *)object)->handle;
    return true;
}

void object_free(napi_env env, napi_value from)
{
    void *object;
    if (napi_get_value_external(env, from, &object) == napi_ok)
        set_free(object);
}
