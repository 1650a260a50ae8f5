#!/bin/sh
# The crates that the library is built of: where they come from and under which licences (deny.toml), and that
# packages name them all. It may be skipped: cargo-deny, where it is not installed.
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
