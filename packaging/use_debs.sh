#!/bin/sh
# What packaging/try_debs.sh runs in a clean Debian, with the packages and README's hello.c in /debs.
set -eu
cd /debs
files() { find / -xdev ! -path '/proc/*' ! -path '/debs/*' ! -path '/var/*' ! -path '/tmp/*' ! -path '/etc/ld.so.cache' | sort; }
quiet() { "$@" > /tmp/said 2>&1 || { cat /tmp/said; echo "failed: $*"; exit 1; }; }

quiet apt-get update
# What the programs below are made with; so that what is left at the end is the packages' own.
quiet apt-get install -y --no-install-recommends gcc g++ libc6-dev pkgconf libsqlite3-dev man-db
files > /tmp/before
quiet apt-get install -y ./*.deb
echo "installed: $(dpkg-query -W -f '${Package} ' 'libkpclient*' 'kpclient*')"

cat > /tmp/hello.cpp << 'END'
#include <kpclient.hpp>
#include <iostream>
int main() { std::cout << kpclient::version() << '\n'; }
END
cd /tmp
cp /debs/hello.c .
# shellcheck disable=SC2046 # flags are words
gcc hello.c $(pkg-config --cflags --libs kpclient) -o shared
# shellcheck disable=SC2046
gcc hello.c $(pkg-config --cflags kpclient) -Wl,-Bstatic -lkpclient -Wl,-Bdynamic $(pkg-config --static --libs kpclient | sed 's/-lkpclient//') -o static
# shellcheck disable=SC2046
g++ -std=c++17 hello.cpp $(pkg-config --cflags --libs kpclient) -o plus
./plus
ldd ./shared | grep -q libkpclient.so.0
if ldd ./static | grep -q libkpclient; then echo 'linked to the shared library all the same'; exit 1; fi

mkfifo ready
kpclientd-sim --tcp 127.0.0.1:0 --config-out /tmp/thinclient.toml --instant > ready &
simulator=$!
read -r line < ready
echo "$line"
[ "$(./shared)" = 'hello mixnet' ]
[ "$(./static)" = 'hello mixnet' ]
kill "$simulator"
wait "$simulator" || :
echo 'an echo through the simulator: shared and static, C; C++'
[ ! -e /usr/share/man/man3/kpc_write_box.3.gz ] || man -w kpc_write_box > /dev/null

quiet apt-get install -y --reinstall /debs/*.deb
names=$(dpkg-query -W -f '${Package} ' 'libkpclient*' 'kpclient*')
# shellcheck disable=SC2086 # names are words
quiet apt-get remove -y $names
# shellcheck disable=SC2086
quiet dpkg --purge $names
files > /tmp/after
if ! diff /tmp/before /tmp/after | grep '^>' > /tmp/left; then
    echo 'purged: nothing is left'
else
    cat /tmp/left
    exit 1
fi
