#!/bin/sh
# Python: the shared library through ctypes, as a first foreign language; the package kpclient with its
# tests, and the table of scenarios. The programs of tests/peers for the Python thin client, with their import changed.
# It may be skipped: where there is no Python, or cffi is not there and cannot be fetched.
set -eu
command -v python3 > /dev/null || { echo 'there is no Python'; exit 77; }
python3 -B tests/python/first.py "$KPC_LIB_DIR/libkpclient.so.0"

# Where this Python has no cffi an environment gets one from the package registry, once.
python=python3
if ! python3 -c 'import cffi' 2> /dev/null; then
    wanted=bindings/python/requirements.txt
    there=$BUILD/python
    if ! cmp -s "$wanted" "$there/installed.txt"; then
        rm -rf "$there"
        python3 -m venv "$there" > /dev/null 2>&1 ||
            { echo 'this Python makes no virtual environments (python3-venv)'; exit 77; }
        "$there/bin/pip" install --quiet --disable-pip-version-check --no-input --timeout 20 --retries 1 \
            --requirement "$wanted" > "$BUILD/pip.log" 2>&1 ||
            { rm -rf "$there"; echo "cffi cannot be installed: $(tail -n 1 "$BUILD/pip.log")"; exit 77; }
        cp "$wanted" "$there/installed.txt"
    fi
    python=$there/bin/python
fi

unset PYTHONHOME
PYTHONPATH=$PWD/bindings/python/src
KPCLIENT_LIBRARY=$KPC_LIB_DIR/libkpclient.so.0
export PYTHONPATH KPCLIENT_LIBRARY
"$python" -B bindings/python/tests/run.py
"$python" -B tests/peers/run.py drop_in
"$python" -B bindings/python/tests/scenarios.py bindings/scenarios/scenarios.json
