/* The shared library is loaded, used, unloaded and loaded again, as plug-ins do. */
/* c_suite: not sanitized (the library is a static one) */
#define _POSIX_C_SOURCE 200809L
#include "kpc_test.h"

#include <dlfcn.h>
#include <pthread.h>

typedef kpc_status (*new_fn)(kpc_config **config, kpc_error **error);
typedef void (*free_fn)(kpc_config *config);

static void *library;

/* A function's address comes as an object's; this is how POSIX wants it copied. */
static void look_up(const char *name, void *target)
{
    void *found = dlsym(library, name);
    CHECK(found != NULL);
    memcpy(target, &found, sizeof found);
}

/* Its thread-local state ends after the library was asked to go. */
static void *use(void *unused)
{
    new_fn make = NULL;
    free_fn end = NULL;
    kpc_config *config = NULL;

    (void)unused;
    look_up("kpc_config_new", &make);
    look_up("kpc_config_free", &end);
    STATUS(KPC_OK, make(&config, NULL));
    end(config);
    CHECK(dlclose(library) == 0);
    return NULL;
}

int main(void)
{
    const char *dir = getenv("KPC_LIB_DIR");
    char path[512];
    int round;

    snprintf(path, sizeof path, "%s/libkpclient.so.0", dir != NULL ? dir : ".");
    for (round = 0; round < 3; round++) {
        pthread_t thread;
        library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        if (!CHECK(library != NULL)) {
            printf("%s\n", dlerror());
            break;
        }
        CHECK(pthread_create(&thread, NULL, use, NULL) == 0);
        CHECK(pthread_join(thread, NULL) == 0);
    }
    /* It stays: a second look finds it without loading it. */
    library = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
    CHECK(library != NULL);
    CHECK(library == NULL || dlclose(library) == 0);
    return kpc_test_end();
}
