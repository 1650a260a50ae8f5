#!/bin/sh
# Types what /plan of a system says, one terminal after the other; see try.sh.
#
#   packaging/readmes/follow.sh ROOT
#
# A terminal whose last command says `ready:` goes on to run while the next ones are used.
set -eu
root=$1
plan=$root/plan
chmod 777 "$plan"
limit=1200

prints() { awk -f packaging/readmes/said_as.awk "$1.want" "$1.said"; }
is_ready() { grep -qs '^ready: ' "$1.want" && [ -e "$1.said" ] && prints "$1"; }

terminal=0
while [ -e "$plan/$((terminal + 1)).sh" ]; do
    terminal=$((terminal + 1))
    script=$plan/$terminal.sh
    last=$plan/$terminal.$(grep -c '^exec >' "$script")
    {
        code=0
        chroot --userspec=someone:someone "$root" env HOME=/someone \
            sh -c "cd && cd libkpclient && set -e && . /plan/$terminal.sh" < /dev/null || code=$?
        echo "$code" > "$plan/code"
    } &
    since=$(date +%s)
    until [ -s "$plan/code" ] || is_ready "$last"; do
        [ $(($(date +%s) - since)) -lt $limit ] || { echo "not over after $limit s: $(tail -n 1 "$script")"; exit 1; }
        sleep 0.2
    done
    if [ -s "$plan/code" ] && [ "$(cat "$plan/code")" != 0 ]; then
        at=$(find "$plan" -name "$terminal.*.said" | sort -V | tail -n 1)
        tail -n 20 "$at" "${at%said}errors"
        exit 1
    fi
    rm -f "$plan/code"
    for want in "$plan/$terminal".*.want; do
        [ ! -e "$want" ] || prints "${want%.want}" || {
            echo "the README shows something else than this:"
            tail -n 30 "${want%want}said" "${want%want}errors"
            exit 1
        }
    done
done
