#!/bin/sh
# The programs of tests/c, with both libraries: plain, under valgrind, with AddressSanitizer.
# CHECK_C=all watches them in both link forms; see tests/c_suite/main.rs.
set -eu
case ${CHECK_C:-} in
all) cargo test --locked --test c_suite -- --all ;;
*) cargo test --locked --test c_suite ;;
esac
