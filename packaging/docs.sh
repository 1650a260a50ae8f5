#!/bin/sh
# The site: the guide, the documents, the manual pages of the tools and the reference, as HTML.
#
#   packaging/docs.sh BUILD   writes BUILD/site, of sources that it writes to BUILD/book
#
# mdBook makes it (packaging/tool.sh). Where that is not to be had only the sources are written, and it says so.
set -eu
cd "$(dirname "$0")/.."
mkdir -p "$1"
build=$(realpath "$1")
rm -rf "$build/book"
"${CARGO:-cargo}" run --quiet --locked -p kpclient-man -- site "$build/book/src"
cp docs/site/book.toml docs/site/site.css "$build/book/"
mdbook=$(packaging/tool.sh mdbook "$build") || { echo "skipped the site: its sources are in $build/book"; exit 0; }
rm -rf "$build/site"
"$mdbook" build "$build/book" --dest-dir "$build/site" > "$build/book/log" 2>&1 || { cat "$build/book/log"; exit 1; }
if grep -E 'WARN|ERROR' "$build/book/log"; then exit 1; fi
echo "$build/site/index.html: $(find "$build/site" -name '*.html' | wc -l) pages"
