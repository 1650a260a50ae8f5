#!/bin/sh
# Installs the Python clients that tests/peers runs, each in an environment of its own:
#
#   tests/peers/install.sh DIRECTORY
#
# DIRECTORY/newest and DIRECTORY/old, with the versions of newest.txt and old.txt. What is there
# already is kept. Ends with 77 and the reason where that cannot be done.
set -eu
here=$(dirname "$0")
command -v python3 > /dev/null || { echo 'there is no Python'; exit 77; }
python3 -c 'import ensurepip, venv' 2> /dev/null ||
    { echo 'this Python makes no virtual environments (python3-venv)'; exit 77; }

for which in newest old; do
    wanted=$here/$which.txt
    target=$1/$which
    # Written last: an environment that was begun and not finished is made anew.
    ! cmp -s "$wanted" "$target/installed.txt" || continue
    rm -rf "$target"
    mkdir -p "$1"
    python3 -m venv "$target"
    "$target/bin/pip" install --quiet --disable-pip-version-check --no-input --timeout 20 --retries 1 \
        --requirement "$wanted" > "$1/pip.log" 2>&1 || {
        rm -rf "$target"
        echo "the clients of $which.txt cannot be installed: $(tail -n 1 "$1/pip.log")"
        exit 77
    }
    cp "$wanted" "$target/installed.txt"
    echo "installed: $(grep katzenpost "$wanted")"
done
