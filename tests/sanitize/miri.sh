#!/bin/sh
# Miri, which sees what Rust holds for undefined behaviour, on the tests of what is our own and needs no system: the
# handle table, hand-offs between threads, the table of operations, time limits, queues of events, secrets; `make miri`.
#
# It begins with two faults that were put there, and fails unless they are found. The other tests compute or call too
# much for it: it is some thousand times slower than the processor, and does not know SQLite.
# Ends with 77 where nightly Rust or Miri is missing; the reason is the last line.
set -eu
cd "$(dirname "$0")/../.."
tests='races:: secret:: client::ops client::runtime client::events'

cargo +nightly miri --version > /dev/null 2>&1 || {
    echo 'Miri is missing: rustup toolchain install nightly --component miri,rust-src'
    exit 77
}
# The header is that of the ordinary build. Clocks and random numbers are the system's.
export KPC_HEADER=skip MIRIFLAGS="-Zmiri-disable-isolation ${MIRIFLAGS-}"
export RUSTFLAGS='--cfg kpc_seeded_fault' CARGO_TARGET_DIR="${BUILD:-build}/miri"

miri() {
    cargo +nightly miri test --quiet --locked --no-default-features --lib -- "$@"
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM HUP
proven=0
for fault in 'seeded_use_after_free:has been freed' 'seeded_data_race:Data race detected'; do
    if miri "${fault%%:*}" > "$log" 2>&1 || ! grep -q "${fault#*:}" "$log"; then
        cat "$log"
        echo "Miri does NOT find ${fault%%:*}"
        exit 1
    fi
    proven=$((proven + 1))
done
echo "seeded faults: $proven passed, 0 failed, 0 skipped"
# shellcheck disable=SC2086 # names are words
miri $tests
