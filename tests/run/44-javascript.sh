#!/bin/sh
# JavaScript: the addon is built against the libraries, then its tests and the scenarios of all languages.
# It may be skipped: where there is no Node of 18.17 or later, or its headers are not there; the types, where
# TypeScript's compiler is not here. Only BINDINGS=1, which .ci/run sets, fetches that.
set -eu
command -v node > /dev/null || { echo 'there is no Node'; exit 77; }
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 18 || (a === 18 && b >= 17) ? 0 : 1)' ||
    { echo "Node is older than 18.17: $(node --version)"; exit 77; }

# A library without the store has not all that the addon calls.
case $KPC_FEATURES in *no-default-features*) echo 'the addon needs the store'; exit 77 ;; esac

unset NODE_OPTIONS NODE_PATH
KPCLIENT_ADDON=$BUILD/javascript/kpclient.node
export KPCLIENT_ADDON
code=0
bindings/javascript/build.sh "$KPCLIENT_ADDON" || code=$?
[ "$code" != 2 ] || { echo 'the headers of Node are not there'; exit 77; }
[ "$code" = 0 ] || exit "$code"

failed=0
log=$BUILD/javascript/tests.log
node --expose-gc --test --test-reporter=tap bindings/javascript/test/*.test.js > "$log" || failed=1
grep -E '^ *(not )?ok ' "$log"
[ "$failed" = 0 ] || cat "$log"
awk '/^# pass / { p = $3 } /^# fail / { f = $3 } /^# skipped / { s = $3 }
    END { printf "JavaScript tests: %d passed, %d failed, %d skipped\n", p, f, s }' "$log"
node --expose-gc bindings/javascript/test/scenarios.js bindings/scenarios/scenarios.json || failed=1

# The types, by TypeScript's compiler, which is fetched once.
types=$BUILD/javascript/types
wanted=bindings/javascript/test/types/package.json
if ! cmp -s "$wanted" "$types/fetched.json" && [ -n "${BINDINGS:-}" ] && command -v npm > /dev/null; then
    rm -rf "$types"
    mkdir -p "$types"
    cp "$wanted" "$types/"
    if npm install --prefix "$types" --ignore-scripts --no-package-lock --no-audit --no-fund --no-update-notifier \
        --fetch-retries=1 --fetch-timeout=60000 > "$BUILD/javascript/npm.log" 2>&1; then
        ln -s "$PWD/bindings/javascript" "$types/node_modules/kpclient"
        cp "$wanted" "$types/fetched.json"
    fi
fi
if cmp -s "$wanted" "$types/fetched.json"; then
    cp bindings/javascript/test/types/*.ts bindings/javascript/test/types/tsconfig.json "$types/"
    if node "$types/node_modules/typescript/bin/tsc" --preserveSymlinks --project "$types"; then
        echo 'types for TypeScript: 1 passed, 0 failed, 0 skipped'
    else
        failed=1
    fi
else
    echo 'skipped types for TypeScript: its compiler is not here, BINDINGS=1 make check fetches it where there is npm'
    echo 'types for TypeScript: 0 passed, 0 failed, 1 skipped'
fi
exit "$failed"
