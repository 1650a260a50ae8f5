#!/bin/sh
# The other two ways to build: without the channels that remember, and with an SQLite that is compiled
# in. What they export, what they tell of this machine, how large they are, some of the tests of each; and
# the second in programs that have another SQLite.
# It may be skipped: where CHECK_STORE is not set, as it builds everything twice more.
set -eu
if [ -z "${CHECK_STORE:-}" ]; then
    echo 'not asked for: CHECK_STORE=1 make check'
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0
passed() {
    count=$((count + 1))
    echo "$*"
}

# Builds the libraries in a directory of their own, as KPC_LIB_DIR, and looks at them.
build() { # STORE
    KPC_LIB_DIR=$BUILD/store-$1/lib
    make --silent lib STORE="$1" BUILD="$BUILD/store-$1" > "$work/log" 2>&1 || { tail -n 30 "$work/log"; exit 1; }
    tests/run/20-symbols.sh
    tests/run/22-size.sh || [ $? = 77 ]
    passed "STORE=$1: built"
}

build no
if nm -D "$KPC_LIB_DIR/libkpclient.so" | grep sqlite3_; then echo 'it needs SQLite'; exit 1; fi
cargo test --quiet --locked -p kpclient --no-default-features --lib
cargo test --quiet --locked --no-default-features --test c_suite -- --quick values boxes operations
passed 'STORE=no: unit tests, programs in C'

build bundled
if readelf -dW "$KPC_LIB_DIR/libkpclient.so" | grep 'NEEDED.*sqlite'; then echo 'it needs SQLite'; exit 1; fi
cargo test --quiet --locked --features store-bundled --test c_suite -- --quick store_
passed 'STORE=bundled: programs in C'

# Both have their own SQLite: what the program has is called by the program alone.
cat > "$work/program.c" <<'END_C'
#include <kpclient.h>
#include <stdio.h>
#include <string.h>

const char *sqlite3_libversion(void);
int sqlite3_open_v2(const char *path, void **database, int flags, const char *vfs);
int sqlite3_close(void *database);

#ifdef MADE_UP
static int called;

const char *sqlite3_libversion(void)
{
    called++;
    return "made up";
}

int sqlite3_open_v2(const char *path, void **database, int flags, const char *vfs)
{
    called++;
    (void)path;
    (void)flags;
    (void)vfs;
    *database = NULL;
    return 1;
}

int sqlite3_close(void *database)
{
    called++;
    return database != NULL;
}
#endif

int main(int argc, char **argv)
{
    kpc_config *config = NULL;
    kpc_client *client = NULL;
    kpc_store *store = NULL;
    kpc_error *error = NULL;
    void *database = NULL;

    if (argc != 2 || kpc_config_new(&config, NULL) != KPC_OK ||
        kpc_config_set_unix(config, "/nowhere", NULL) != KPC_OK || kpc_client_new(config, &client, NULL) != KPC_OK)
        return 1;
    if (kpc_store_open(client, argv[1], 60000, &store, &error) != KPC_OK) {
        fprintf(stderr, "%s\n", kpc_error_message(error));
        return 2;
    }
#ifdef MADE_UP
    if (called != 0)
        return 3;
    if (sqlite3_open_v2(":memory:", &database, 2, NULL) != 1 || strcmp(sqlite3_libversion(), "made up") != 0)
        return 4;
#else
    if (sqlite3_open_v2(":memory:", &database, 2, NULL) != 0 || sqlite3_libversion()[0] != '3')
        return 4;
#endif
    if (sqlite3_close(database) != 0 || kpc_store_close(store, 60000, NULL) != KPC_OK)
        return 5;
    kpc_store_free(store);
    kpc_client_free(client);
    kpc_config_free(config);
    return 0;
}
END_C
native=$(cat "$KPC_LIB_DIR/static-libs")
beside() { # WHAT, then flags
    what=$1
    shift
    # shellcheck disable=SC2086 # flags are words
    ${CC:-cc} -Iinclude "$work/program.c" "$@" -o "$work/program" > "$work/log" 2>&1 ||
        { echo "$what does not link:"; head -n 5 "$work/log"; exit 1; }
    "$work/program" "$work/store-$count.db" || { echo "$what ended with $?"; exit 1; }
    passed "STORE=bundled: $what"
}
# The program's functions take the place of the system's for a shared library, too.
shared="-rdynamic -Wl,-rpath,$KPC_LIB_DIR $KPC_LIB_DIR/libkpclient.so"
static="$KPC_LIB_DIR/libkpclient.a $native"
# shellcheck disable=SC2086 # flags are words
{
    beside 'the static library in a program with functions of the same names' -DMADE_UP $static
    beside 'the shared library in a program with functions of the same names' -DMADE_UP $shared
    if pkg-config --exists sqlite3 2> /dev/null; then
        system=$(pkg-config --libs sqlite3)
        beside "the static library before the system's SQLite" $static $system
        beside "the static library after the system's SQLite" $system $static
        beside "the shared library before the system's SQLite" $shared $system
        beside "the shared library after the system's SQLite" $system $shared
    else
        echo "there is no SQLite of the system to stand beside"
    fi
}
echo "ways to build: $count passed, 0 failed, 0 skipped"
