/* A received file whose disk gets full in the middle, and that goes on elsewhere: nothing is lost. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_files.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>

enum { SIZE = 200000, ROOM = 100000 };

/* The system takes no more bytes than this of a file, as on a full disk. Of the programs of this test only
 * this one is concerned, and of its files only the received one: Bob's database is in memory. */
static void limits_files(rlim_t bytes)
{
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    limit.rlim_cur = bytes == RLIM_INFINITY ? limit.rlim_max : bytes;
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

/* The only entry of a directory; none if there are several. */
static const char *only_entry(const char *directory)
{
    static char name[256];
    DIR *opened = opendir(directory);
    struct dirent *entry;
    int count = 0;
    while (opened != NULL && (entry = readdir(opened)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            snprintf(name, sizeof name, "%s", entry->d_name);
            count++;
        }
    }
    if (opened != NULL) {
        closedir(opened);
    }
    return count == 1 ? name : "";
}

/* A new directory, on another file system than the test's where the machine has one. */
static const char *elsewhere(void)
{
    static const char *const candidates[] = {"/dev/shm", "/tmp", "/var/tmp", "/run/shm"};
    static char path[512];
    struct stat here, there;
    size_t i;

    CHECK(stat(place("."), &here) == 0);
    for (i = 0; i < sizeof candidates / sizeof candidates[0]; i++) {
        snprintf(path, sizeof path, "%s/kpc-room-%ld", candidates[i], (long)getpid());
        if (stat(candidates[i], &there) == 0 && there.st_dev != here.st_dev && mkdir(path, 0700) == 0) {
            return path;
        }
    }
    puts("all directories are on one file system");
    snprintf(path, sizeof path, "%s", place("elsewhere"));
    CHECK(mkdir(path, 0700) == 0);
    return path;
}

/* The call fails, says why, and has kept what came. */
static void is_full(kpc_reader *reader, const char *directory)
{
    kpc_buffer *path = NULL;
    kpc_status status = kpc_reader_receive_file(reader, directory, NULL, KPC_SOON, &path, &error);
    CHECK(path == NULL && kpc_error_errno(error) == EFBIG);
    STATUS(KPC_ERR_IO, status);
    kpc_error_free(error);
    error = NULL;
    CHECK(kpc_reader_file_size(reader) == SIZE);
    CHECK(kpc_reader_file_received(reader) > 0 && kpc_reader_file_received(reader) <= ROOM);
}

static void file_received(void)
{
    person alice = comes("alice"), bob = {NULL, NULL};
    kpc_writer *writer = creates(&alice, "files");
    kpc_reader *reader;
    kpc_buffer *path = NULL;
    const char *second = elsewhere();
    char wanted[768];
    uint64_t received;

    bob.client = kpc_sim_connected(&sim);
    OK(kpc_store_open(bob.client, NULL, KPC_SOON, &bob.store, &error));
    reader = follows(&bob, "files", writer);
    makes("report", SIZE);
    OK(kpc_writer_send_file(writer, place("report"), KPC_SOON, &error));
    CHECK(mkdir(place("first"), 0700) == 0);

    limits_files(ROOM);
    is_full(reader, place("first"));
    received = kpc_reader_file_received(reader);
    CHECK(strncmp(only_entry(place("first")), ".kpc-", 5) == 0);
    is_full(reader, place("first"));
    CHECK(kpc_reader_file_received(reader) == received);

    /* What came moves to the other directory, and goes on there. That one is full, too, at first. */
    limits_files(1000);
    ERROR(KPC_ERR_IO, kpc_reader_receive_file(reader, second, NULL, KPC_SOON, &path, &error));
    CHECK(kpc_reader_file_received(reader) == received);
    limits_files(RLIM_INFINITY);
    OK(kpc_reader_receive_file(reader, second, NULL, KPC_SOON, &path, &error));
    snprintf(wanted, sizeof wanted, "%s/report", second);
    CHECK(holds(path, wanted));
    CHECK(strcmp(only_entry(second), "report") == 0 && strcmp(only_entry(place("first")), "") == 0);
    CHECK(is_file_at(wanted, SIZE));
    CHECK(unlink(wanted) == 0 && rmdir(second) == 0 && rmdir(place("first")) == 0);
    kpc_reader_free(reader);
    kpc_writer_free(writer);
    leaves(&alice);
    leaves(&bob);
}

int main(void)
{
    signal(SIGXFSZ, SIG_IGN);
    kpc_sim_start(&sim, "--instant");
    file_received();
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
