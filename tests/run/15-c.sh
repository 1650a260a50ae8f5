#!/bin/sh
# The programs of tests/c, with both libraries: plain, under valgrind, with AddressSanitizer.
# CHECK_C=all watches them in both link forms; see tests/c_suite/main.rs.
set -eu
case ${CHECK_C:-} in all) how=--all ;; *) how= ;; esac
# shellcheck disable=SC2086 # flags are words
cargo test --locked $KPC_FEATURES --test c_suite -- $how
