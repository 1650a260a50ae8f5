#!/bin/sh
# Builds the addon with the C compiler and the headers of Node that are installed:
#
#   build.sh [OUT]    OUT is build/kpclient.node by default
#
# KPC_LIB_DIR    a directory with libkpclient.so, instead of what pkg-config finds
# NODE_INCLUDE   the directory with node_api.h
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/build/kpclient.node}
include=${NODE_INCLUDE:-}
if [ -z "$include" ]; then
    # Beside the program, as in Node's own archives, or where distributions put them.
    beside=$(dirname "$(dirname "$(node -p process.execPath)")")/include/node
    for include in "$beside" /usr/include/node /usr/include/nodejs/src /usr/local/include/node; do
        [ ! -e "$include/node_api.h" ] || break
    done
fi
[ -e "$include/node_api.h" ] || { echo 'there is no node_api.h: set NODE_INCLUDE' >&2; exit 2; }
if [ -n "${KPC_LIB_DIR:-}" ]; then
    flags="-I$here/../../include"
    libs="-L$KPC_LIB_DIR -Wl,-rpath,$(cd "$KPC_LIB_DIR" && pwd) -lkpclient"
else
    flags=$(pkg-config --cflags kpclient)
    libs=$(pkg-config --libs kpclient)
fi
# A library that is older than the header is an error when the addon is loaded, not in the middle of a program.
case $(uname -s) in Linux) libs="$libs -Wl,-z,now" ;; esac
mkdir -p "$(dirname "$out")"
# Of the addon only what Node looks for is visible.
# shellcheck disable=SC2086
${CC:-cc} -shared -fPIC -O2 -std=c11 -D_GNU_SOURCE -fvisibility=hidden -Wall -Wextra -Werror ${CFLAGS:-} \
    -I"$include" $flags -o "$out" "$here"/src/*.c "$here"/src/generated/*.c -pthread $libs ${LDFLAGS:-}
