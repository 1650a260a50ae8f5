#!/bin/sh
# Other people's clients on the simulator, and beside the library: `make check-peers`.
# It may be skipped: where they are not installed. Only PEERS=1, which check-peers and .ci/run set,
# installs them, from the package registry; everything else here stays on this machine.
set -eu
peers=$BUILD/peers
for which in newest old; do
    if [ -z "${PEERS:-}" ] && ! cmp -s "tests/peers/$which.txt" "$peers/$which/installed.txt"; then
        echo 'the Python clients are not installed: make check-peers'
        exit 77
    fi
done
[ -z "${PEERS:-}" ] || tests/peers/install.sh "$peers"

unset PYTHONPATH PYTHONHOME
failed=0
"$peers/newest/bin/python" -B tests/peers/run.py current || failed=1
"$peers/newest/bin/python" -B tests/peers/run.py interoperate || failed=1
PYTHONPATH=$PWD/bindings/python/src KPCLIENT_LIBRARY=$KPC_LIB_DIR/libkpclient.so.0 \
    "$peers/newest/bin/python" -B tests/peers/run.py surface || failed=1
"$peers/old/bin/python" -B tests/peers/run.py older || failed=1
"$peers/old/bin/python" -B tests/peers/run.py older_beside || failed=1
exit "$failed"
