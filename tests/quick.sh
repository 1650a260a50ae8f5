#!/bin/sh
# The working loop, `make check-quick`: what breaks most often, in under a minute once all is
# built. `make check` is the whole.
set -eu
cd "$(dirname "$0")/.."
features=$(make --silent --no-print-directory features)
cargo fmt --all --check
# As in tests/run/10-rust.sh.
RUST_TEST_THREADS=${RUST_TEST_THREADS:-$(($(nproc) * 2))}
export RUST_TEST_THREADS
# shellcheck disable=SC2086 # flags are words
cargo test --quiet --locked $features --lib --test docs --test abi --test golden_c \
    --test scripted
# shellcheck disable=SC2086
cargo test --quiet --locked $features --test c_suite -- --quick boxes callbacks lifecycle messages null_args operations
# shellcheck disable=SC2086
cargo clippy --quiet --workspace --all-targets --locked $features -- -D warnings
echo 'make check is the whole'
