#!/usr/bin/env bash
# Channels that remember: messages that are durable beside a program that only commits, opening a
# store with much in it, and readers of quiet channels. Run `make lib` first. Takes two minutes, and
# needs the headers of SQLite.
#
#   STORE_DIR=PATH   where the databases are: the disk that is measured (the current directory)
set -euo pipefail
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build}
target=${CARGO_TARGET_DIR:-target}
pkg-config --exists sqlite3 || { echo "skipped: the headers of SQLite are not installed"; exit 0; }
work=$(mktemp -d "${STORE_DIR:-.}/bench-store.XXXXXX")
sim=
finish() {
    [ -z "$sim" ] || { kill "$sim" 2>/dev/null && wait "$sim" 2>/dev/null; } || true
    rm -rf "$work"
}
trap finish EXIT

cargo build --quiet --release --locked -p kpclientd-sim
# shellcheck disable=SC2046 # flags are words
"${CC:-cc}" -O2 -std=c99 -D_GNU_SOURCE -Wall -Wextra -Werror -Iinclude benches/store/store.c \
    benches/report.c -o "$work/store" -L"$BUILD/lib" -Wl,-rpath,"$(realpath "$BUILD/lib")" \
    -lkpclient $(pkg-config --cflags --libs sqlite3) -lpthread
"$target/release/kpclientd-sim" --unix "$work/sock" --instant >"$work/log" </dev/null &
sim=$!
until grep -qs '^ready:' "$work/log"; do
    kill -0 "$sim" || { echo "the simulator did not start" >&2; exit 1; }
    sleep 0.05
done
echo "$(uname -sm), $(nproc) processors, load $(cut -d' ' -f1 /proc/loadavg), $(date +%Y-%m-%d)"
"$work/store" "$work" "$work/sock"
