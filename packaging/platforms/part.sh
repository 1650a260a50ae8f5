#!/bin/sh
# One part of packaging/platforms.sh: part.sh NAME BUILD WORK. The last line that it prints says what
# was done; exit code 77 means that this machine cannot do it, for the reason in that line.
set -eu
part=$1 build=$2 work=$3
out=$build/platforms/$part
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
abi=$(sed -n 's/^ABI := //p' Makefile)
profile=${PLATFORM_PROFILE:-dev}
sysroot=$(rustc --print sysroot)
host=$(rustc -vV | sed -n 's/^host: //p')
lld=$sysroot/lib/rustlib/$host/bin/rust-lld

skip() { echo "$*"; exit 77; }
fail() { echo "$*"; exit 1; }

# A C compiler for this system, as zig names it: $work/cc. The crate cc and rustc name it otherwise,
# which zig does not understand.
compiler() {
    zig=${ZIG-}
    [ -n "$zig" ] || ! command -v zig > /dev/null || zig=zig
    [ -n "$zig" ] || ! python3 -c 'import ziglang' 2> /dev/null || zig='python3 -m ziglang'
    [ -n "$zig" ] || skip "there is no zig (pip install ziglang; ZIG='python3 -m ziglang')"
    cat > "$work/cc" << END
#!/bin/sh
for word; do
    shift
    case \$word in --target=*) ;; *) set -- "\$@" "\$word" ;; esac
done
exec $zig cc -target $1 "\$@"
END
    printf '#!/bin/sh\nexec %s ar "$@"\n' "$zig" > "$work/ar"
    chmod +x "$work/cc" "$work/ar"
}

# The static library for a target of Rust's: $library. FEATURES are cargo's flags.
archive() {
    target=$1
    [ -d "$sysroot/lib/rustlib/$target/lib" ] || skip "Rust has no target $target (rustup target add $target)"
    name=$(echo "$target" | tr - _)
    case $profile in dev) folder=debug ;; *) folder=$profile ;; esac
    # shellcheck disable=SC2086 # flags are words
    env KPC_HEADER=skip CARGO_PROFILE_DEV_DEBUG=0 "CC_$name=$work/cc" "AR_$name=$work/ar" \
        cargo rustc --quiet --locked --profile "$profile" -p kpclient --lib --crate-type staticlib \
        ${2-} --target "$target"
    library=${CARGO_TARGET_DIR:-target}/$target/$folder/libkpclient.a
}

# Links the shared library as Linux wants it: $out/libkpclient.so.
shared() {
    "$work/cc" -shared -o "$out/libkpclient.so.$abi" "-Wl,-soname,libkpclient.so.$abi" \
        -Wl,--version-script=abi/kpclient.map -Wl,-z,nodelete -Wl,-z,relro -Wl,-z,now -Wl,-z,defs \
        -Wl,--whole-archive "$library" -Wl,--no-whole-archive -lunwind -lpthread -lm -ldl -lc
    ln -sf "libkpclient.so.$abi" "$out/libkpclient.so"
    exports "$(nm -D --defined-only "$out/libkpclient.so" | sed -n 's/.* T \([^@]*\).*/\1/p')"
}

# Holds the names that a library exports against those of abi/symbols.txt.
exports() {
    abi/symbols.sh list "${2-}" | LC_ALL=C sort > "$work/expected"
    echo "$1" | LC_ALL=C sort > "$work/exported"
    cmp -s "$work/expected" "$work/exported" || {
        diff "$work/expected" "$work/exported" | head -n 20
        fail 'the library exports something else than abi/symbols.txt says'
    }
}

# Compiles programs of tests/c for this system, with these flags, and runs them, by the command $run
# where there is one.
run=
programs() {
    passed=0
    for program in values handles boxes operations lifecycle store_story; do
        # shellcheck disable=SC2086 # flags are words
        "$work/cc" -std=c99 -Wall -Wextra -Werror -g -Iinclude -Itests/c "tests/c/$program.c" $1 -o "$work/$program"
        mkdir "$work/tmp"
        # shellcheck disable=SC2086 # a command is words
        if ! KPC_SIM=$build/bin/kpclientd-sim KPC_LIB_FOR_DEBUGGING=1 KPC_TMP=$work/tmp \
            timeout --kill-after=5 300 $run "$work/$program" > "$work/said" 2>&1; then
            tail -n 20 "$work/said"
            fail "$program failed"
        fi
        rm -rf "$work/tmp"
        passed=$((passed + 1))
    done
}

with_shared() { echo "-L$out -lkpclient -Wl,-rpath,$out"; }

case $part in
glibc-2.17 | aarch64 | armv7 | musl) . packaging/platforms/linux.sh ;;
macos-* | ios) . packaging/platforms/apple.sh ;;
windows) . packaging/platforms/windows.sh ;;
*) fail "there is no platform $part" ;;
esac
