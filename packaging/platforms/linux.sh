# Part of part.sh: other processors, and older C libraries, of Linux.
# shellcheck shell=sh disable=SC2154

# The command that runs programs for another processor, of Debian's qemu and its C library: $run
emulator() { # QEMU ROOT PACKAGE
    command -v "$1" > /dev/null || skip "there is no $1 (Debian's qemu-user)"
    [ -d "$2/lib" ] || skip "there is no $2 (Debian's $3)"
    run="$1 -L $2"
}

# Of the versions of its symbols that a library needs, none is later than 2.17.
check_glibc() {
    newest=$(readelf --version-info --wide "$out/libkpclient.so" | sed -n 's/.*GLIBC_\([0-9.]*\).*/\1/p' | sort -uV | tail -n 1)
    [ "$(printf '%s\n2.17\n' "$newest" | sort -V | tail -n 1)" = 2.17 ] || fail "it needs glibc $newest"
}

foreign() { # TARGET_OF_RUST TARGET_OF_ZIG QEMU ROOT PACKAGE
    emulator "$3" "$4" "$5"
    compiler "$2.2.17"
    archive "$1" '--features store-bundled'
    shared
    check_glibc
    programs "$(with_shared)"
    echo "built, needs glibc $newest; run by $3: $passed programs of tests/c passed"
}

case $part in
glibc-2.17)
    [ "$(uname -m)" = x86_64 ] || skip "programs for x86_64 do not run on $(uname -m)"
    compiler x86_64-linux-gnu.2.17
    archive x86_64-unknown-linux-gnu '--features store-bundled'
    shared
    check_glibc
    programs "$(with_shared)"
    echo "built, needs glibc $newest; run: $passed programs of tests/c passed"
    ;;
aarch64)
    foreign aarch64-unknown-linux-gnu aarch64-linux-gnu qemu-aarch64 /usr/aarch64-linux-gnu libc6-arm64-cross
    ;;
esac
