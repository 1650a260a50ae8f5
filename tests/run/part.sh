#!/bin/sh
# Runs one script of this directory for all.sh, as its own process that can be in the background:
#
#   tests/run/part.sh NAME DIR   writes DIR/NAME.seconds and, when all is over, DIR/NAME.code
since=$(date +%s)
"tests/run/$1.sh" < /dev/null 2>&1
code=$?
echo $(($(date +%s) - since)) > "$2/$1.seconds"
echo "$code" > "$2/$1.code"
