#!/bin/sh
# Compiles the package: build.sh [FOLDER] makes kpclient.dll and kpclient.xml there, by default in ./build.
set -eu
folder=${1:-build}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
cd "$(dirname "$0")"
mcs -langversion:7 -warnaserror -target:library -out:"$folder/kpclient.dll" -doc:"$folder/kpclient.xml" \
    src/*.cs src/generated/*.cs
