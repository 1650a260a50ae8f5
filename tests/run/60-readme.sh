#!/bin/sh
# What README.md says: its program is compiled, run and installed for by its own command lines, and
# what its pages name is there. A marker in a comment before a block is the name that it has here. The
# same of the guide, each of whose blocks of C compiles by itself.
set -eu
root=$PWD
work=$(mktemp -d)
simulator=''
trap '[ -z "$simulator" ] || kill "$simulator" 2> /dev/null; rm -rf "$work"' EXIT
count=0

passed() {
    count=$((count + 1))
    echo "README: $*"
}

# The text of the block behind the marker <!-- NAME -->.
block() {
    awk -v marker="<!-- $1 -->" '
        $0 == marker { wanted = 1; next }
        wanted && /^```/ { if (inside) exit; inside = 1; next }
        inside { print }' "$root/README.md" | grep . || { echo "README.md has no $1" >&2; exit 1; }
}

# Its commands, without those that make has run already.
commands() { block "$1" | sed -n 's/^\$ //p' | sed 's/^make && make sim$//' | grep .; }

cd "$work"
ln -s "$BUILD" build
ln -s "$root/include" include
block hello.c > hello.c

[ "$(block two-commands | tr '\n' ' ')" = '$ make demo $ make check ' ]
passed 'the two commands'

commands terminal-one > one.sh
sh -c "exec $(cat one.sh)" > one.out 2>&1 < /dev/null &
simulator=$!
tries=0
until grep -qs '^ready: tcp=127.0.0.1:[0-9]*$' one.out && [ -s thinclient.toml ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || { echo 'the simulator does not begin:'; cat one.sh one.out; exit 1; }
    sleep 0.1
done
passed 'the first terminal'

commands terminal-two > two.sh
sh -e two.sh > two.out 2>&1 || { cat two.out; exit 1; }
block terminal-two | grep -v '^\$ ' | diff - two.out
passed 'the second terminal'
cc=${CC:-cc}
$cc -std=c99 -Wall -Wextra -Werror -pedantic -Iinclude -c hello.c -o /dev/null
passed 'the program, without warnings'
# Without a daemon it says so and fails.
kill "$simulator"
wait "$simulator" || :
simulator=''
if ./hello > gone.out 2>&1; then echo 'the program succeeded without a daemon'; exit 1; fi
grep -q . gone.out
passed "the program, without a daemon: $(cat gone.out)"

# Into a directory of our own, and without root.
here() { sed -e 's/^sudo ldconfig$//' -e 's/^sudo //' -e 's/^make$//' -e "s|/usr/local|$work/usr|g" | grep .; }
export PKG_CONFIG_PATH="$work/usr/lib/pkgconfig"
commands install | here > install.sh
sed -i "s|^make install|make --silent -C '$root' install BUILD='$BUILD'|" install.sh
if command -v pkg-config > /dev/null; then
    sh -e install.sh
    LD_LIBRARY_PATH=$work/usr/lib ./hello > gone.out 2>&1 || grep -q . gone.out
    passed 'installing, and pkg-config'
else
    sed '/pkg-config/d' install.sh | sh -e
    echo 'README: there is no pkg-config to try'
fi
commands static | here > static.sh
grep -q -e -lsqlite3 "$KPC_LIB_DIR/static-libs" || sed -i 's/ -lsqlite3//' static.sh
sh -e static.sh
if readelf -d hello | grep -q kpclient; then echo 'it is not static'; exit 1; fi
passed 'linking statically'
make --silent -C "$root" uninstall PREFIX="$work/usr" BUILD="$BUILD"
find "$work/usr" ! -type d | if grep .; then echo 'uninstalling leaves these'; exit 1; fi
passed 'uninstalling'

blocks=0
for page in "$root/README.md" "$root"/docs/guide/*.md; do
    rm -f block*.c
    awk '/^```c$/ { inside = 1; n++; next } /^```/ { inside = 0 } inside { print > ("block" n ".c") }' "$page"
    for source in block*.c; do
        [ -e "$source" ] || continue
        $cc -std=c99 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Werror -pedantic -Wno-unused-function -Iinclude -c "$source" -o /dev/null ||
            { echo "$page, $source"; exit 1; }
        blocks=$((blocks + 1))
    done
done
[ "$blocks" -ge 15 ]
passed "$blocks blocks of C in README and the guide"

# The first program is that of README, and it runs.
awk '/^```c$/ { inside = 1; next } /^```/ { inside = 0 } inside' "$root/docs/guide/first-program.md" | grep . | diff hello.c -
passed "the guide's first program is README's"

cd "$root"
# The READMEs of the languages can be followed by a program; `make check-readmes` does it.
packaging/readmes/try.sh --plan
passed 'the READMEs of the languages: what is installed, and commands'

pages="README.md CONTRIBUTING.md CHANGELOG.md ABI.md SECURITY.md examples-c/README.md $(echo docs/*.md docs/guide/*.md)"
for page in $pages; do
    dir=$(dirname "$page")
    grep -oE '\]\([^)#:]*\)' "$page" | sed 's/^](\(.*\))$/\1/' | while read -r link; do
        [ -e "$dir/$link" ] || { echo "$page: there is no $link"; exit 1; }
    done
    # A name that ends in _ stands for all that begin with it.
    grep -ohE '\b(kpc_[a-z0-9_]+|KPC_[A-Z0-9_]+)\b' "$page" | sort -u | while read -r name; do
        case $name in
        kpc_x | kpc_x_* | KPC_ABI | KPC_CONFIG | KPC_HEADER | KPC_LIB_DIR | KPC_MATRIX* | KPC_SIM | KPC_SIM_TRACE | KPC_TMP) continue ;;
        # What makes tests longer.
        KPC_BLOCK_S | KPC_CONNECTS | KPC_EACH_FAULT | KPC_STOP_S | KPC_THREADS) continue ;;
        esac
        grep -q "\b$name" include/kpclient.h || { echo "$page: the header has no $name"; exit 1; }
    done
    grep -ohE '`make [a-z0-9-]+' "$page" | sort -u | while read -r _ target; do
        grep -q "^$target:" Makefile || { echo "$page: there is no make $target"; exit 1; }
    done
done
passed "links, names and targets in $(echo "$pages" | wc -w) pages"
echo "README: $count passed, 0 failed, 0 skipped"
