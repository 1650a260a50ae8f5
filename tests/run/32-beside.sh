#!/bin/sh
# The static library stands beside another one written in Rust, in either order, with every linker
# that is here, as PIE or not, and with -static; so does the shared one. A panic in either is caught where it should
# be; the library's own says file and line in its error and prints nothing.
# may be skipped: where there is no rustc
set -eu
command -v "${RUSTC:-rustc}" > /dev/null || { echo 'there is no rustc'; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
native=$(cat "$KPC_LIB_DIR/static-libs")

cat > "$work/other.rs" <<'END_RS'
/// 1 when a panic was caught.
#[no_mangle]
pub extern "C" fn other_catches() -> i32 {
    std::panic::catch_unwind(|| panic!("on purpose")).is_err() as i32
}
END_RS
cat > "$work/main.c" <<'END_C'
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <kpclient.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

int other_catches(void);

static int broken;

/* The kernel's randomness, until it is made to fail: the library cannot work then and panics. */
ssize_t getrandom(void *to, size_t size, unsigned flags)
{
    if (broken) {
        errno = EPERM;
        return -1;
    }
    return syscall(SYS_getrandom, to, size, flags);
}

/* Nor is the file to be opened that would serve in its place. */
int open64(const char *path, int flags, ...)
{
    va_list more;
    int mode;

    va_start(more, flags);
    mode = flags & O_CREAT ? va_arg(more, int) : 0;
    va_end(more);
    if (broken && strncmp(path, "/dev/", 5) == 0) {
        errno = EPERM;
        return -1;
    }
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_LARGEFILE, mode);
}

int main(void)
{
    kpc_config *config = NULL;
    kpc_client *client = NULL;
    kpc_error *error = NULL;
    kpc_status status;

    if (!other_catches())
        return 1;
    if (kpc_config_new(&config, NULL) != KPC_OK)
        return 2;
    if (kpc_config_set_unix(config, "/nowhere", NULL) != KPC_OK)
        return 2;
    broken = 1;
    status = kpc_client_new(config, &client, &error);
    if (status != KPC_ERR_PANIC) {
        fprintf(stderr, "not a caught panic: %d\n", (int)status);
        return 3;
    }
    if (strstr(kpc_error_message(error), ".rs:") == NULL) {
        fprintf(stderr, "no file and line: %s\n", kpc_error_message(error));
        return 5;
    }
    kpc_error_free(error);
    kpc_config_free(config);
    return other_catches() ? 0 : 4;
}
END_C
"${RUSTC:-rustc}" --crate-type staticlib -O "$work/other.rs" -o "$work/libother.a"
# The same with optimisation across crates, as releases have it.
"${RUSTC:-rustc}" --crate-type staticlib -O -C lto=fat -C codegen-units=1 "$work/other.rs" -o "$work/liblto.a"
${CC:-cc} -Iinclude -c "$work/main.c" -fPIE -o "$work/main.o"

count=0
ours=$KPC_LIB_DIR/libkpclient.a
try() { # WHAT, then the linker's arguments
    what=$1
    shift
    # shellcheck disable=SC2086 # flags are words
    ${CC:-cc} "$work/main.o" "$@" $native -o "$work/program" > "$work/log" 2>&1 ||
        { echo "$what does not link:"; head -n 5 "$work/log"; exit 1; }
    "$work/program" > "$work/log" 2>&1 || { echo "$what ended with $?:"; cat "$work/log"; exit 1; }
    if grep 'panicked at' "$work/log" | grep -v '/other\.rs:'; then echo "$what printed this"; exit 1; fi
    echo "$what: both catch their panics"
    count=$((count + 1))
}
for linker in bfd gold lld; do
    command -v "ld.$linker" > /dev/null || { echo "there is no ld.$linker to try"; continue; }
    for other in libother.a liblto.a; do
        for kind in -pie -no-pie -static; do
            try "$linker $kind, before $other" -fuse-ld=$linker $kind "$ours" "$work/$other"
            try "$linker $kind, after $other" -fuse-ld=$linker $kind "$work/$other" "$ours"
        done
    done
done
# The program's getrandom takes the place of the system's for a shared library, too.
shared="-rdynamic -Wl,-rpath,$KPC_LIB_DIR $KPC_LIB_DIR/libkpclient.so"
for other in libother.a liblto.a; do
    # shellcheck disable=SC2086 # flags are words
    try "the shared library beside $other" "$work/$other" $shared
done
echo "combinations: $count passed, 0 failed, 0 skipped"
