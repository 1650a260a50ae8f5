#!/bin/sh
# Prints where a tool from crates.io is that documents or a release are made with: the one in the path, if it is
# of the version that is known here to serve, or one that is installed in BUILD/tools.
#
#   packaging/tool.sh NAME BUILD
#
# Where it is not to be had it says why in one line, and ends with 1. KPC_TOOLS=no installs nothing.
set -eu
name=$1
case $name in
mdbook) version=0.4.52 flags='--no-default-features --features search' ;;
cargo-deny) version=0.18.3 flags=--no-default-features ;;
*) echo "packaging/tool.sh does not know $name" >&2 && exit 1 ;;
esac
mkdir -p "$2/tools"
tools=$(realpath "$2/tools")

serves() { [ -x "$1" ] && "$1" "${name#cargo-}" --version 2> /dev/null < /dev/null | grep -qF " ${version%.*}." ||
    { [ -x "$1" ] && "$1" --version 2> /dev/null < /dev/null | grep -qF "${version%.*}."; }; }

for program in "$(command -v "$name" || :)" "$tools/bin/$name"; do
    if serves "$program"; then
        echo "$program"
        exit
    fi
done
[ "${KPC_TOOLS-}" != no ] || { echo "there is no $name ${version%.*}" >&2 && exit 1; }
echo "installing $name $version in $2/tools" >&2
# shellcheck disable=SC2086 # flags are words
"${CARGO:-cargo}" install --quiet --locked --root "$tools" $flags --version "$version" "$name" > "$tools/$name.log" 2>&1 ||
    { echo "$name $version cannot be installed: $(grep -m 1 ^error "$tools/$name.log")" >&2 && exit 1; }
echo "$tools/bin/$name"
