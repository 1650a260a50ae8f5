#!/bin/sh
# The Go package: its own tests with the race detector and with every check of pointers, the scenarios
# that every language runs, the story of its README, and the same with a library that is linked in.
# It may be skipped: where there is no Go of version 1.24 or later, no pkg-config, or no store.
set -eu
command -v go > /dev/null || { echo 'there is no Go'; exit 77; }
command -v pkg-config > /dev/null || { echo 'there is no pkg-config'; exit 77; }
case $(GOTOOLCHAIN=local go env GOVERSION) in
go1.[0-9] | go1.[0-9].* | go1.1[0-9]* | go1.2[0-3]*) echo 'this Go is older than 1.24'; exit 77 ;;
esac
case $KPC_FEATURES in
*no-default-features*) echo 'the library has no store'; exit 77 ;;
esac

root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Nothing is fetched, and what is kept is kept beside the libraries.
export GOPROXY=off GOTOOLCHAIN=local GOENV=off GOFLAGS=-mod=readonly GOWORK=off GOTELEMETRY=off
export GOCACHE="$BUILD/go/cache" GOPATH="$BUILD/go/path" CGO_ENABLED=1
mkdir -p "$GOCACHE" "$GOPATH"
sed -e "s|@VERSION@|0|; s|@LIBDIR@|$KPC_LIB_DIR|; s|@INCLUDEDIR@|$root/include|; s|@STATIC_LIBS@||" \
    packaging/kpclient.pc.in > "$work/kpclient.pc"
export PKG_CONFIG_PATH="$work" LD_LIBRARY_PATH="$KPC_LIB_DIR${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"

cd bindings/go
unformatted=$(gofmt -l .)
[ -z "$unformatted" ] || { echo "gofmt would change $unformatted"; exit 1; }
go vet ./...
echo 'gofmt and vet: nothing to say'

# Runs the tests, and says how many there were.
tests() { # WHAT FLAGS...
    what=$1
    shift
    go test -count=1 -timeout 300s -v "$@" ./... > "$work/log" 2>&1 || { grep -v '^=== \|^--- PASS' "$work/log"; exit 1; }
    echo "Go tests $what: $(grep -c '^--- PASS' "$work/log") passed, 0 failed, 0 skipped"
}
export GODEBUG=cgocheck=1
tests 'with the race detector' -race
GOEXPERIMENT=cgocheck2 tests 'with checks of pointers'

go build -o "$work/scenarios" ./scenarios
"$work/scenarios" "$root/bindings/scenarios/scenarios.json"

# The story, with the library beside it and linked in.
sed -n '/^connected$/,/^Bob reads: good night$/p' README.md > "$work/readme"
story() { # PROGRAM
    "$1" > "$work/told"
    head -n 6 "$work/told" | diff - "$work/readme"
    grep -q '^Bob reads after all: still there$' "$work/told"
}
go build -o "$work/story" ./examples/story
story "$work/story"
echo 'the story'

mkdir -p "$work/tree/bindings"
cp -r "$root/include" "$work/tree/"
cp -r "$root/bindings/go" "$work/tree/bindings/"
cd "$work/tree/bindings/go"
./bundle.sh "$BUILD"
unset PKG_CONFIG_PATH LD_LIBRARY_PATH
go build -tags kpclient_bundled -o "$work/alone" ./examples/story
if readelf -d "$work/alone" | grep kpclient; then echo 'it is not linked in'; exit 1; fi
story "$work/alone"
echo 'the same with the library linked in'
