#!/bin/sh
# The working loop, `make check-quick`: what breaks most often, in under a minute once all is
# built. `make check` is the whole.
set -eu
cd "$(dirname "$0")/.."
cargo fmt --all --check
# As in tests/run/10-rust.sh.
RUST_TEST_THREADS=${RUST_TEST_THREADS:-$(($(nproc) * 2))}
export RUST_TEST_THREADS
cargo test --quiet --locked --lib --test docs --test abi --test golden_c \
    --test scripted
cargo test --quiet --locked --test c_suite -- --quick boxes callbacks lifecycle messages null_args operations
cargo clippy --quiet --workspace --all-targets --locked -- -D warnings
echo 'make check is the whole'
