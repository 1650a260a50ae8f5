#!/bin/sh
# C++: include/kpclient.hpp without a warning in two standards, the table of scenarios, what is C++'s
# own under AddressSanitizer and UBSan, and the example, with the output that it shows.
# It may be skipped: where there is no C++ compiler, or no store in the library.
set -eu
CXX=${CXX:-c++}
command -v "$CXX" > /dev/null || { echo 'there is no C++ compiler'; exit 77; }
grep -q kpc_store_open "$KPC_LIB_DIR/libkpclient.so" || { echo 'the programs need a library with a store'; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
here=bindings/cpp
# Warnings of a system's header would be hidden, so the header is none here.
flags="-Wall -Wextra -Wconversion -Wshadow -Wpedantic -Werror -pthread -Iinclude"
link="-L$KPC_LIB_DIR -Wl,-rpath,$KPC_LIB_DIR -lkpclient"

# Every function has its place in the header, or is named in the README as one that has none.
cut -d ' ' -f 1 abi/symbols.txt | grep '^kpc_' | while read -r name; do
    grep -q "::$name\>" include/kpclient.hpp || grep -q "\`$name\`" "$here/README.md" || {
        echo "$name is neither in kpclient.hpp nor in $here/README.md"
        exit 1
    }
done
echo "functions: all that are not in the table of $here/README.md are in kpclient.hpp"

# A second source of one program includes the header, too.
echo '#include <kpclient.hpp>' > "$work/second.cpp"
tried=
for compiler in "$CXX" clang++; do
    command -v "$compiler" > /dev/null || { echo "$compiler is not here, and not tried"; continue; }
    for standard in c++17 c++20; do
        # shellcheck disable=SC2086 # flags are words
        "$compiler" -std=$standard $flags -fsyntax-only "$work/second.cpp"
        tried="$tried $compiler -std=$standard,"
    done
done
sed -n '/^```cpp$/,/^```$/p' $here/README.md | sed '/^```/d' > "$work/readme.cpp"
# shellcheck disable=SC2086
"$CXX" -std=c++17 $flags -fsyntax-only "$work/readme.cpp"
echo "no warnings:${tried%,}, nor in the program of the README"

sanitize='-g -fsanitize=address,undefined -fno-sanitize-recover=all'
echo 'int main() { return 0; }' > "$work/empty.cpp"
# shellcheck disable=SC2086
if ! "$CXX" $sanitize "$work/empty.cpp" -o "$work/empty" 2> /dev/null || ! "$work/empty" 2> /dev/null; then
    echo 'skipped sanitizers of C++ (shared, asan): the compiler has none'
    sanitize=-g
fi
# shellcheck disable=SC2086
"$CXX" -std=c++20 $flags $here/tests/scenarios.cpp "$work/second.cpp" $link -o "$work/scenarios" &
scenarios=$!
# shellcheck disable=SC2086
"$CXX" -std=c++17 $flags $sanitize $here/tests/manners.cpp $link -o "$work/manners"
# shellcheck disable=SC2086
"$CXX" -std=c++17 -O2 $flags $here/examples/story.cpp $link -o "$work/story"
wait "$scenarios"

"$work/manners"
"$work/scenarios" bindings/scenarios/scenarios.json

"$work/story" "$KPC_SIM" > "$work/story.out"
sed -n '/\$ \.\/story/,/^#/s|^//   ||p' $here/examples/story.cpp | tail -n +2 | diff - "$work/story.out"
echo 'story of C++: 1 passed, 0 failed, 0 skipped'
