#!/bin/sh
# Compiles the package: build.sh [FOLDER [OPTION...]] makes kpclient.dll and kpclient.xml there, by default in
# ./build, with these options for the compiler.
set -eu
folder=${1:-build}
[ $# = 0 ] || shift
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
cd "$(dirname "$0")"
mcs -langversion:7 -warnaserror -target:library -out:"$folder/kpclient.dll" -doc:"$folder/kpclient.xml" "$@" \
    src/*.cs src/generated/*.cs
