#!/bin/sh
# A short soak, and soaks whose model is told something wrong, which must notice: a box with another
# content, a completion that comes twice, an object that is left. `make soak` takes an hour.
set -eu
passed=0 failed=0
if SOAK_S=${CHECK_SOAK_S:-10} tests/torture/soak.sh; then
    passed=1
else
    failed=1
fi
for defect in box double leak; do
    log=$(mktemp)
    if SOAK_S=2 SOAK_SEED=5 SOAK_DEFECT=$defect tests/torture/soak.sh > "$log" 2>&1 || ! grep -q '^FOUND' "$log"; then
        echo "a soak with the defect \"$defect\" noticed nothing:"
        cat "$log"
        failed=$((failed + 1))
    else
        passed=$((passed + 1))
    fi
    rm "$log"
done
echo "soaks: $passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
