#!/bin/sh
# The way from one absolute directory to another, in names alone: realpath has no
# --relative-to everywhere.
#
#   packaging/relative.sh FROM TO
set -eu
from=$1 to=$2 back=''
until case $to/ in "$from"/*) true ;; *) false ;; esac; do
    from=${from%/*}
    back=../$back
done
rest=${to#"$from"}
printf '%s\n' "$back${rest#/}"
