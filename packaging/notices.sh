#!/bin/sh
# The licences that a library brings along: ours, and of every crate that it is built of the texts that the
# crate has. Each text is there once.
#
#   packaging/notices.sh DIR   writes DIR/LICENSE-MIT, LICENSE-APACHE, LICENSE-THIRD-PARTY.txt and
#                              libkpclient.cdx.json, the bill of materials (packaging/bom.sh)
#
# It asks cargo alone, and reads the crates where cargo has them, so that what was built can be described.
set -eu
cd "$(dirname "$0")/.."
mkdir -p "$1"
out=$(realpath "$1")
cargo=${CARGO:-cargo}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Where each crate lies, and the name-version licence of those that the library is built of.
"$cargo" metadata --locked --format-version 1 > "$work/metadata"
grep -o '"manifest_path":"[^"]*/Cargo.toml"' "$work/metadata" | sed 's/.*:"\(.*\)\/Cargo.toml"/\1/' > "$work/folders"
"$cargo" tree --locked --package kpclient --edges normal,build --target all --prefix none --format '{p}|{l}' |
    sed 's/ (\*)$//' | sort -u | grep -v '^kpclient v' |
    sed 's/^\([^ ]*\) v\([^ |]*\)[^|]*|\(.*\)$/\1-\2 \3/' > "$work/crates"
[ -s "$work/crates" ] || { echo 'cargo names no crates' >&2 && exit 1; }

cp LICENSE-MIT LICENSE-APACHE "$out/"
notices=$out/LICENSE-THIRD-PARTY.txt
cat > "$notices" << 'END'
libkpclient is under MIT OR Apache-2.0. The library in this package is built of the crates below, under the licences
that each of them names, whose texts follow. A text that several crates have is given where it comes first. SQLite,
which libsqlite3-sys compiles in, is in the public domain.
END
while read -r crate licence; do
    folder=$(grep "/$crate\$" "$work/folders" | head -n 1)
    [ -n "$folder" ] || { echo "cargo does not say where $crate lies" >&2 && exit 1; }
    printf '\n%s\n%s: %s\n' '----------------------------------------' "$crate" "$licence" >> "$notices"
    find "$folder" -maxdepth 1 -type f \( -iname 'licen[cs]e*' -o -iname 'copying*' -o -iname 'notice*' -o -iname 'unlicense*' \) |
        LC_ALL=C sort > "$work/texts"
    while read -r text; do
        sum=$(tr -d '\r' < "$text" | cksum | tr ' ' '-')
        if [ -e "$work/$sum" ]; then
            printf '\n%s is that of %s.\n' "$(basename "$text")" "$(cat "$work/$sum")" >> "$notices"
        else
            echo "$crate" > "$work/$sum"
            { printf '\n%s:\n\n' "$(basename "$text")" && tr -d '\r' < "$text"; } >> "$notices"
        fi
    done < "$work/texts"
    [ -s "$work/texts" ] || echo "It has no text of its own; its licence is that of $licence." >> "$notices"
done < "$work/crates"

if time=$(git log -1 --format=%ct 2> /dev/null); then :; else time=${SOURCE_DATE_EPOCH:-0}; fi
mkdir "$work/bills"
packaging/bom.sh . "$work/bills" "$time" > /dev/null
cp "$work/bills"/libkpclient-*.cdx.json "$out/libkpclient.cdx.json"
echo "$(wc -l < "$work/crates") crates, $(du -h "$notices" | cut -f 1) of licences"
