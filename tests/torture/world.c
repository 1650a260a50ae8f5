/* See world.h. */
#define _GNU_SOURCE
#include "kpc_sim.h"

#include "relay.h"
#include "world.h"

#include <dirent.h>
#include <malloc.h>

static kpc_sim sim;
static char relayed[128], config_path[64];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

dice dice_of(uint64_t seed, const char *name)
{
    dice made = {seed ^ UINT64_C(0xcbf29ce484222325)};
    for (; *name != 0; name++) {
        made.state = (made.state ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
    }
    return made;
}

/* SplitMix64. */
uint32_t roll(dice *dice, uint32_t below)
{
    uint64_t z = dice->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z ^ z >> 31) % below);
}

void give_up(const char *what)
{
    printf("%s (%s)\n", what, strerror(errno));
    exit(1);
}

void world_start(const char *protocol, const char *options)
{
    char all[256];
    /* In the directory of this process, which is the simulator's too. */
    snprintf(config_path, sizeof config_path, "%s.toml", protocol != NULL ? protocol : "today");
    snprintf(all, sizeof all, "--instant --config-out %s%s%s%s", config_path, protocol != NULL ? " --protocol " : "",
             protocol != NULL ? protocol : "", options);
    kpc_sim_start(&sim, all);
    relay_start(sim.address, relayed, sizeof relayed);
}

void world_end(void)
{
    relay_stop();
    kpc_sim_stop(&sim);
    unlink(config_path);
}

void world_say(const char *format, ...)
{
    char line[256];
    va_list list;
    va_start(list, format);
    vsnprintf(line, sizeof line, format, list);
    va_end(list);
    pthread_mutex_lock(&lock);
    kpc_sim_say(&sim, "%s", line);
    pthread_mutex_unlock(&lock);
}

long world_count(const char *name)
{
    long found;
    pthread_mutex_lock(&lock);
    found = kpc_sim_count(&sim, name);
    pthread_mutex_unlock(&lock);
    return found;
}

int world_until(const char *name, long value)
{
    int64_t end = now_ms() + KPC_SOON;
    while (world_count(name) != value) {
        if (now_ms() > end) {
            return 0;
        }
        nap();
    }
    return 1;
}

int world_pid(void)
{
    return (int)sim.pid;
}

kpc_client *world_client(int through_relay)
{
    kpc_config *config = NULL;
    kpc_client *client = NULL;
    if (kpc_config_load_file(config_path, &config, NULL) != KPC_OK ||
        kpc_config_set_unix(config, through_relay ? relayed : sim.address, NULL) != KPC_OK ||
        kpc_config_set_reconnect(config, 5, 50, NULL) != KPC_OK ||
        kpc_config_set_encryption_connections(config, through_relay ? 2 : 1, NULL) != KPC_OK ||
        kpc_config_set_connect_all(config, !through_relay, NULL) != KPC_OK ||
        kpc_client_new(config, &client, NULL) != KPC_OK) {
        give_up("there is no client");
    }
    kpc_config_free(config);
    return client;
}

void world_connect(kpc_client *client)
{
    int64_t end = now_ms() + KPC_SOON;
    kpc_error *error = NULL;
    /* Each try is one; what ended the one before may not be over yet. */
    while (kpc_client_connect(client, KPC_SOON, &error) != KPC_OK &&
           kpc_error_status(error) != KPC_ERR_ALREADY_CONNECTED) {
        if (now_ms() > end) {
            give_up(kpc_error_message(error));
        }
        kpc_error_free(error);
        error = NULL;
        nap();
    }
    kpc_error_free(error);
    if (kpc_client_supports(client, "session_token_reply") && !kpc_sim_verified(client)) {
        give_up("the daemon does not answer");
    }
}

void world_stream(uint64_t number, kpc_write_cap *writer, kpc_read_cap *reader, kpc_box_index *first)
{
    uint8_t seed[KPC_SEED_SIZE] = {7};
    memcpy(seed + 8, &number, sizeof number);
    if (kpc_new_keypair(seed, sizeof seed, writer, reader, first, NULL) != KPC_OK) {
        give_up("there are no keys");
    }
}

int64_t now_ms(void)
{
    return kpc_test_now_ms();
}

void nap(void)
{
    kpc_test_nap();
}

void stop_for(int pid, int ms)
{
    struct timespec pause = {ms / 1000, (long)(ms % 1000) * 1000000};
    kill(pid, SIGSTOP);
    nanosleep(&pause, NULL);
    kill(pid, SIGCONT);
}

void stop_me_for(int ms)
{
    int status;
    pid_t helper;
    extern char **environ;
    char line[96];
    char *words[] = {(char *)"sh", (char *)"-c", line, NULL};
    snprintf(line, sizeof line, "kill -STOP %ld; sleep %d.%03d; kill -CONT %ld", (long)getpid(), ms / 1000,
             ms % 1000, (long)getpid());
    if (posix_spawnp(&helper, "sh", NULL, NULL, words, environ) != 0) {
        give_up("there is no sh");
    }
    while (waitpid(helper, &status, 0) < 0 && errno == EINTR) {
    }
}

/* Entries of a directory of /proc/self; those that open it too. */
static long entries(const char *path)
{
    long count = 0;
    DIR *directory = opendir(path);
    while (directory != NULL && readdir(directory) != NULL) {
        count++;
    }
    if (directory != NULL) {
        closedir(directory);
    }
    return count;
}

counted count_me(void)
{
    counted now = {0, 0, 0, 0};
    struct mallinfo2 heap = mallinfo2();
    FILE *file = fopen("/proc/self/statm", "r");
    now.descriptors = entries("/proc/self/fd");
    now.threads = entries("/proc/self/task");
    now.heap = (long)(heap.uordblks + heap.hblkhd);
    if (file != NULL) {
        if (fscanf(file, "%*d %ld", &now.resident) == 1) {
            now.resident *= sysconf(_SC_PAGESIZE);
        }
        fclose(file);
    }
    return now;
}
