#!/bin/sh
# Links libkpclient.0.dylib for macOS of the static library that cargo made.
#
#   packaging/link_dylib.sh ARCHIVE OUT ARCH SDK [OPTION...]
#
# LD is Apple's linker, or one that takes its options; ARCH is arm64 or x86_64. Programs find the
# library by their run path. One that was linked with a later minor version refuses an earlier one.
set -eu
archive=$1 out=$2 arch=$3 sdk=$4
shift 4
cd "$(dirname "$0")/.."
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
abi=$(sed -n 's/^ABI := //p' Makefile)
name=libkpclient.$abi.dylib
mkdir -p "$out"
list=$(mktemp)
trap 'rm -f "$list"' EXIT
abi/symbols.sh list "${STORE:-yes}" | sed 's/^/_/' > "$list"
# shellcheck disable=SC2086 # LD may have options
${LD:-ld} -dylib -arch "$arch" -platform_version macos 11.0 11.0 -syslibroot "$sdk" -o "$out/$name" \
    -install_name "@rpath/$name" -compatibility_version "${version%.*}.0" -current_version "$version" \
    -exported_symbols_list "$list" -dead_strip -force_load "$archive" -lSystem "$@"
ln -sf "$name" "$out/libkpclient.dylib"
