#!/bin/sh
# Swift: the package in bindings/swift without a warning, its own tests, the scenarios of all languages and
# the story, with the swift that is there, or else with that of Debian trixie in a chroot, which is kept
# in the user's cache.
# It may be skipped: without the store; without Swift 6 where this does not run as root with debootstrap
# and unshare, and while the chroot is not there. Only BINDINGS=1, which .ci/run sets, fetches it.
set -eu
case $KPC_FEATURES in
*no-default-features*) echo 'the library has no store'; exit 77 ;;
esac
check=bindings/swift/Tests/run.sh
mkdir -p "$BUILD/swift"
case $(swift --version 2> /dev/null) in
*'Swift version '[6-9]* | *'Swift version '[1-9][0-9]*)
    KPC_INCLUDE=$PWD/include KPC_SWIFT=$BUILD/swift exec "$check"
    ;;
esac

[ "$(id -u)" = 0 ] || { echo 'there is no Swift 6, and who is not root makes no chroot'; exit 77; }
unshare --mount --pid --fork true 2> /dev/null || { echo 'there is no Swift 6, and no unshare for a chroot'; exit 77; }
root=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/kpclient/swift-trixie
mkdir -p "$(dirname "$root")"

# Another run may want it, too. What has begun and was not finished is begun again.
make_root() {
    exec 9> "$root.lock"
    flock 9
    [ ! -d "$root" ] || return 0
    [ -n "${BINDINGS:-}" ] || { echo 'there is no Swift 6; BINDINGS=1 make check fetches it into a chroot'; exit 77; }
    command -v debootstrap > /dev/null || { echo 'there is no Swift 6, and no debootstrap for a chroot'; exit 77; }
    rm -rf "$root.new"
    # Whatever it mounts is gone with it.
    if ! timeout 900 unshare --mount --pid --fork --kill-child debootstrap --variant=minbase \
        --include=swiftlang,libc6-dev,libstdc++-14-dev,libsqlite3-0 trixie "$root.new" > "$BUILD/swift.log" 2>&1; then
        rm -rf "$root.new"
        echo "the chroot with Swift cannot be made: $(tail -n 1 "$BUILD/swift.log")"
        exit 77
    fi
    rm -rf "$root.new"/var/cache/apt/archives/*.deb "$root.new"/var/lib/apt/lists/* \
        "$root.new"/usr/share/doc "$root.new"/usr/share/man "$root.new"/usr/libexec/swift/lib/swift_static
    mkdir "$root.new/mnt/tree" "$root.new/mnt/lib" "$root.new/mnt/sim" "$root.new/mnt/work"
    mv "$root.new" "$root"
}
make_root
exec 9>&-

# The mounts are those of one process only, with which they end.
export root
# shellcheck disable=SC2016 # it is what the other shell expands
unshare --mount --pid --fork --kill-child sh -euc '
    mount -t proc proc "$root/proc"
    mount --bind "$PWD" "$root/mnt/tree"
    mount --bind "$KPC_LIB_DIR" "$root/mnt/lib"
    mount --bind "$(dirname "$KPC_SIM")" "$root/mnt/sim"
    mount --bind "$BUILD/swift" "$root/mnt/work"
    exec chroot "$root" /usr/bin/env -i PATH=/usr/bin:/bin HOME=/mnt/work LC_ALL=C.UTF-8 KPC_LIB_DIR=/mnt/lib \
        KPC_INCLUDE=/mnt/tree/include KPC_SIM="/mnt/sim/$(basename "$KPC_SIM")" KPC_SWIFT=/mnt/work \
        "/mnt/tree/$1"
' sh "$check"
