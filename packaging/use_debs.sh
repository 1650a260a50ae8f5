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

# What stands for an earlier release: the same packages, with an earlier version in their names, that of the
# library's file too, and with a file that the later ones do not have.
earlier=0.0.9
mkdir /tmp/earlier
for deb in ./*.deb; do
    name=$(dpkg-deb --field "$deb" Package)
    version=$(dpkg-deb --field "$deb" Version)
    dpkg-deb --raw-extract "$deb" /tmp/unpacked
    sed -i "s/^Version: .*/Version: $earlier-1/; s/(= $version)/(= $earlier-1)/" /tmp/unpacked/DEBIAN/control
    mkdir -p /tmp/unpacked/usr/share
    echo "$earlier" > "/tmp/unpacked/usr/share/$name-of-the-earlier-release"
    library=$(find /tmp/unpacked -type f -name 'libkpclient.so.*.*.*')
    if [ -n "$library" ]; then
        soname=$(find /tmp/unpacked -type l -name 'libkpclient.so.[0-9]*')
        mv "$library" "${library%/*}/libkpclient.so.$earlier"
        ln -sf "libkpclient.so.$earlier" "$soname"
    fi
    dpkg-deb --root-owner-group --build /tmp/unpacked "/tmp/earlier/$name.deb" > /dev/null
    rm -r /tmp/unpacked
done
quiet apt-get install -y /tmp/earlier/*.deb
versions() { dpkg-query -W -f '${Package} ${Version}\n' 'libkpclient*' 'kpclient*'; }
[ "$(versions | grep -c " $earlier-1$")" = "$(find . -name '*.deb' | wc -l)" ]
# shellcheck disable=SC2046 # flags are words
gcc hello.c $(pkg-config --cflags --libs kpclient) -o /tmp/before_the_upgrade

quiet apt-get install -y ./*.deb
if versions | grep " $earlier-1$"; then echo 'not upgraded'; exit 1; fi
if find /usr -name '*-of-the-earlier-release' -o -name "libkpclient.so.$earlier" | grep .; then
    echo 'left of the earlier release'
    exit 1
fi
echo "upgraded from $earlier: $(versions | tr '\n' ' ')"

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
[ "$(./before_the_upgrade)" = 'hello mixnet' ]
kill "$simulator"
wait "$simulator" || :
echo 'an echo through the simulator: shared and static, C; C++; linked before the upgrade'
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
