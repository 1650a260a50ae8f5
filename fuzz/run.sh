#!/bin/sh
# Runs the fuzz targets one after the other, each for FUZZ_S seconds, with AddressSanitizer; `make fuzz`.
#
#   fuzz/run.sh [NAME...]          only these targets
#   FUZZ_PROOF=1 fuzz/run.sh       with a seeded fault in each, which must be found within FUZZ_S; `make fuzz-proof`
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
here=$(pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
mkdir -p found

# Runs a target, with what is given, until it ends or its time is over. All paths are whole: a target may work in
# another directory, and what it did not find would count as empty inputs.
run() { # name, options and directories
    name=$1
    shift
    dictionary=
    [ ! -e "dictionaries/$name" ] || dictionary=-dict=$here/dictionaries/$name
    code=0
    # What a target leaves in the temporary directory when it is ended goes with ours.
    # Long inputs from the beginning: by itself libFuzzer stays with the length of the corpus for an hour and more.
    TMPDIR=$work/tmp "$binaries/$name" -timeout=60 -rss_limit_mb=3000 -len_control=0 $dictionary \
        -print_final_stats=1 -artifact_prefix="$here/found/$name-" "$@" > "$work/log" 2>&1 || code=$?
    count=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log")
    edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$work/log" | tail -n 1)
    rm -rf "$work/tmp"
    mkdir "$work/tmp"
}

# The corpus does not have the seeded fault, and the target finds it.
prove() { # name
    mkdir "$work/$1"
    run "$1" -runs=0 "$here/corpus/$1"
    if [ "$code" != 0 ]; then
        echo "$1: fails with its corpus"
        tail -n 20 "$work/log"
        bad=1
        return
    fi
    run "$1" -max_total_time="$FUZZ_S" "$work/$1" "$here/corpus/$1"
    if grep -q 'the seeded fault' "$work/log"; then
        rm -f "found/$1-crash-"*
        echo "$1: the seeded fault is found after ${count:-?} executions"
    else
        echo "$1: the seeded fault is NOT found in ${count:-?} executions"
        bad=1
    fi
}

fuzz() { # name
    mkdir -p "grown/$1"
    run "$1" -max_total_time="$FUZZ_S" "$here/grown/$1" "$here/corpus/$1"
    if [ "$code" = 0 ]; then
        echo "$1: ${count:-?} executions, ${edges:-?} edges, nothing found"
    else
        grep -vE '^#[0-9]+[[:space:]]+(NEW|REDUCE|pulse|RELOAD)' "$work/log" | tail -n 40
        echo "$1: FAILED after ${count:-?} executions; the input is in fuzz/found"
        bad=1
    fi
}

bad=0
mkdir "$work/tmp"
for target; do
    if [ "$FUZZ_PROOF" = 0 ]; then fuzz "$target"; else prove "$target"; fi
done
exit "$bad"
