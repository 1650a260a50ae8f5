#!/bin/sh
# Builds a program of this directory, of its own sources and those that all share:
#
#   tests/torture/build.sh matrix|soak   prints the path of the program
#
# KPC_LIB_DIR is where the shared library is (build/lib).
set -eu
cd "$(dirname "$0")/../.."
BUILD=$(realpath "${BUILD:-build}")
lib=$(realpath "${KPC_LIB_DIR:-$BUILD/lib}")
mkdir -p "$BUILD/torture"
without=
[ "${STORE:-}" != no ] || without=-DKPC_WITHOUT_STORE
# shellcheck disable=SC2086 # one flag or none
"${CC:-cc}" -std=c99 -O1 -g -DKPC_SOON=180000 -Wall -Wextra -Werror -pedantic $without ${TORTURE_CFLAGS:-} -Iinclude -Itests/c \
    tests/torture/*.c "tests/torture/$1"/*.c -o "$BUILD/torture/$1" -L"$lib" -Wl,-rpath,"$lib" -lkpclient -lpthread
echo "$BUILD/torture/$1"
