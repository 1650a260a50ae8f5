#!/bin/sh
# The library on other systems, as far as this machine can show it.
#
#   packaging/platforms.sh BUILD [NAME...]   all of them, or these; writes BUILD/platforms
#   packaging/platforms.sh list              their names
#
# Each part builds the library for one system, with zig as its C compiler and linker or with Rust's
# own linker, and runs or inspects what it can here. It prints what it did in one line; where a tool
# is missing, that line says "skipped" and how to get it. The simulator is BUILD/bin/kpclientd-sim.
#
# ZIG is the command of zig, as 'python3 -m ziglang' (PyPI: ziglang). PLATFORM_PROFILE=release builds
# as a release does, which takes longer.
set -eu
cd "$(dirname "$0")/.."
parts='glibc-2.17 aarch64 armv7 musl macos-aarch64 macos-x86_64 ios windows'
if [ "${1-}" = list ]; then
    echo "$parts" | tr ' ' '\n'
    exit
fi
[ $# -gt 0 ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
mkdir -p "$1/platforms"
build=$(realpath "$1")
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
for part in ${*:-$parts}; do
    mkdir -p "$work/$part" "$build/platforms/$part"
    code=0
    packaging/platforms/part.sh "$part" "$build" "$work/$part" > "$work/said" 2>&1 || code=$?
    case $code in
    0) echo "$part: $(tail -n 1 "$work/said")" ;;
    77) echo "skipped $part: $(tail -n 1 "$work/said")" ;;
    *)
        failed=1
        tail -n 40 "$work/said"
        echo "FAILED $part"
        ;;
    esac
    rm -rf "${work:?}/$part"
done
exit "$failed"
