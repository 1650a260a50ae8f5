/* A plug-in's way: the shared library is loaded, a client of it does its work, and the library is
 * let go of, also while a client is still at work; then all over again. */
/* c_suite: needs sim */
/* c_suite: not sanitized (the library is a static one) */
#define _POSIX_C_SOURCE 200809L
#include "kpc_sim.h"

#include <dlfcn.h>

static kpc_sim sim;
static void *library;

/* The functions that are used, by their own names with a "its_" before. */
static kpc_status (*its_config_new)(kpc_config **, kpc_error **);
static kpc_status (*its_config_set_unix)(kpc_config *, const char *, kpc_error **);
static void (*its_config_free)(kpc_config *);
static kpc_status (*its_client_new)(const kpc_config *, kpc_client **, kpc_error **);
static kpc_status (*its_client_connect)(kpc_client *, int32_t, kpc_error **);
static kpc_status (*its_client_close)(kpc_client *, int32_t, kpc_error **);
static void (*its_client_free)(kpc_client *);
static kpc_status (*its_keypair)(const uint8_t *, size_t, kpc_write_cap *, kpc_read_cap *, kpc_box_index *,
                                 kpc_error **);
static kpc_status (*its_write_box)(kpc_client *, const kpc_write_cap *, const kpc_box_index *, const uint8_t *,
                                   size_t, uint32_t, int32_t, kpc_box_index *, kpc_error **);
static kpc_status (*its_read_box_async)(kpc_client *, const kpc_read_cap *, const kpc_box_index *, uint32_t,
                                        int32_t, const kpc_completion *, kpc_op *, kpc_error **);
static size_t (*its_live_objects)(void);

/* A function's address comes as an object's; this is how POSIX wants it copied. */
static void look_up(const char *name, void *target)
{
    void *found = dlsym(library, name);
    CHECK(found != NULL);
    memcpy(target, &found, sizeof found);
}

static void load(void)
{
    const char *dir = getenv("KPC_LIB_DIR");
    char path[512];

    snprintf(path, sizeof path, "%s/libkpclient.so.0", dir != NULL ? dir : ".");
    library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!CHECK(library != NULL)) {
        printf("%s\n", dlerror());
        exit(1);
    }
    look_up("kpc_config_new", &its_config_new);
    look_up("kpc_config_set_unix", &its_config_set_unix);
    look_up("kpc_config_free", &its_config_free);
    look_up("kpc_client_new", &its_client_new);
    look_up("kpc_client_connect", &its_client_connect);
    look_up("kpc_client_close", &its_client_close);
    look_up("kpc_client_free", &its_client_free);
    look_up("kpc_new_keypair", &its_keypair);
    look_up("kpc_write_box", &its_write_box);
    look_up("kpc_read_box_async", &its_read_box_async);
    look_up("kpc_debug_live_objects", &its_live_objects);
}

static int completions;

static void on_completion(const kpc_result *result, void *user_data)
{
    (void)user_data;
    CHECK(result != NULL);
    kpc_seen_one_more(&completions);
}

/* With everything the library has: threads, callbacks, sockets. */
static kpc_client *work(void)
{
    kpc_config *config = NULL;
    kpc_client *client = NULL;
    kpc_test_stream stream;
    kpc_completion done;
    uint8_t seed[KPC_SEED_SIZE] = {5};
    kpc_box_index next;

    memset(&done, 0, sizeof done);
    done.fn = on_completion;
    STATUS(KPC_OK, its_config_new(&config, NULL));
    STATUS(KPC_OK, its_config_set_unix(config, sim.address, NULL));
    STATUS(KPC_OK, its_client_new(config, &client, NULL));
    its_config_free(config);
    STATUS(KPC_OK, its_client_connect(client, KPC_SOON, NULL));
    STATUS(KPC_OK, its_keypair(seed, sizeof seed, &stream.writer, &stream.reader, &stream.first, NULL));
    STATUS(KPC_OK, its_write_box(client, &stream.writer, &stream.first, (const uint8_t *)"x", 1, 0, KPC_SOON, &next,
                                 NULL));
    STATUS(KPC_OK, its_read_box_async(client, &stream.reader, &stream.first, 0, KPC_SOON, &done, NULL, NULL));
    return client;
}

static void *in_a_thread(void *unused)
{
    kpc_client *client = work();
    (void)unused;
    STATUS(KPC_OK, its_client_close(client, KPC_FOREVER, NULL));
    its_client_free(client);
    /* Its thread-local state ends after the library was asked to go. */
    CHECK(dlclose(library) == 0);
    return NULL;
}

int main(void)
{
    kpc_client *client;
    int round, before;

    kpc_sim_start(&sim, "--instant");
    for (round = 0; round < 3; round++) {
        pthread_t thread;
        before = kpc_seen_now(&completions);
        load();
        CHECK(pthread_create(&thread, NULL, in_a_thread, NULL) == 0);
        CHECK(pthread_join(thread, NULL) == 0);
        CHECK(kpc_seen_now(&completions) == before + 1);
    }

    /* Let go of while its threads run: they go on, for the library stays. */
    before = kpc_seen_now(&completions);
    load();
    client = work();
    CHECK(dlclose(library) == 0);
    CHECK(kpc_seen_until(&completions, before + 1));
    load();
    STATUS(KPC_OK, its_client_close(client, KPC_FOREVER, NULL));
    its_client_free(client);
    CHECK(its_live_objects() == 0);
    CHECK(dlclose(library) == 0);
    CHECK(kpc_sim_until(&sim, "sessions", 0));
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
