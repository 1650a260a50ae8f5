# Part of part.sh: Windows. Nothing of it runs here; what is built is inspected.
# shellcheck shell=sh disable=SC2154

compiler x86_64-windows-gnu
# Rust looks for this one by its name.
mkdir "$work/bin"
printf '#!/bin/sh\nexec %s dlltool "$@"\n' "$zig" > "$work/bin/x86_64-w64-mingw32-dlltool"
chmod +x "$work/bin/x86_64-w64-mingw32-dlltool"
PATH=$work/bin:$PATH
# Without the store, whose files and locks are those of Unix.
archive x86_64-pc-windows-gnu '--no-default-features --features websocket'
dll=libkpclient-$abi.dll
{
    echo "LIBRARY $dll"
    echo EXPORTS
    abi/symbols.sh list no
} > "$work/kpclient.def"
"$work/cc" -shared -o "$out/$dll" "$work/kpclient.def" "$library" \
    "-Wl,--out-implib=$out/libkpclient.dll.a" -lws2_32 -lntdll -luserenv -lbcrypt -lunwind
rm -f "$out"/*.pdb
objdump -p "$out/$dll" > "$work/said"
exports "$(sed -n '/^\[Ordinal\/Name Pointer\] Table/,/^$/s/.*\(kpc_[a-z0-9_]*\)$/\1/p' "$work/said")" no
needs=$(sed -n 's/.*DLL Name: \(.*\)/\1/p' "$work/said" | grep -viE '^(api-ms-win-.*|kernel32|ntdll|ws2_32|userenv|bcrypt|bcryptprimitives)\.dll$' | tr '\n' ' ')
[ -z "$needs" ] || fail "it needs $needs"
sed -n '/^<!-- hello.c -->/,/^```$/p' README.md | sed '1,2d; $d' > "$work/hello.c"
"$work/cc" -std=c99 -Wall -Wextra -Werror -Iinclude "$work/hello.c" "$out/libkpclient.dll.a" -o "$work/hello.exe"
objdump -p "$work/hello.exe" | grep -q "DLL Name: $dll" || fail 'the program does not name it'
echo "built: $dll (exports and needs inspected), a program linked with it; without the store; not run"
