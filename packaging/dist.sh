#!/bin/sh
# The source archive of a release: what is committed, and every crate that it is built of, so that it
# builds without a network. The same commit gives the same bytes on every machine.
#
#   packaging/dist.sh DIR   writes DIR/libkpclient-VERSION.tar.xz, the bills of its materials
#                           (packaging/bom.sh) and DIR/SHA256SUMS
set -eu
cd "$(dirname "$0")/.."
here=$PWD
out=$(realpath -m "$1")
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
name=libkpclient-$version
time=$(git log -1 --format=%ct)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

git diff --quiet HEAD -- || echo 'what is changed and not committed is left out of the archive'
git archive --prefix="$name/" HEAD | tar -x -C "$work"
cd "$work/$name"
"${CARGO:-cargo}" vendor --quiet --locked --versioned-dirs vendor > /dev/null
mkdir -p .cargo
cat > .cargo/config.toml << 'END'
[source.crates-io]
replace-with = "vendored-sources"

[source.vendored-sources]
directory = "vendor"
END

mkdir -p "$out"
cd "$work"
tar --sort=name --format=ustar --owner=0 --group=0 --numeric-owner --mode=u+rw,go=rX,a-s \
    --mtime="@$time" \
    -cf "$name.tar" "$name"
xz -6 --threads=1 --keep --force "$name.tar"
mv "$name.tar.xz" "$out/"
"$here/packaging/bom.sh" "$work/$name" "$out" "$time"
cd "$out"
sha256sum "$name.tar.xz" ./*"-$version.cdx.json" | sed 's| \./| |' > SHA256SUMS
echo "$out/$name.tar.xz: $(du -h "$name.tar.xz" | cut -f 1)"
