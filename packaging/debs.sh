#!/bin/sh
# The packages for Debian, made of a source archive as a distribution makes them.
#
#   packaging/debs.sh ARCHIVE DIR   writes the .deb files of ARCHIVE to DIR
#
# Where Debian's own cargo is not installed or too old, the one in the path is taken.
set -eu
cd "$(dirname "$0")/.."
archive=$(realpath "$1")
out=$(realpath -m "$2")
version=$(basename "$archive" .tar.xz)
version=${version#libkpclient-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp "$archive" "$work/libkpclient_$version.orig.tar.xz"
tar -xf "$archive" -C "$work"
cd "$work/libkpclient-$version"
cp -r packaging/debian debian
{
    echo 'libkpclient.so.0 libkpclient0 #MINVER#'
    echo '* Build-Depends-Package: libkpclient-dev'
    echo " KPCLIENT_0@KPCLIENT_0 $(awk '/^kpc_/ { print $2 }' abi/symbols.txt | sort -V | head -n 1)"
    sed -n 's/^\(kpc_[a-z0-9_]*\) \([0-9.]*\).*/ \1@KPCLIENT_0 \2/p' abi/symbols.txt
} > debian/libkpclient0.symbols
packaging/copyright.sh > debian/copyright

dpkg-checkbuilddeps 2> "$work/missing" || cat "$work/missing"
lacking=$(sed -n 's/.*[Uu]nmet build dependencies: //p' "$work/missing" | sed 's/(\([^)]*\))//g')
for package in $lacking; do
    case $package in
    cargo | rustc) : ;;
    *) echo "install $package first" >&2 && exit 1 ;;
    esac
done
# Builds have a home of their own, in which rustup would not find its compilers.
if [ -n "$lacking" ] && [ -d "${RUSTUP_HOME:-$HOME/.rustup}" ]; then
    export RUSTUP_HOME="${RUSTUP_HOME:-$HOME/.rustup}"
fi
dpkg-buildpackage --no-sign ${lacking:+-d}

mkdir -p "$out"
cd "$work"
mv ./*.deb ./*.dsc ./*.changes ./*.buildinfo ./*.debian.tar.* "libkpclient_$version.orig.tar.xz" "$out/"
ls "$out"
