#!/bin/sh
# The tests in Rust, and through them the C programs of tests/c (plain, valgrind, AddressSanitizer).
set -eu
cargo test --workspace --locked --no-fail-fast
