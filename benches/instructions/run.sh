#!/usr/bin/env bash
# Instructions per blocking local call, counted by callgrind: a figure that does not depend on
# the machine's mood. Needs valgrind; run `make` first.
set -euo pipefail
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build}
target=${CARGO_TARGET_DIR:-target}
command -v valgrind >/dev/null || { echo "skipped: no valgrind"; exit 77; }
work=$(mktemp -d)
sim=
trap '[ -z "$sim" ] || { kill "$sim" 2>/dev/null; wait "$sim" 2>/dev/null || true; }; rm -rf "$work"' EXIT

cargo build --quiet --release --locked -p kpclientd-sim
"${CC:-cc}" -O2 -std=c99 -Iinclude benches/instructions/count.c -o "$work/count" \
    -L"$BUILD/lib" -Wl,-rpath,"$(realpath "$BUILD/lib")" -lkpclient
"$target/release/kpclientd-sim" --unix "$work/sock" --instant >"$work/ready" </dev/null &
sim=$!
until grep -q '^ready:' "$work/ready"; do kill -0 "$sim"; sleep 0.05; done

count() {
    valgrind --tool=callgrind --callgrind-out-file="$work/out.$1" "$work/count" "$work/sock" "$1" \
        >/dev/null 2>"$work/log"
    sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$work/log"
}
few=$(count 2000)
many=$(count 6000)
echo "instructions per blocking local call: $(((many - few) / 4000))"
if [ "${1:-}" = profile ]; then
    callgrind_annotate --threshold=80 "$work/out.6000" | head -60
fi
