#!/bin/sh
# The crates that the library is built of: where they come from and under which licences (deny.toml), and that
# packages and bills of materials name them all. It may be skipped: cargo-deny, where it is not installed.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 skipped=0

# packaging/copyright.sh, on crates of our own.
crate() { # NAME LICENCE
    mkdir -p "$work/tree/vendor/$1"
    printf 'name = "%s"\nlicense = "%s"\nauthors = ["%s"]\n' "$1" "$2" 'One <one@example.org>' \
        > "$work/tree/vendor/$1/Cargo.toml"
    echo "Copyright (c) 2020 The $1 people" > "$work/tree/vendor/$1/LICENSE"
}
mkdir -p "$work/tree"
cp LICENSE-MIT "$work/tree/"
crate choice 'Apache-2.0 OR MIT'
crate bsd BSD-3-Clause
crate apache Apache-2.0
copyright=$PWD/packaging/copyright.sh
(cd "$work/tree" && "$copyright" > "$work/copyright")
for wanted in 'License: Expat' 'License: BSD-3-Clause-bsd' 'License: Apache-2.0' 'Copyright: 2020 The choice people'; do
    grep -qxF "$wanted" "$work/copyright" || { echo "not in debian/copyright: $wanted"; exit 1; }
done
if grep -n '^License: *$' "$work/copyright"; then echo 'a crate without a licence'; exit 1; fi
crate odd 'MIT-0'
if (cd "$work/tree" && "$copyright" > "$work/copyright" 2> "$work/said"); then
    echo 'a licence that is not known is let through'
    exit 1
fi
grep -q 'vendor/odd has a licence .* not know: MIT-0' "$work/said"
passed=$((passed + 1))
echo 'debian/copyright: each crate with its licence, and none that is not known'

# The bill of materials names each crate that cargo would compile, with the checksum of the lock file.
mkdir "$work/bills" "$work/again"
packaging/bom.sh . "$work/bills" 1700000000
packaging/bom.sh . "$work/again" 1700000000 > "$work/said"
diff -r "$work/bills" "$work/again"
bill=$(echo "$work"/bills/libkpclient-*.cdx.json)
cargo tree --locked -p kpclient --edges normal,build --target all --prefix none --format '{p}' |
    sed 's/ (.*//; s/ v/@/' | sort -u > "$work/compiled"
sed -n 's/.*"purl": "pkg:cargo\/\([^"]*\)".*/\1/p' "$bill" | sort > "$work/billed"
diff "$work/compiled" "$work/billed"
lacking=$(grep '"purl"' "$bill" | grep -v '"name": "kpclient"' | grep -vE '"content": "[0-9a-f]{64}".*"expression": "[(A-Z]' || :)
[ -z "$lacking" ] || { echo "no checksum or no licence: $lacking"; exit 1; }
if command -v python3 > /dev/null; then
    for one in "$work"/bills/*; do
        python3 -c 'import json, sys
bill = json.load(open(sys.argv[1]))
known = {c["bom-ref"] for c in bill["components"] + [bill["metadata"]["component"]]}
for one in bill["dependencies"]:
    assert one["ref"] in known and known.issuperset(one["dependsOn"]), one' "$one"
    done
fi
passed=$((passed + 1))
echo "bill of materials: $(wc -l < "$work/billed") crates, as cargo has them"

if deny=$(KPC_TOOLS=no packaging/tool.sh cargo-deny "$BUILD" 2> "$work/said"); then
    # The database of advisories is fetched from elsewhere by those who have it.
    checks='licenses bans sources'
    [ ! -d "${CARGO_HOME:-$HOME/.cargo}/advisory-dbs" ] || checks="advisories $checks"
    # shellcheck disable=SC2086 # checks are words
    "$deny" --offline --locked --log-level error check $checks > "$work/said" 2>&1 || { cat "$work/said"; exit 1; }
    passed=$((passed + 1))
    echo "cargo-deny: $checks"
else
    skipped=1
    echo "skipped cargo-deny: $(cat "$work/said")"
fi
echo "crates: $passed passed, 0 failed, $skipped skipped"
