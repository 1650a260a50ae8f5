# Part of part.sh: macOS and iOS. Nothing of them runs here; what is built is inspected.
# shellcheck shell=sh disable=SC2154

objdump=$(command -v llvm-objdump || command -v "$(basename -a /usr/bin/llvm-objdump-* 2> /dev/null | tail -n 1)") ||
    skip "there is no llvm-objdump (Debian's llvm)"
nm=${objdump%objdump*}nm${objdump##*objdump}

# The stub of Apple's libSystem that the linker needs, with all that the archive lacks.
stub() { # TARGET
    mkdir -p "$work/sdk/usr/lib"
    "$nm" --no-llvm-bc --extern-only --undefined-only --format=just-symbols "$library" 2> /dev/null | grep '^_' | sort -u > "$work/undefined"
    # Those that other objects of the archive alone may name are not among the external ones.
    "$nm" --no-llvm-bc --defined-only --format=just-symbols "$library" 2> /dev/null | grep '^_' | sort -u > "$work/defined"
    comm -23 "$work/undefined" "$work/defined" > "$work/foreign"
    {
        printf -- '--- !tapi-tbd\ntbd-version: 4\ntargets: [ %s ]\n' "$1"
        printf "install-name: '/usr/lib/libSystem.B.dylib'\nexports:\n  - targets: [ %s ]\n    symbols: [ dyld_stub_binder" "$1"
        sed "s/.*/, '&'/" "$work/foreign" | tr -d '\n'
        printf ' ]\n...\n'
    } > "$work/sdk/usr/lib/libSystem.tbd"
}

# What zig knows of the real libSystem: nothing else may be needed.
check_foreign() {
    tbd=$(find "$($zig env | sed -n 's/.*lib_dir[":= ]*"\([^"]*\)".*/\1/p')" -name 'libSystem*.tbd' 2> /dev/null | head -n 1)
    [ -n "$tbd" ] || return 0
    tr -cs 'A-Za-z0-9_$' '\n' < "$tbd" | sort -u > "$work/system"
    missing=$(comm -23 "$work/foreign" "$work/system" | head -n 20 | tr '\n' ' ')
    [ -z "$missing" ] || fail "libSystem has no $missing"
}

macos() { # ARCH OF_RUST OF_ZIG
    compiler "$3-macos"
    archive "$2-apple-darwin" '--features store-bundled'
    stub "$1-macos"
    check_foreign
    LD="$lld -flavor darwin" packaging/link_dylib.sh "$library" "$out" "$1" "$work/sdk"
    dylib=$out/libkpclient.$abi.dylib
    # As any tool shows it that reads the file: the name, the versions, the exports.
    "$objdump" --macho --private-headers "$dylib" > "$work/headers"
    grep -q "name @rpath/libkpclient.$abi.dylib " "$work/headers" || fail 'it has another install name'
    grep -q "compatibility version ${version%.*}.0$" "$work/headers" || fail 'it has another compatibility version'
    grep -q "current version $version$" "$work/headers" || fail 'it has another version'
    needs=$("$objdump" --macho --dylibs-used "$dylib" | sed -n 's/^\t\([^ ]*\).*/\1/p' | grep -v libkpclient | tr '\n' ' ')
    [ "$needs" = '/usr/lib/libSystem.B.dylib ' ] || fail "it needs $needs"
    exports "$("$nm" --no-llvm-bc --extern-only --defined-only --format=just-symbols "$dylib" | sed 's/^_//')"
    # A program finds what it calls.
    printf '#include <kpclient.h>\nint main(void) { return kpc_version() == 0; }\n' > "$work/main.c"
    "$work/cc" -Iinclude "$work/main.c" "$dylib" -o "$work/main"
    "$objdump" --macho --dylibs-used "$work/main" | grep -q "@rpath/libkpclient.$abi.dylib" || fail 'the program does not name it'
    echo "built: libkpclient.$abi.dylib (install name, versions, exports and needs inspected), a program linked with it; not run"
}

case $part in
macos-aarch64) macos arm64 aarch64 aarch64 ;;
macos-x86_64) macos x86_64 x86_64 x86_64 ;;
ios)
    : > "$work/cc"
    archive aarch64-apple-ios '--no-default-features --features websocket'
    framework=$out/kpclient.xcframework
    rm -rf "$framework"
    mkdir -p "$framework/ios-arm64/Headers"
    cp "$library" "$framework/ios-arm64/libkpclient.a"
    cp include/kpclient.h packaging/module.modulemap "$framework/ios-arm64/Headers/"
    sed "s/@VERSION@/$version/g" packaging/xcframework.plist.in > "$framework/Info.plist"
    command -v python3 > /dev/null || skip 'there is no python3 to read Info.plist'
    python3 - "$framework" << 'END'
import os, plistlib, sys
root = sys.argv[1]
with open(os.path.join(root, "Info.plist"), "rb") as file:
    info = plistlib.load(file)
assert info["CFBundlePackageType"] == "XFWK" and info["XCFrameworkFormatVersion"] == "1.0"
for library in info["AvailableLibraries"]:
    where = os.path.join(root, library["LibraryIdentifier"])
    assert os.path.isfile(os.path.join(where, library["LibraryPath"])), where
    assert os.path.isfile(os.path.join(where, library["HeadersPath"], "kpclient.h")), where
END
    "$nm" --no-llvm-bc --extern-only --defined-only --format=just-symbols "$library" 2> /dev/null | grep -c '^_kpc_' > "$work/count"
    [ "$(cat "$work/count")" = "$(abi/symbols.sh list no | wc -l)" ] || fail 'it has other functions than abi/symbols.txt says'
    "$objdump" --macho --private-headers "$library" 2> /dev/null | grep -q 'platform ios\|LC_VERSION_MIN_IPHONEOS\|platform 2$' ||
        fail 'its objects are not for iOS'
    echo 'built: kpclient.xcframework with a static library for devices, without the store; not run'
    ;;
esac
