#!/bin/sh
# The fault matrix, see tests/torture/matrix/main.c. Needs `make lib sim`.
#
#   tests/torture/matrix.sh            a selection, with a line that counts
#   tests/torture/matrix.sh --whole    all of it on MATRIX_JOBS processes (2), with a table; hours
#
# The variables that main.c names choose a seed, or one cell.
set -eu
cd "$(dirname "$0")/../.."
BUILD=$(realpath "${BUILD:-build}")
KPC_SIM=$(realpath "${KPC_SIM:-$BUILD/bin/kpclientd-sim}")
export KPC_SIM
program=$(BUILD=$BUILD tests/torture/build.sh matrix)
here=$PWD
tmp=$(mktemp -d)
pids=
end() {
    # Ended early, it ends what it began; each simulator ends with its program.
    for pid in $pids; do kill "$pid" 2> /dev/null || :; done
    rm -rf "$tmp"
}
trap end EXIT
trap 'exit 130' INT TERM HUP
cd "$tmp"
if [ "${1:-}" != --whole ]; then
    # A child, not in place of this shell, which tidies up.
    "$program"
    exit
fi
jobs=${MATRIX_JOBS:-2}
out=$BUILD/torture/matrix${KPC_MATRIX_PASS:+-$KPC_MATRIX_PASS}.tsv
: > "$out"
part=0
while [ "$part" -lt "$jobs" ]; do
    mkdir "$tmp/$part"
    (cd "$tmp/$part" && KPC_MATRIX=whole KPC_MATRIX_PART=$part/$jobs KPC_MATRIX_OUT=$out exec "$program") &
    pids="$pids $!"
    part=$((part + 1))
done
failed=0
for pid in $pids; do
    wait "$pid" || failed=1
done
pids=
awk -F '\t' -f "$here/tests/torture/matrix/table.awk" "$out"
exit "$failed"
