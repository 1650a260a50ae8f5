#!/bin/sh
# The programs of tests/c with a sanitizer in the library, in Rust's standard library and in C; `make sanitize`.
#
#   tests/sanitize/run.sh [address|thread]...           both by default
#   SANITIZE='closing events' tests/sanitize/run.sh     only the programs of tests/c whose names contain one of these
#
# Each begins with faults that were put there, and fails unless they are found. Needs nightly Rust with its
# component rust-src. Ends with 77 where one is missing; the reason is the last line.
set -eu
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build}
# The header is that of the ordinary build.
KPC_HEADER=skip
export KPC_HEADER

skip() {
    echo "$1"
    exit 77
}

# Builds the library with this sanitizer, in $lib. Its runtime is Rust's, for C as well: there can be one only.
build() { # sanitizer, name of its runtime
    lib=$out/lib-$1
    mkdir -p "$lib"
    # shellcheck disable=SC2086 # flags are words
    RUSTFLAGS="-Zsanitizer=$1 -Cforce-frame-pointers=yes --cfg kpc_seeded_fault" CARGO_TARGET_DIR=$out/$1 \
        cargo +nightly rustc --quiet -Zbuild-std --locked $features --target "$host" --lib --crate-type staticlib
    cp "$out/$1/$host/debug/libkpclient.a" "$lib/"
    # Whole, as it takes the place of functions of the C library; its names are seen from other libraries.
    echo "-Wl,--whole-archive $sysroot/lib/rustlib/$host/lib/librustc-nightly_rt.$2.a -Wl,--no-whole-archive" \
        "-rdynamic $sqlite -lgcc_s -lgcc -lrt -lpthread -lm -ldl -lc" > "$lib/static-libs"
}

# A fault is found, with the words of the sanitizer, in this code of the library.
finds() { # sanitizer, fault, words, function
    if "$lib/seeded" "$2" > "$lib/seeded.log" 2>&1 || ! grep -q "$3" "$lib/seeded.log" ||
        ! grep -q "$4" "$lib/seeded.log"; then
        cat "$lib/seeded.log"
        echo "the $1 sanitizer does NOT find the seeded fault: $2"
        exit 1
    fi
    passed=$((passed + 1))
}

# The faults that the sanitizer is to find, and none where there is none.
build_seeded() { # sanitizer
    # shellcheck disable=SC2046 # flags are words
    ${CC:-cc} -std=c99 -g -fsanitize="$1" -nodefaultlibs -Iinclude tests/sanitize/seeded.c "$lib/libkpclient.a" \
        $(cat "$lib/static-libs") -o "$lib/seeded"
    "$lib/seeded" none
}

# The programs of tests/c.
suite() { # sanitizer
    # shellcheck disable=SC2086 # names are words
    KPC_SANITIZER=$1 KPC_LIB_DIR=$lib KPC_LIB_FOR_DEBUGGING=1 \
        cargo test --quiet --locked $features --test c_suite -- ${SANITIZE:-}
}

address() {
    build address asan
    build_seeded address
    finds address free heap-use-after-free 'kpclient::ffi'
    finds address overflow heap-buffer-overflow 'kpclient::ffi'
    finds address own-free heap-use-after-free 'seeded_fault::use_after_free'
    suite address
}

thread() {
    # Some programs fork with threads.
    TSAN_OPTIONS="suppressions=$(pwd)/tests/sanitize/thread.suppressions die_after_fork=0"
    export TSAN_OPTIONS
    build thread tsan
    build_seeded thread
    finds thread race 'data race' 'kpclient::ffi'
    finds thread own-race 'data race' 'seeded_fault::data_race'
    suite thread
}

cargo +nightly --version > /dev/null 2>&1 || skip 'nightly Rust is missing: rustup toolchain install nightly'
sysroot=$(rustc +nightly --print sysroot)
[ -d "$sysroot/lib/rustlib/src/rust/library/std" ] ||
    skip "Rust's sources are missing: rustup component add rust-src --toolchain nightly"
features=$(make --silent --no-print-directory features)
host=$(rustc +nightly -vV | sed -n 's/^host: //p')
sqlite=$(pkg-config --libs sqlite3 2> /dev/null || :)
mkdir -p "$BUILD/sanitize"
out=$(realpath "$BUILD/sanitize")
passed=0
[ $# != 0 ] || set -- address thread
for part; do
    echo "== $part"
    "$part"
done
echo "seeded faults: $passed passed, 0 failed, 0 skipped"
