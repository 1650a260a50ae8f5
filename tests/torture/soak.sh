#!/bin/sh
# The soak, see tests/torture/soak/main.c: SOAK_S seconds (3600) of everything at random under random
# faults, a count of what was lost, doubled, wrong or hung, and a picture of what the process had,
# $BUILD/soak.svg (with python3). Needs `make lib sim`.
#
#   SOAK_SEED=N tests/torture/soak.sh   the choices of an earlier run
set -eu
cd "$(dirname "$0")/../.."
BUILD=$(realpath "${BUILD:-build}")
KPC_SIM=$(realpath "${KPC_SIM:-$BUILD/bin/kpclientd-sim}")
SOAK_OUT=$BUILD/torture/soak.jsonl
export KPC_SIM SOAK_OUT
program=$(BUILD=$BUILD tests/torture/build.sh soak)
here=$PWD
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM HUP
code=0
(cd "$tmp" && "$program") || code=$?
if command -v python3 > /dev/null && [ -s "$SOAK_OUT" ]; then
    python3 "$here/benches/plot.py" --linear "$SOAK_OUT" "$BUILD/soak.svg"
fi
exit "$code"
