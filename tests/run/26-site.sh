#!/bin/sh
# The site as `make docs` makes it, and the spelling of what it says. (Its links and what it leaves out are tested in
# man/tests.) It may be skipped: where mdBook or codespell is not installed; nothing is installed for it here.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 skipped=0

if KPC_TOOLS=no packaging/tool.sh mdbook "$BUILD" > "$work/mdbook" 2> "$work/said"; then
    PATH="$(dirname "$(cat "$work/mdbook")"):$PATH" packaging/docs.sh "$work/build"
    # Each file that a page asks for is there; what a page leads to is held against the sources.
    (cd "$work/build/site" && grep -oE '(src|href)="[^"#]+"' index.html reference/kpc_write_box.html docs/guide/install.html) |
        sed 's/^\([^:]*\):[a-z]*="\(.*\)"$/\1 \2/' | grep -v '://' | sort -u | while read -r page file; do
        [ -e "$work/build/site/$(dirname "$page")/$file" ] || { echo "$page: there is no $file"; exit 1; }
    done
    # Nothing comes from elsewhere.
    if grep -rlE '<(script|link|img)[^>]*(src|href)="https?:' "$work/build/site" --include='*.html'; then
        echo 'pages that ask other machines'
        exit 1
    fi
    passed=$((passed + 1))
else
    skipped=$((skipped + 1))
    echo "skipped the site: $(cat "$work/said")"
fi

if command -v codespell > /dev/null; then
    # Words of the trade and letters of roff.
    codespell --ignore-words-list crate,keypair,ue \
        ./*.md abi/README.md docs examples-c sim/README.md bindings/README.md bindings/*/README.md include \
        man/*.in kpc/src -S '*.svg' || { echo 'what codespell says is above'; exit 1; }
    passed=$((passed + 1))
    echo 'spelling: codespell has nothing to say'
else
    skipped=$((skipped + 1))
    echo 'skipped the spelling: there is no codespell'
fi
echo "site: $passed passed, 0 failed, $skipped skipped"
