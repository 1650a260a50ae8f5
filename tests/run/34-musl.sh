#!/bin/sh
# On musl: the library as a static archive in programs that need nothing of the system.
# It may be skipped: where CHECK_MUSL is not set, as it builds everything once more, and where musl-gcc
# or Rust's target is not installed.
set -eu
if [ -z "${CHECK_MUSL:-}" ]; then
    echo 'not asked for: CHECK_MUSL=1 make check'
    exit 77
fi
target=$(uname -m)-unknown-linux-musl
if ! command -v musl-gcc > /dev/null; then
    echo 'there is no musl-gcc (musl-tools)'
    exit 77
fi
runtime=$(rustc --print sysroot)/lib/rustlib/$target/lib/self-contained
if [ ! -f "$runtime/libunwind.a" ]; then
    echo "Rust has no target $target (rustup target add $target)"
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# SQLite is compiled in: the system's is made for glibc.
features=$KPC_FEATURES
[ -n "$features" ] || features='--features kpclient/store-bundled'
# shellcheck disable=SC2086 # flags are words
cargo build --quiet --locked --lib -p kpclient $features --target "$target"
library=${CARGO_TARGET_DIR:-target}/$target/debug/libkpclient.a
passed=0
programs='values handles boxes operations lifecycle callbacks store_story'
case $features in *no-default-features*) programs=${programs% store_story} ;; esac
for name in $programs; do
    # libgcc_eh is made for glibc; Rust brings an unwinder for musl.
    musl-gcc -static -nodefaultlibs -std=c99 -Wall -Wextra -Werror -g -Iinclude -Itests/c "tests/c/$name.c" \
        "$library" "$runtime/libunwind.a" -lc -lgcc -o "$work/$name"
    mkdir "$work/tmp"
    if ! KPC_LIB_FOR_DEBUGGING=1 KPC_TMP=$work/tmp timeout --kill-after=5 300 "$work/$name" > "$work/said" 2>&1; then
        echo "FAILED $name"
        tail -n 20 "$work/said"
        exit 1
    fi
    rm -rf "$work/tmp"
    passed=$((passed + 1))
done
echo "C programs on musl: $passed runs passed, 0 failed, 0 skipped"
