#!/bin/sh
# Installs the packages in a clean Debian and uses them there as a person would: programs in C and C++,
# shared and static, the simulator, the manual; then an upgrade, a removal and a purge that leave nothing.
#
#   packaging/try_debs.sh SUITE DIR   SUITE is bookworm or trixie, DIR has the .deb files
#
# Needs root and debootstrap. MIRROR names a mirror of Debian other than debootstrap's own choice.
set -eu
suite=$1
debs=$(realpath "$2")
here=$(dirname "$(realpath "$0")")
root=$(mktemp -d)
trap 'umount "$root/proc" 2> /dev/null || :; rm -rf --one-file-system "$root"' EXIT
trap 'exit 130' INT TERM HUP

# shellcheck disable=SC2086 # without MIRROR there is no argument
debootstrap --variant=minbase "$suite" "$root" ${MIRROR:-} > "$root.log" 2>&1 || { cat "$root.log"; rm "$root.log"; exit 1; }
rm "$root.log"
mount -t proc proc "$root/proc"
mkdir "$root/debs"
cp "$debs"/*.deb "$root/debs/"
cp "$here/use_debs.sh" "$root/debs/"
sed -n '/^<!-- hello.c -->/,/^```$/p' "$here/../README.md" | sed '1,2d; $d' > "$root/debs/hello.c"
chroot "$root" env LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive sh /debs/use_debs.sh
echo "$suite: installed, used, upgraded, removed, purged"
