#!/bin/sh
# Follows the README of each language to the letter, as somebody does who has a new Debian 13: installs
# what it says with Debian's package manager, types its commands as a user without privileges, and compares
# what they print with what it shows.
#
#   packaging/readmes/try.sh [LANGUAGE...]   c cpp go python kotlin swift javascript csharp rust
#   packaging/readmes/try.sh --plan          only reads them: what is installed, and how many commands there are
#
# Nothing of this machine is used: compilers and tools are Debian's, crates and packages come from their
# registries. Two things are not done as by somebody with nine new machines: `make demo`, the first command of
# the main README, runs once, and each language starts where it ended, on a layer of its own (overlayfs)
# that is thrown away; and `make check`, the second one, is left out.
#
# Needs root, debootstrap, unshare and overlayfs, 5 GB, and half an hour. The system without anything is kept in
# the user's cache. MIRROR names a mirror of Debian. Settings of package managers in the environment are
# passed on, and the certificate authorities in SSL_CERT_FILE are trusted.
set -eu
cd "$(dirname "$0")/../.."
here=packaging/readmes
all='c cpp go python kotlin swift javascript csharp rust'

# What a README says, as files in DIR: packages, 1.sh and so on for its terminals, and 1.2.want for what the
# second command of the first terminal prints.
plan() { # LANGUAGE DIR
    readme=bindings/$1/README.md
    heading='ive minutes'
    if [ "$1" = c ]; then
        readme=README.md
        heading='^(Try it|Install)$'
    fi
    mkdir -p "$2"
    awk -v heading="$heading" -v dir="$2" -f $here/plan.awk "$readme"
    [ -s "$2/packages" ] || { echo "$readme does not say what to install on Debian"; exit 1; }
    [ -s "$2/1.sh" ] || { echo "$readme has no commands where its headings say $heading"; exit 1; }
}

if [ "${1:-}" = --plan ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    for language in $all; do
        plan "$language" "$work/$language"
        echo "$language: $(cat "$work/$language"/*.sh | grep -c '^exec >') commands with $(cat "$work/$language/packages")"
    done
    exit
fi

# What is mounted and started ends with this process.
[ -n "${TRY_READMES:-}" ] || exec unshare --mount --pid --fork --kill-child env TRY_READMES=1 "$0" "$@"
# shellcheck disable=SC2086 # names are words
[ $# != 0 ] || set -- $all

cache=${XDG_CACHE_HOME:-$HOME/.cache}/kpclient
authorities=${SSL_CERT_FILE:-}
for name in $(env | sed -n 's/^\([A-Za-z_][A-Za-z_0-9]*\)=.*/\1/p'); do
    case $name in
    http_proxy | https_proxy | no_proxy | HTTP_PROXY | HTTPS_PROXY | NO_PROXY | MIRROR) ;;
    GOPROXY | MAVEN_ARGS | PIP_* | npm_config_* | CARGO_REGISTR* | CARGO_HTTP_* | CARGO_SOURCE_*) ;;
    *) unset "$name" ;;
    esac
done
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive

work=$(mktemp -d)
trap 'umount -R -l "$work"/*/root 2> /dev/null || :; rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT TERM HUP
quiet() { "$@" > "$work/log" 2>&1 || { tail -n 20 "$work/log"; echo "failed: $*"; return 1; }; }

bare=$cache/debian-trixie
if [ ! -d "$bare" ]; then
    mkdir -p "$cache"
    rm -rf --one-file-system "$bare.new"
    # shellcheck disable=SC2086 # without MIRROR there is no argument
    quiet debootstrap --variant=minbase --include=ca-certificates,sudo trixie "$bare.new" ${MIRROR:-}
    mv "$bare.new" "$bare"
fi

# Mounts WORK/NAME/root: LAYERS, the uppermost first, below what is written to it.
layer() { # NAME LAYERS
    mkdir -p "$work/$1/upper" "$work/$1/work" "$work/$1/root"
    mount -t overlay overlay -o "lowerdir=$2,upperdir=$work/$1/upper,workdir=$work/$1/work" "$work/$1/root"
    mount -t proc proc "$work/$1/root/proc"
    mount --rbind /dev "$work/$1/root/dev"
}
install() { # NAME PACKAGE...
    root=$work/$1/root
    shift
    quiet chroot "$root" apt-get install -y "$@"
}

# The system in which all of them start: what the main README wants, its first command, and a user.
layer start "$bare"
root=$work/start/root
if [ -n "$authorities" ]; then
    awk -v dir="$root/usr/local/share/ca-certificates" '/BEGIN CERT/ { file = dir "/" ++n ".crt" } file { print > file } /END CERT/ { close(file); file = "" }' "$authorities"
    quiet chroot "$root" update-ca-certificates
fi
chroot "$root" useradd --create-home --home-dir /someone --shell /bin/sh someone
echo 'someone ALL=(ALL) NOPASSWD: ALL' > "$root/etc/sudoers.d/someone"
tree=$root/someone/libkpclient
mkdir "$tree"
git ls-files -z --cached --others --exclude-standard | tar --null --files-from=- -c | tar -x -C "$tree"
chroot "$root" chown -R someone:someone /someone
quiet chroot "$root" apt-get update
plan c "$work/plan"
# shellcheck disable=SC2046 # packages are words
install start $(cat "$work/plan/packages")
grep -qx 'make demo' "$work/plan/1.sh"
since=$(date +%s)
quiet chroot --userspec=someone:someone "$root" env HOME=/someone sh -c 'cd && cd libkpclient && make demo'
grep -q 'hello' "$work/log"
echo "make demo: $(($(date +%s) - since)) s, with $(cat "$work/plan/packages")"
umount -R -l "$root"

failed=0
for language in "$@"; do
    since=$(date +%s)
    layer "$language" "$work/start/upper:$bare"
    plan "$language" "$work/$language/root/plan"
    if [ "$language" = c ]; then
        # "Save the program as hello.c"; and what was done already, or is this project's own.
        sed -n '/^<!-- hello.c -->/,/^```$/p' README.md | sed '1,2d; $d' > "$work/c/root/someone/libkpclient/hello.c"
        sed -i '/^make demo$/d; /^make check$/d' "$work/c/root/plan/1.sh"
    fi
    # shellcheck disable=SC2046 # packages are words
    if install "$language" $(cat "$work/$language/root/plan/packages") &&
        unshare --pid --fork --kill-child --mount-proc="$work/$language/root/proc" $here/follow.sh "$work/$language/root"; then
        echo "$language: followed, $(($(date +%s) - since)) s"
    else
        echo "$language: FAILED"
        failed=$((failed + 1))
    fi
    umount -R -l "$work/$language/root"
    rm -rf --one-file-system "${work:?}/$language"
done
echo "READMEs: $(($# - failed)) passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
