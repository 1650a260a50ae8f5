#!/bin/sh
# An installed tree, moved elsewhere, serves a program that finds it by pkg-config or CMake.
# It may be skipped: where there is neither pkg-config nor CMake.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A machine whose realpath knows no options, as BusyBox's.
mkdir "$work/bin"
printf '#!/bin/sh\ncase $1 in -*) echo "realpath: unrecognized option" >&2; exit 1 ;; esac\nreadlink -f "$1"\n' \
    > "$work/bin/realpath"
chmod +x "$work/bin/realpath"

# The libraries are there already; `-o` keeps make from building them again.
PATH="$work/bin:$PATH" make --silent -o lib install install-debug install-tools DESTDIR="$work/stage" PREFIX=/opt/kpc BUILD="$BUILD"
mv "$work/stage/opt/kpc" "$work/moved"

# What only debuggers want is in a file of its own, which the library names.
library=$work/moved/lib/libkpclient.so
if readelf -SW "$library" "$work/moved/lib/libkpclient.a" | grep -q '\.debug_info'; then
    echo 'debugging information is installed with the libraries'
    exit 1
fi
named=$(readelf --string-dump=.gnu_debuglink "$library" | sed -n 's/.* \([^ ]*\.debug\)$/\1/p')
readelf -SW "$work/moved/lib/.debug/$named" | grep -q '\.debug_info'
echo "stripped, with debugging information in $named"

# Languages that read module maps find the header by it.
grep -q 'header "../kpclient.h"' "$work/moved/include/kpclient/module.modulemap"
test -f "$work/moved/include/kpclient.h"

# A program that is installed runs without the tree.
(cd "$work" && moved/bin/kpclientd-sim --help > "$work/said" 2>&1)
grep -q kpclientd-sim "$work/said"

# The tool comes along if it was built; here another program stands in its place.
mkdir -p "$work/built/bin" "$work/built/kpc"
cp "$BUILD/bin/kpclientd-sim" "$work/built/bin/kpclientd-sim"
cp "$BUILD/bin/kpclientd-sim" "$work/built/bin/kpc"
for shell in bash zsh fish; do echo "$shell" > "$work/built/kpc/$shell"; done
[ ! -e "$work/moved/bin/kpc" ] || [ -x "$BUILD/bin/kpc" ]
make --silent install-tools DESTDIR="$work/tools" PREFIX=/usr BUILD="$work/built"
share=$work/tools/usr/share
[ -x "$work/tools/usr/bin/kpc" ] && [ -s "$share/man/man1/kpc.1" ] && [ -s "$share/man/man1/kpc-channel-new.1" ]
grep -q bash "$share/bash-completion/completions/kpc"
grep -q zsh "$share/zsh/site-functions/_kpc"
grep -q fish "$share/fish/vendor_completions.d/kpc.fish"
make --silent uninstall DESTDIR="$work/tools" PREFIX=/usr BUILD="$work/built"
[ -z "$(find "$work/tools" -type f)" ] || { find "$work/tools" -type f; exit 1; }
echo 'the tool is installed with pages and completions, and uninstalled'

# Every function has its page there, and what it leads to.
manual="$work/moved/share/man"
sed -n 's/^\(kpc_[a-z0-9_]*\) .*/\1/p' abi/symbols.txt | while read -r name; do
    page=$(sed -n 's/^\.so //p' "$manual/man3/$name.3")
    grep -q '^\.TH ' "$manual/${page:-man3/$name.3}" || { echo "no page of $name"; exit 1; }
done
[ -s "$manual/man3/kpclient.3" ] && [ -s "$manual/man1/kpclientd-sim.1" ]
if command -v man > /dev/null && man -M "$manual" -w kpc_write_box > "$work/found" 2>&1; then
    # As a reader finds it, by the name of a function that stands on another one's page.
    MANWIDTH=80 man -M "$manual" kpc_write_box_async < /dev/null > "$work/shown"
    grep -q 'kpc_write_box_async' "$work/shown"
    echo 'man finds them'
fi
echo "manual pages: $(find "$manual" -type f | wc -l)"

cat > "$work/program.c" <<'END'
#include <kpclient.h>
#include <stdio.h>
int main(void)
{
    printf("kpclient %s\n", kpc_version());
    return kpc_version_number() == KPC_VERSION_NUMBER ? 0 : 1;
}
END

# The header for C++ stands beside that for C.
sed 's/kpclient\.h>/kpclient.hpp>/; s/kpc_version()/kpclient::version().data()/' "$work/program.c" > "$work/program.cpp"
if command -v "${CXX:-c++}" > /dev/null; then
    "${CXX:-c++}" -std=c++17 "$work/program.cpp" -I"$work/moved/include" -L"$work/moved/lib" -lkpclient -o "$work/plus"
    LD_LIBRARY_PATH="$work/moved/lib" "$work/plus"
    echo 'C++: its header is installed, too'
fi

done=0
if command -v pkg-config > /dev/null; then
    export PKG_CONFIG_PATH="$work/moved/lib/pkgconfig"
    flags="--define-variable=prefix=$work/moved --define-variable=libdir=$work/moved/lib
        --define-variable=includedir=$work/moved/include"
    # shellcheck disable=SC2046,SC2086 # flags are words
    ${CC:-cc} "$work/program.c" $(pkg-config $flags --cflags --libs kpclient) -o "$work/shared"
    LD_LIBRARY_PATH="$work/moved/lib" "$work/shared"
    # shellcheck disable=SC2046,SC2086
    ${CC:-cc} "$work/program.c" $(pkg-config $flags --cflags kpclient) "$work/moved/lib/libkpclient.a" \
        $(pkg-config $flags --static --libs-only-l kpclient | sed 's/-lkpclient//') -o "$work/static"
    "$work/static"
    # shellcheck disable=SC2046,SC2086
    ${CC:-cc} -static "$work/program.c" $(pkg-config $flags --cflags --static --libs kpclient) -o "$work/alone"
    "$work/alone"
    echo 'pkg-config: shared, static, and without any shared library'
    done=1
fi
if command -v cmake > /dev/null; then
    cat > "$work/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.13)
project(consumer C)
find_package(kpclient 0.1 REQUIRED)
add_executable(shared program.c)
target_link_libraries(shared kpclient::kpclient)
add_executable(static program.c)
target_link_libraries(static kpclient::kpclient_static)
add_executable(alone program.c)
target_link_libraries(alone kpclient::kpclient_static -static)
END
    # Through a link to the directory of libraries, as /lib is one on many machines.
    mkdir "$work/linked"
    ln -s "$work/moved/lib" "$work/linked/lib"
    cmake -S "$work" -B "$work/cmake" -DCMAKE_PREFIX_PATH="$work/linked" > "$work/cmake.log" 2>&1 &&
        cmake --build "$work/cmake" >> "$work/cmake.log" 2>&1 || { cat "$work/cmake.log"; exit 1; }
    "$work/cmake/shared"
    "$work/cmake/static"
    "$work/cmake/alone"
    echo 'CMake, through a link: shared, static, and without any shared library'
    done=1
fi
[ "$done" = 1 ] || { echo 'there is neither pkg-config nor CMake'; exit 77; }
