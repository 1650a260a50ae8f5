#!/bin/sh
# The functions of the library in three places: the prototypes of the header, the exports of
# the libraries, and abi/symbols.txt, which says since which version each is there.
#
#   abi/symbols.sh check DIR   all three agree, for the shared and the static library in DIR
#   abi/symbols.sh write       add the header's new functions to abi/symbols.txt
#   abi/symbols.sh list STORE  their names; with STORE=no, without those of the channels that remember
#
# A library that was built with STORE=no has none of the functions that abi/symbols.txt marks with
# "store".
set -eu
cd "$(dirname "$0")/.."
list=abi/symbols.txt
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A prototype begins a line, after its attributes, and is the only thing there with "kpc_name(".
sed -n -e 's/^\(KPC_API\|kpc_\)[^(]*\b\(kpc_[a-z0-9_]*\)(.*/\2/p' \
    -e 's/^[a-z][^(]*\b\(kpc_[a-z0-9_]*\)(.*/\1/p' include/kpclient.h |
    grep -v '_fn$' | sort -u > "$work/header"
sed -n 's/^\(kpc_[a-z0-9_]*\) .*/\1/p' "$list" 2>/dev/null | sort -u > "$work/listed" || :

# Those of the channels that remember.
of_store() {
    sed -n 's/.*extern "C" fn \(kpc_[a-z0-9_]*\)(.*/\1/p' src/ffi/api/store/*.rs src/ffi/api/store/*/*.rs | sort -u
}

case ${1-} in
list)
    case ${2-} in
    no) sed -n 's/^\(kpc_[a-z0-9_]*\) [^ ]*$/\1/p' "$list" ;;
    *) cat "$work/listed" ;;
    esac
    ;;
write)
    version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
    of_store > "$work/store"
    comm -23 "$work/header" "$work/listed" > "$work/unlisted"
    { cat "$list" 2>/dev/null || :
      comm -23 "$work/unlisted" "$work/store" | sed "s/\$/ $version/"
      comm -12 "$work/unlisted" "$work/store" | sed "s/\$/ $version store/"; } |
        LC_ALL=C sort -u > "$work/new"
    cmp -s "$work/new" "$list" || cp "$work/new" "$list"
    ;;
check)
    dir=$2
    failed=0
    differ() { # what, expected, found
        if ! diff -u "$2" "$3" > "$work/diff"; then
            echo "$1" && sed -n '3,$p' "$work/diff"
            failed=1
        fi
    }
    differ "abi/symbols.txt (-) and the header (+) differ:" "$work/listed" "$work/header"
    of_store > "$work/store"
    sed -n 's/^\(kpc_[a-z0-9_]*\) .* store$/\1/p' "$list" | sort -u > "$work/marked"
    differ "what abi/symbols.txt marks with store (-) and src/ffi/api/store (+) differ:" "$work/marked" "$work/store"
    if ! nm -D --defined-only "$dir/libkpclient.so" | grep -q ' kpc_store_open\(@\|$\)'; then
        # It was built with STORE=no.
        comm -23 "$work/header" "$work/store" > "$work/built"
        mv "$work/built" "$work/header"
    fi
    # Every defined dynamic symbol is one of ours, under our version; the version is one itself.
    nm -D --defined-only "$dir/libkpclient.so" | awk '{ print $3 }' |
        grep -v '^KPCLIENT_0\(@@KPCLIENT_0\)\?$' | sort > "$work/shared"
    sed 's/$/@@KPCLIENT_0/' "$work/header" | sort > "$work/versioned"
    differ "the header (-) and the shared library (+) differ:" "$work/versioned" "$work/shared"
    nm --defined-only --extern-only "$dir/libkpclient.a" |
        awk 'NF == 3 { print $3 }' | sort -u > "$work/static"
    differ "the header (-) and the static library (+) differ:" "$work/header" "$work/static"
    [ "$failed" = 0 ] && echo "$(wc -l < "$work/header") functions: header, libraries and list agree"
    exit "$failed"
    ;;
*)
    sed -n '2,11p' "$0" >&2
    exit 2
    ;;
esac
