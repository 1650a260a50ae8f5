#!/bin/sh
# C#: the package in bindings/csharp is compiled, then its own tests, the scenarios of all languages and the
# story, on Mono; await foreach where there is csc, whose C# 8 has it.
# It may be skipped: where there is no Mono with its compiler, or no store.
set -eu
for tool in mcs mono; do
    command -v "$tool" > /dev/null || { echo "there is no $tool"; exit 77; }
done
case $KPC_FEATURES in
*no-default-features*) echo 'the library has no store'; exit 77 ;;
esac

work=$(mktemp -d)
simulator=
ended() {
    [ -z "$simulator" ] || kill "$simulator" 2> /dev/null || true
    rm -rf "$work"
}
trap ended EXIT
unset MONO_PATH
export TMPDIR="$work" LD_LIBRARY_PATH="$KPC_LIB_DIR${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"

cd bindings/csharp
# Warnings are errors, also of public things without a comment.
./build.sh "$work"
compile() { # PROGRAM ARGUMENTS...
    program=$1
    shift
    mcs -langversion:7 -warnaserror -r:"$work/kpclient.dll" -out:"$work/$program.exe" "$@"
}
compile tests -main:Kpclient.Tests.Tests tests/*.cs
compile scenarios -main:Kpclient.Tests.Scenarios tests/*.cs
compile story example/Story.cs
echo 'mcs: no warnings'

failed=0
mono "$work/tests.exe" || failed=1
mono "$work/scenarios.exe" ../scenarios/scenarios.json || failed=1

# The story, as the README tells it.
: > "$work/ready"
"$KPC_SIM" --instant --tcp 127.0.0.1:0 --config-out "$work/thinclient.toml" > "$work/ready" &
simulator=$!
while ! grep -q '^ready:' "$work/ready"; do
    kill -0 "$simulator"
    sleep 0.1
done
mono "$work/story.exe" "$work/thinclient.toml" > "$work/told"
sed -n '/^the echo service: /,/^the daemon is on /p' README.md > "$work/readme"
sed 's/^\(Bob is given kpcr1\).*/\1.../' "$work/told" | diff - "$work/readme"
echo 'the story'

if command -v csc > /dev/null; then
    csc -nologo -langversion:8.0 -warnaserror -r:"$work/kpclient.dll" -out:"$work/await.exe" tests/await/AwaitForeach.cs
    mono "$work/await.exe" "$work/thinclient.toml" > "$work/told"
    printf 'cancelled: True\nthe last: ClosedEvent\n' | diff - "$work/told"
    echo 'await foreach: 1 passed, 0 failed, 0 skipped'
else
    echo 'skipped await foreach: there is no csc, the compiler of C# 8 on Mono'
    echo 'await foreach: 0 passed, 0 failed, 1 skipped'
fi
exit "$failed"
