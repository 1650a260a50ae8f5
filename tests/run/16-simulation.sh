#!/bin/sh
# Clients, stores and daemon in one thread with virtual time: seeds that are kept, one that nobody has chosen, and
# defects that must be noticed. `make simulate` runs many; a seed that fails is run again by KPC_SIM_SEED.
set -eu
case $KPC_FEATURES in
*--no-default-features*)
    echo "a library without the store is not simulated"
    exit 0
    ;;
esac
# shellcheck disable=SC2086 # flags are words
cargo test --locked $KPC_FEATURES --features simulation --test simulation
