#!/bin/sh
# A selection of the fault matrix: each kind of call, each fault, each era of daemons.
# Each time the same one; KPC_MATRIX_SEED=N takes another. `make torture` runs all of it; tests/torture/matrix.sh says how one cell is run again.
set -eu
tests/torture/matrix.sh
