#!/bin/sh
# The tests in Rust. The programs of tests/c are a part of their own.
set -eu
# Most of them wait for a socket or a timer and not for a processor.
RUST_TEST_THREADS=${RUST_TEST_THREADS:-$(($(nproc) * 2))}
export RUST_TEST_THREADS
# shellcheck disable=SC2086 # flags are words
KPC_C_SUITE=apart cargo test --workspace --locked --no-fail-fast $KPC_FEATURES
