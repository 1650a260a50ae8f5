#!/bin/sh
# All that is to be tested of the package, where swift is: the library in $KPC_LIB_DIR with its header in
# $KPC_INCLUDE, the simulator $KPC_SIM. What the compiler makes is kept in $KPC_SWIFT.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d "$KPC_SWIFT/run.XXXXXX")
trap 'rm -rf "$work"' EXIT
sed -e "s|@VERSION@|0|; s|@LIBDIR@|$KPC_LIB_DIR|; s|@INCLUDEDIR@|$KPC_INCLUDE|; s|@STATIC_LIBS@||" \
    ../../packaging/kpclient.pc.in > "$work/kpclient.pc"
mkdir "$work/tmp"
export TMPDIR="$work/tmp" PKG_CONFIG_PATH="$work" LD_LIBRARY_PATH="$KPC_LIB_DIR${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
built=$KPC_SWIFT/built

swift build --build-tests --scratch-path "$built" -Xswiftc -warnings-as-errors > "$work/log" 2>&1 ||
    { grep -A 8 'error:' "$work/log" || tail -n 20 "$work/log"; exit 1; }
programs=$(swift build --scratch-path "$built" --show-bin-path)
echo 'swift build: no warnings, in the language mode of Swift 6'

# What is wrong has to be an error of the compiler's.
typecheck() {
    swiftc -typecheck -swift-version 6 -I "$programs/Modules" -Xcc -I"$KPC_INCLUDE" \
        -Xcc -fmodule-map-file="$PWD/Sources/CKpclient/module.modulemap" "$@"
}
{ echo 'import Kpclient'; sed -n '/^```swift$/,/^```$/{/^```$/q;/^```swift$/d;p;}' README.md; } > "$work/readme.swift"
typecheck "$work/readme.swift" 2> "$work/log" || { cat "$work/log"; exit 1; }
typecheck -warnings-as-errors Tests/Compiled/right.swift
for wrong in Tests/Compiled/wrong-*.swift; do
    if typecheck "$wrong" > "$work/log" 2>&1; then echo "$wrong compiles"; exit 1; fi
    said=$(sed -n 's|^// ||p' "$wrong")
    grep -qF "error: $said" "$work/log" || { cat "$work/log"; exit 1; }
done
echo 'the program of the README compiles, and wrong objects do not'

# XCTest has no limit of its own, so a task that nobody wakes would be waited for for ever. Where there is no
# timeout, as on macOS, there is Perl.
within() { # SECONDS PROGRAM ARGUMENTS...
    if command -v timeout > /dev/null; then
        timeout --kill-after=10 "$@"
    else
        perl -e 'alarm shift; exec @ARGV or exit 127' "$@"
    fi
}
limit=300

failed=0
hung=0
code=0
within "$limit" "$programs/kpclientPackageTests.xctest" > "$work/log" 2>&1 || code=$?
[ "$code" = 0 ] || failed=1
case $code in
124 | 137 | 142)
    hung=1
    echo "ended after $limit s: $(grep '^Test Case .* started' "$work/log" | tail -n 1)"
    ;;
esac
awk -v f="$hung" '/^Test Case .* passed/ { p++ } /^Test Case .* failed/ { f++ }
    END { printf "Swift tests: %d passed, %d failed, 0 skipped\n", p, f }' "$work/log"
[ "$failed" = 0 ] || grep -vE "^Test (Case|Suite) .* (started|passed)" "$work/log"
within 600 "$programs/scenarios" ../scenarios/scenarios.json || failed=1

within 120 "$programs/story" > "$work/told"
sed -n '/^connected$/,/^Bob reads after all/p' README.md | diff - "$work/told"
echo 'the story'
exit "$failed"
