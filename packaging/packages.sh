#!/bin/sh
# All that is given to users: the source archive, the packages for Debian, the archives of the languages.
#
#   packaging/packages.sh BUILD   writes BUILD/dist and BUILD/packages
#
# What cannot be made on this machine is named, with the reason, and the rest is made.
set -eu
cd "$(dirname "$0")/.."
mkdir -p "$1/packages"
build=$(realpath "$1")
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)

packaging/dist.sh "$build/dist"

if command -v dpkg-buildpackage > /dev/null && command -v dh > /dev/null; then
    packaging/debs.sh "$build/dist/libkpclient-$version.tar.xz" "$build/packages/debian"
else
    echo 'skipped the packages for Debian: no debhelper'
fi

# For these the library has its own SQLite, as nobody knows what their machines have.
make --no-print-directory --silent lib STORE=bundled BUILD="$build/bundled"
packaging/archives.sh "$build/bundled/lib" "$build/packages"
(cd "$build/packages" && find . -type f ! -name SHA256SUMS | sort | xargs sha256sum > SHA256SUMS)
