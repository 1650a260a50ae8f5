#!/bin/sh
# A 32-bit machine: the unit tests and some of the C programs, linked to the static library.
# CHECK_32=all, which `make check-32` sets, runs all of them; CHECK_32=some, a few.
# It may be skipped: where nobody asks for it, as it builds everything once more, and where Rust's
# target or the compiler's 32-bit libraries are not installed.
set -eu
if [ -z "${CHECK_32:-}" ]; then
    echo 'not asked for: make check-32'
    exit 77
fi
target=i686-unknown-linux-gnu
cc=${CC:-cc}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
case $(uname -m) in
x86_64 | i686) ;;
*)
    echo "no 32-bit programs run on $(uname -m)"
    exit 77
    ;;
esac
echo 'int main(void) { return 0; }' > "$work/try.c"
if ! "$cc" -m32 -o "$work/try" "$work/try.c" 2> /dev/null || ! "$work/try"; then
    echo "$cc makes no 32-bit programs (gcc-multilib)"
    exit 77
fi
if [ ! -d "$(rustc --print sysroot)/lib/rustlib/$target/lib" ]; then
    echo "Rust has no target $target (rustup target add $target)"
    exit 77
fi

# SQLite is compiled in: the system's has 64 bits.
features=$KPC_FEATURES
[ -n "$features" ] || features='--features kpclient/store-bundled'
# shellcheck disable=SC2086 # flags are words
cargo test --quiet --locked --lib -p kpclient $features --target "$target"
# shellcheck disable=SC2086
cargo build --quiet --locked --lib -p kpclient $features --target "$target"
library=${CARGO_TARGET_DIR:-target}/$target/debug/libkpclient.a

programs='handles stats values boxes operations stored tombstones store_story'
if [ "${CHECK_32:-}" = all ]; then
    # Those that load the shared library at run time find none of 32 bits.
    programs=$(basename -s .c tests/c/*.c | grep -v '^dlopen')
fi
case $features in *no-default-features*) programs=$(echo "$programs" | tr ' ' '\n' | grep -v '^store_') ;; esac
passed=0 failed=0 skipped=0
for name in $programs; do
    mkdir "$work/tmp"
    if ! "$cc" -m32 -std=c99 -Wall -Wextra -Werror -pedantic -g -Iinclude -Itests/c "tests/c/$name.c" "$library" \
        -lgcc_s -lutil -lrt -lpthread -lm -ldl -lc -o "$work/$name" > "$work/said" 2>&1; then
        code=1
    else
        code=0
        KPC_LIB_FOR_DEBUGGING=1 KPC_TMP=$work/tmp timeout --kill-after=5 300 "$work/$name" > "$work/said" 2>&1 ||
            code=$?
    fi
    rm -rf "$work/tmp"
    case $code in
    0) passed=$((passed + 1)) ;;
    77)
        skipped=$((skipped + 1))
        echo "$name cannot run here: $(tail -n 1 "$work/said")"
        ;;
    *)
        failed=$((failed + 1))
        echo "FAILED $name ($code)"
        tail -n 20 "$work/said"
        ;;
    esac
done
echo "C programs on 32 bits: $passed runs passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
