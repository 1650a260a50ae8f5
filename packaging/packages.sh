#!/bin/sh
# All that is given to users: the source archive, the packages for Debian, the archives of the languages, with
# wheels for every Linux with glibc 2.17 where zig and Rust's targets are.
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
rm -f "$build/packages"/*.whl
make --no-print-directory --silent sim BUILD="$build"
packaging/wheels.sh "$build" "$build/packages"
# A wheel of this machine's own C library is only of use where there is no other.
python=
[ -n "$(find "$build/packages" -maxdepth 1 -name "*_$(uname -m).whl")" ] || python=python
# shellcheck disable=SC2086 # none, or one word
packaging/archives.sh "$build/bundled/lib" "$build/packages" $python kotlin javascript csharp
(cd "$build/packages" && find . -type f ! -name SHA256SUMS | sort | xargs sha256sum > SHA256SUMS)
