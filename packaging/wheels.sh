#!/bin/sh
# The wheels for every Linux with glibc 2.17 or later, of x86_64 and aarch64: manylinux2014.
#
#   packaging/wheels.sh BUILD OUT
#
# packaging/platforms.sh builds the libraries, with zig, as a release, and runs them with programs of tests/c; what
# it cannot build or run here is named, with the reason. BUILD has the simulator.
set -eu
cd "$(dirname "$0")/.."
build=$(realpath "$1")
mkdir -p "$2"
out=$(realpath "$2")

for each in glibc-2.17:x86_64 aarch64:aarch64; do
    part=${each%:*}
    kind=${each#*:}
    said=$(PLATFORM_PROFILE=${PLATFORM_PROFILE:-release} packaging/platforms.sh "$build" "$part") || { echo "$said" && exit 1; }
    case $said in
    skipped*) echo "skipped the wheel for $kind: ${said#*: }" ;;
    *)
        echo "$said"
        WHEEL_PLATFORM=manylinux_2_17_$kind.manylinux2014_$kind packaging/archives.sh "$build/platforms/$part" "$out" python
        ;;
    esac
done
