# Part of part.sh: other processors, and older and other C libraries, of Linux.
# shellcheck shell=sh disable=SC2154

# The command that runs programs for another processor, of Debian's qemu and its C library: $run
emulator() { # QEMU ROOT PACKAGE
    command -v "$1" > /dev/null || skip "there is no $1 (Debian's qemu-user)"
    [ -d "$2/lib" ] || skip "there is no $2 (Debian's $3)"
    run="$1 -L $2"
}

# Of the versions of glibc that a library needs, by its symbols, none is later than this one.
check_glibc() { # VERSION
    newest=$(readelf --version-info --wide "$out/libkpclient.so" | sed -n 's/.*GLIBC_\([0-9.]*\).*/\1/p' | sort -uV | tail -n 1)
    [ "$(printf '%s\n' "$newest" "$1" | sort -V | tail -n 1)" = "$1" ] || fail "it needs glibc $newest"
}

foreign() { # TARGET_OF_RUST TARGET_OF_ZIG GLIBC QEMU ROOT PACKAGE
    emulator "$4" "$5" "$6"
    compiler "$2.$3"
    archive "$1" '--features store-bundled'
    shared
    check_glibc "$3"
    programs "$(with_shared)"
    echo "built, needs glibc $newest; run by $4: $passed programs of tests/c passed"
}

case $part in
glibc-2.17)
    [ "$(uname -m)" = x86_64 ] || skip "programs for x86_64 do not run on $(uname -m)"
    compiler x86_64-linux-gnu.2.17
    archive x86_64-unknown-linux-gnu '--features store-bundled'
    shared
    check_glibc 2.17
    programs "$(with_shared)"
    echo "built, needs glibc $newest; run: $passed programs of tests/c passed"
    ;;
aarch64)
    foreign aarch64-unknown-linux-gnu aarch64-linux-gnu 2.17 qemu-aarch64 /usr/aarch64-linux-gnu libc6-arm64-cross
    ;;
armv7)
    # Before that version its fcntl handed locks of 32-bit offsets on as if they had 64 bits.
    foreign armv7-unknown-linux-gnueabihf arm-linux-gnueabihf 2.28 qemu-arm /usr/arm-linux-gnueabihf libc6-armhf-cross
    ;;
musl)
    [ "$(uname -m)" = x86_64 ] || skip "programs for x86_64 do not run on $(uname -m)"
    # Rust's standard library calls functions that musl has since then.
    loader=${MUSL_LOADER:-/lib/ld-musl-x86_64.so.1}
    how="of musl 1.2.5, as Alpine 3.20 and Debian 13 have it; MUSL_LOADER names one"
    [ -x "$loader" ] || skip "there is no $loader $how"
    has=$("$loader" 2>&1 | sed -n 's/^Version //p')
    [ "$(printf '1.2.5\n%s\n' "$has" | sort -V | head -n 1)" = 1.2.5 ] || skip "$loader is that of musl $has, and not $how"
    compiler x86_64-linux-musl
    archive x86_64-unknown-linux-musl '--features store-bundled'
    shared
    needed=$(readelf --dynamic --wide "$out/libkpclient.so" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | tr '\n' ' ')
    [ "$needed" = 'libc.so ' ] || fail "it needs $needed"
    programs "$(with_shared) -dynamic -Wl,--dynamic-linker=$(realpath "$loader")"
    echo "built, needs libc.so alone; run on musl $has: $passed programs of tests/c passed"
    ;;
esac
