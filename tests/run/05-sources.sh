#!/bin/sh
# The sources as such: their format, the compiler's and clippy's warnings, their size, and that
# none names a place of some machine.
set -eu
cargo fmt --all --check
echo 'rustfmt: nothing to change'
# shellcheck disable=SC2086 # flags are words
cargo clippy --workspace --all-targets --locked $KPC_FEATURES -- -D warnings
cargo clippy --lib --locked --no-default-features -- -D warnings
echo 'clippy: no warnings, with and without the store'

if ! command -v git > /dev/null || ! git rev-parse --git-dir > /dev/null 2>&1; then
    echo 'no git repository: sizes and paths are not looked at'
    exit 0
fi
git ls-files '*.rs' '*.c' '*.sh' '*.cpp' 'bindings/*.hpp' | xargs wc -l |
    awk '$2 != "total" && $1 > 500 { print $2 " has " $1 " lines"; found = 1 } END { exit found }'
echo 'no file of more than 500 lines'
# An address of a file on somebody's machine; those of devices and of every system are none.
if git grep -nE '(^|[^A-Za-z0-9_.$~-])/(root|home|work|Users)/[A-Za-z]' -- . ':!tests/run/05-sources.sh'; then
    exit 1
fi
echo 'no path of a machine'
