#!/bin/sh
# What the built libraries export, and what they may not tell of the machine that built them.
set -eu
abi/symbols.sh check "$KPC_LIB_DIR"

library=$(realpath "$KPC_LIB_DIR/libkpclient.so")
dynamic=$(readelf -dW "$library")
for wanted in 'SONAME.*libkpclient\.so\.0' 'FLAGS_1.*NODELETE' 'BIND_NOW'; do
    echo "$dynamic" | grep -q "$wanted" || { echo "not in the dynamic section: $wanted"; exit 1; }
done
readelf -lW "$library" | grep -q GNU_RELRO || { echo 'not read-only after relocation'; exit 1; }
if readelf -lW "$library" | grep GNU_STACK | grep -q E; then echo 'an executable stack'; exit 1; fi
echo 'shared library: soname, nodelete, bind now, relro, no executable stack'

found=$(mktemp)
trap 'rm -f "$found"' EXIT
for file in "$library" "$KPC_LIB_DIR/libkpclient.a"; do
    for path in "$PWD" "$HOME/.cargo" "$HOME/.rustup"; do
        if strings -a "$file" | grep -F "$path/" > "$found"; then
            echo "$file names $path:"
            head -n 3 "$found"
            exit 1
        fi
    done
done
echo 'no path of this machine in the libraries'
