#!/bin/sh
# Rust: the story of bindings/rust, as its README tells it. The crate's tests and the scenarios are in 10-rust.
# It may be skipped: where the library has no store.
set -eu
case $KPC_FEATURES in
*no-default-features*) echo 'the library has no store'; exit 77 ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMPDIR="$work"
# shellcheck disable=SC2086 # flags are words
cargo run --quiet --locked $KPC_FEATURES --example story "$KPC_SIM" > "$work/told"
sed -n '/^connected$/,/^an error by its name/p' bindings/rust/README.md | diff - "$work/told"
echo 'story of Rust: 1 passed, 0 failed, 0 skipped'
