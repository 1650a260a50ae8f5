#!/bin/sh
# AddressSanitizer and ThreadSanitizer in the library and Rust's standard library as well, with some of the programs of
# tests/c; `make sanitize` takes all of them.
# It may be skipped: where CHECK_SANITIZE is not set, as it builds everything twice more, and where nightly Rust or its
# sources are not installed.
set -eu
if [ -z "${CHECK_SANITIZE:-}" ]; then
    echo 'not asked for: CHECK_SANITIZE=some make check'
    exit 77
fi
SANITIZE='handles boxes callbacks exactly_once_race store_story' tests/sanitize/run.sh
