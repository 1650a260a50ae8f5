#!/bin/sh
# The stripped shared library is no larger than it was: it grows only where somebody raises the
# bound, and says why in docs/performance.md. Each way to build it has a bound of its own; the first, of
# the library without channels that remember, is held by 35-store.sh.
# may be skipped: on machines whose code is of another size
set -eu
library=$(realpath "$KPC_LIB_DIR/libkpclient.so")
if [ "$(uname -m)" != x86_64 ]; then
    echo "no bound is known for $(uname -m)"
    exit 77
elif ! nm -D --defined-only "$library" | grep -q ' kpc_store_open\(@\|$\)'; then
    store=no bound=1835008
elif readelf -dW "$library" | grep -q 'NEEDED.*libsqlite3'; then
    store=system bound=2621440
else
    store=bundled bound=3276800
fi
stripped=$(mktemp)
trap 'rm -f "$stripped"' EXIT
"${STRIP:-strip}" --strip-unneeded -o "$stripped" "$library"
size=$(wc -c < "$stripped")
echo "stripped libkpclient.so of STORE=$store: $size bytes, at most $bound"
[ "$size" -le "$bound" ]
