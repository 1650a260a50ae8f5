#!/bin/sh
# Runs the fuzz targets one after the other, each for FUZZ_S seconds, with AddressSanitizer; `make fuzz`.
#
#   fuzz/run.sh [NAME...]          only these targets
#   FUZZ_PROOF=1 fuzz/run.sh       with a seeded fault in each, which must be found; `make fuzz-proof`
#
# Inputs that reach something new are kept in fuzz/grown, those that fail in fuzz/found. Ends with 77 where
# nightly Rust or cargo-fuzz is missing.
set -eu
cd "$(dirname "$0")"
FUZZ_S=${FUZZ_S:-60}
FUZZ_PROOF=${FUZZ_PROOF:-0}

skip() {
    echo "skipped: fuzzing needs $1"
    exit 77
}
cargo +nightly --version > /dev/null 2>&1 || skip 'nightly Rust: rustup toolchain install nightly'
cargo +nightly fuzz --version > /dev/null 2>&1 || skip 'cargo-fuzz: cargo install cargo-fuzz'

flags=
[ "$FUZZ_PROOF" = 0 ] || flags='--features seeded'
# shellcheck disable=SC2086 # flags are words
cargo +nightly fuzz build --fuzz-dir . $flags
host=$(rustc +nightly -vV | sed -n 's/^host: //p')
binaries=${CARGO_TARGET_DIR:-target}/$host/release

[ $# != 0 ] || set -- $(sed -n 's|^path = "fuzz_targets/\(.*\)\.rs"|\1|p' Cargo.toml)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
mkdir -p found
bad=0
for name; do
    mkdir -p "grown/$name" "$work/tmp"
    grown=grown/$name
    [ "$FUZZ_PROOF" = 0 ] || grown=$work/$name
    mkdir -p "$grown"
    code=0
    # What a target leaves in the temporary directory when it is ended goes with ours.
    TMPDIR=$work/tmp "$binaries/$name" -max_total_time="$FUZZ_S" -timeout=60 -rss_limit_mb=3000 \
        -max_len=65536 -print_final_stats=1 -artifact_prefix="$(pwd)/found/$name-" \
        "$grown" "corpus/$name" > "$work/log" 2>&1 || code=$?
    count=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log")
    edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$work/log" | tail -n 1)
    rm -rf "$work/tmp"
    if [ "$FUZZ_PROOF" != 0 ]; then
        if grep -q 'the seeded fault' "$work/log"; then
            rm -f "found/$name-crash-"*
            echo "$name: the seeded fault is found"
        else
            echo "$name: the seeded fault is NOT found in ${count:-?} executions"
            bad=1
        fi
    elif [ "$code" = 0 ]; then
        echo "$name: ${count:-?} executions, ${edges:-?} edges, nothing found"
    else
        grep -vE '^#[0-9]+[[:space:]]+(NEW|REDUCE|pulse|RELOAD)' "$work/log" | tail -n 40
        echo "$name: FAILED after ${count:-?} executions; the input is in fuzz/found"
        bad=1
    fi
done
exit "$bad"
