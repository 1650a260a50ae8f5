#!/usr/bin/env bash
# make bench: builds the simulator and the benchmark, runs it, plots how cost grows.
#
#   BENCH_SCALE=0.1   a quick look instead of good figures
#   BENCH_PACE=0      leave out the tables of benches/pace, which take half an hour
#   BENCH_UNIX=PATH   measure a real daemon at this socket instead of the simulator
set -euo pipefail
cd "$(dirname "$0")/.."
BUILD=${BUILD:-build}
target=${CARGO_TARGET_DIR:-target}
work=$(mktemp -d)
pids=()
finish() {
    for pid in "${pids[@]}"; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap finish EXIT

cargo build --quiet --release --locked -p kpclientd-sim
"${CC:-cc}" -O2 -std=c99 -D_GNU_SOURCE -Wall -Wextra -Werror -Iinclude benches/*.c -o "$BUILD/bench" \
    -L"$BUILD/lib" -Wl,-rpath,"$(realpath "$BUILD/lib")" -lkpclient -lpthread
cp "$BUILD/lib/libkpclient.so" "$work/stripped.so"
"${STRIP:-strip}" --strip-unneeded "$work/stripped.so"

# start_sim NAME OPTIONS...: waits until it listens, then its line is in $work/NAME.
start_sim() {
    local name=$1
    shift
    mkfifo "$work/$name.in"
    "$target/release/kpclientd-sim" --unix "$work/$name.sock" "$@" >"$work/$name" <"$work/$name.in" &
    pids+=($!)
    exec {keep}>"$work/$name.in"
    until grep -q '^ready:' "$work/$name"; do
        kill -0 "${pids[-1]}" || { echo "the simulator did not start" >&2; exit 1; }
        sleep 0.05
    done
}

rm -f "$BUILD/bench.jsonl"
common=(--json "$BUILD/bench.jsonl" --scale "${BENCH_SCALE:-1}")
echo "$(uname -sm), $(nproc) processors, load $(cut -d' ' -f1 /proc/loadavg), $(date +%Y-%m-%d)"
if [ -n "${BENCH_UNIX:-}" ]; then
    "$BUILD/bench" "${common[@]}" --library "$work/stripped.so" --unix "$BENCH_UNIX" "$@"
else
    tcp_of() { sed -n 's/^ready:.*tcp=\([^ ]*\).*/\1/p' "$work/$1"; }
    # The real daemon needs 30 to 50 microseconds for a local request; so does this one. The same
    # against one that needs nearly none shows what the library adds at its barest.
    start_sim paced --tcp 127.0.0.1:0 --instant --local-work 30
    start_sim slow --lambda-p 0.05 --latency 100 --encrypt-cost 0
    "$BUILD/bench" "${common[@]}" --library "$work/stripped.so" --unix "$work/paced.sock" \
        --tcp "$(tcp_of paced)" --slow "$work/slow.sock" "$@"
    if [ $# -eq 0 ]; then
        start_sim idle --tcp 127.0.0.1:0 --instant
        "$BUILD/bench" "${common[@]}" --unix "$work/idle.sock" --tcp "$(tcp_of idle)" --only calls \
            --label " (daemon without work)"
    fi
fi
# Boxes at the pace of a network: minutes of waiting, hardly any work.
if [ $# -eq 0 ] && [ -z "${BENCH_UNIX:-}" ] && [ "${BENCH_PACE:-1}" != 0 ]; then
    for what in at-once priced waiting beside; do
        BUILD="$BUILD" benches/pace/run.sh "$what"
    done
fi
if command -v python3 >/dev/null; then
    python3 benches/plot.py "$BUILD/bench.jsonl" "$BUILD/growth.svg" && echo "plotted: $BUILD/growth.svg"
else
    echo "skipped: no python3, so no plot"
fi
