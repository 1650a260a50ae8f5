#!/bin/sh
# The shared library through Python's ctypes, as a first foreign language.
# It may be skipped: where there is no Python.
set -eu
command -v python3 > /dev/null || { echo 'there is no Python'; exit 77; }
python3 -B tests/python/first.py "$KPC_LIB_DIR/libkpclient.so.0"
