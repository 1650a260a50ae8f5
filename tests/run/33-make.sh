#!/bin/sh
# make links the archive that cargo says it wrote, wherever that is, and refuses a linker that
# cannot make the static library in one clear line.
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
make --silent lib CARGO="$work/cargo" BUILD="$work/build" > "$work/log" 2>&1 || { cat "$work/log"; exit 1; }
[ -s "$work/build/lib/libkpclient.a" ] && abi/symbols.sh check "$work/build/lib"
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
