#!/bin/sh
# The manual pages as their formatters see them. (That they say what the header says is tested in
# man/tests.) It may be skipped: where there is neither groff nor mandoc.
set -eu
said=$(mktemp)
trap 'rm -f "$said"' EXIT
count=0

quiet() { # what
    if grep . "$said"; then
        echo "manual pages: $1 complains"
        exit 1
    fi
    echo "manual pages: $1 has nothing to say"
    count=$((count + 1))
}

# Names that lead to another page say where it is from here.
cd man
if command -v groff > /dev/null; then
    groff -man -Tutf8 -ww -z man1/*.1 man3/*.3 > "$said" 2>&1
    quiet groff
fi
if command -v mandoc > /dev/null; then
    # A version that is not released has no date; and it would rather have links than names.
    mandoc -T lint -W warning man1/*.1 man3/*.3 2>&1 |
        grep -v -e 'WARNING: missing date' -e 'WARNING: \.so is fragile' > "$said" || :
    quiet mandoc
fi
[ "$count" != 0 ] || { echo 'there is neither groff nor mandoc'; exit 77; }
echo "manual pages: $count passed, 0 failed, 0 skipped"
