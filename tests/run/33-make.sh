#!/bin/sh
# make links the archive that cargo says it wrote, wherever that is. A linker that cannot make the static
# library and a wrong STORE are refused in one clear line.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A cargo whose configuration names a target and a directory of its own.
mkdir -p "$work/else where/x86/release"
cp "$KPC_LIB_DIR/libkpclient.a" "$work/else where/x86/release/libkpclient.a"
cat > "$work/cargo" <<END_SH
#!/bin/sh
echo '{"reason":"compiler-artifact","filenames":["$work/old/libother.rlib"],"executable":null}'
echo '{"reason":"compiler-artifact","filenames":["$work/else where/x86/release/libkpclient.a"]}'
echo '{"reason":"build-finished","success":true}'
END_SH
chmod +x "$work/cargo"
# What is said of the system's SQLite names a library that is not there, as Debian's does without zlib.
cat > "$work/pkg-config" <<'END_SH'
#!/bin/sh
pkg-config "$@" || exit
case $1 in --static) echo -lnowhere ;; esac
END_SH
chmod +x "$work/pkg-config"
make --silent lib CARGO="$work/cargo" PKG_CONFIG="$work/pkg-config" BUILD="$work/build" > "$work/log" 2>&1 ||
    { cat "$work/log"; exit 1; }
[ -s "$work/build/lib/libkpclient.a" ] && abi/symbols.sh check "$work/build/lib"
if grep nowhere "$work/build/lib/static-libs"; then echo 'programs would be linked to what is not there'; exit 1; fi
echo 'make links what cargo wrote'

# One that wrote nothing: an older archive in target/ does not stand in.
printf '#!/bin/sh\n' > "$work/cargo"
if make --silent lib CARGO="$work/cargo" BUILD="$work/none" > "$work/log" 2>&1; then
    echo 'make linked an archive that cargo did not write'
    exit 1
fi
echo 'make links nothing else'

printf '#!/bin/sh\necho "LLD 14.0.6 (compatible with GNU linkers)"\n' > "$work/ld"
chmod +x "$work/ld"
if make --silent link LD="$work/ld" ARCHIVE=none OUT="$work/out" > "$work/log" 2>&1; then
    echo 'a linker that is not GNU ld was taken'
    exit 1
fi
grep "LD=$work/ld is not GNU ld" "$work/log" > /dev/null || { cat "$work/log"; exit 1; }
echo 'a linker that is not GNU ld is refused'

# STORE, which chooses the SQLite.
refused() { # WHAT, WORDS, then make's arguments
    what=$1 words=$2
    shift 2
    if make --silent features "$@" > "$work/log" 2>&1; then echo "make takes $what"; exit 1; fi
    [ "$(wc -l < "$work/log")" = 1 ] && grep "$words" "$work/log" > /dev/null || { cat "$work/log"; exit 1; }
    echo "make refuses $what in one line"
}
refused 'a wrong STORE' 'STORE=maybe is none of yes, system, bundled, no' STORE=maybe
printf '#!/bin/sh\nexit 1\n' > "$work/pkg-config"
refused "the system's SQLite where there is none" 'STORE=system: .* finds no SQLite' STORE=system PKG_CONFIG="$work/pkg-config"
features=$(make --silent features STORE=yes PKG_CONFIG="$work/pkg-config")
[ "$features" = '--features kpclient/store-bundled' ]
echo 'where the system has no SQLite one is compiled in'
