#!/bin/sh
# For compiling with Mono what runs on .NET: reference.sh FOLDER makes FOLDER/netstandard.dll of netstandard.cs, and
# prints the compiler's options that use it.
set -eu
here=$(realpath "$(dirname "$0")")
folder=$(realpath "$1")
# Whose assembly it is, is a part of its name: this is the public key of .NET's own netstandard.
python3 - "$folder/netstandard.key" << 'END'
import sys
key = """
00240000048000009400000006020000002400005253413100040000010001004b86c4cb78549b34bab61a3b1800e23bfeb5b3ec390074041536a7e3
cbd97f5f04cf0f857155a8928eaa29ebfd11cfbbad3ba70efea7bda3226c6a8d370a4cd303f714486b6ebc225985a638471e6ef571cc92a4613c00b8
fa65d61ccee0cbe5f36330c9a01f4183559f1bef24cc2917c6d913e3a541333a1d05d9bed22b38cb
"""
open(sys.argv[1], "wb").write(bytes.fromhex("".join(key.split())))
END
# Mono has types of these names, too.
mcs -langversion:7 -nowarn:436 -target:library -delaysign -keyfile:"$folder/netstandard.key" \
    -out:"$folder/netstandard.dll" "$here/netstandard.cs" >&2
echo "-define:TYPES_OF_NETSTANDARD -r:netstandard=$folder/netstandard.dll"
