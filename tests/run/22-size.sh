#!/bin/sh
# The stripped shared library is no larger than it was: it grows only where somebody raises the
# bound, and says why in docs/performance.md.
# may be skipped: on machines whose code is of another size
set -eu
case $(uname -m) in
x86_64) bound=1572864 ;;
*)
    echo "no bound is known for $(uname -m)"
    exit 77
    ;;
esac
stripped=$(mktemp)
trap 'rm -f "$stripped"' EXIT
"${STRIP:-strip}" --strip-unneeded -o "$stripped" "$(realpath "$KPC_LIB_DIR/libkpclient.so")"
size=$(wc -c < "$stripped")
echo "stripped libkpclient.so: $size bytes, at most $bound"
[ "$size" -le "$bound" ]
