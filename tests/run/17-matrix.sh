#!/bin/sh
# A selection of the fault matrix: each kind of call, each fault, each era of daemons.
# `make torture` runs all of it; tests/torture/matrix.sh says how one cell is run again.
set -eu
KPC_MATRIX_SEED=${KPC_MATRIX_SEED:-$(date +%s)} tests/torture/matrix.sh
