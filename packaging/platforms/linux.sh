# Part of part.sh: older C libraries of Linux.
# shellcheck shell=sh disable=SC2154

case $part in
glibc-2.17)
    [ "$(uname -m)" = x86_64 ] || skip "programs for x86_64 do not run on $(uname -m)"
    compiler x86_64-linux-gnu.2.17
    archive x86_64-unknown-linux-gnu '--features store-bundled'
    shared
    newest=$(objdump -T "$out/libkpclient.so" | sed -n 's/.*GLIBC_\([0-9.]*\).*/\1/p' | sort -uV | tail -n 1)
    [ "$(printf '%s\n2.17\n' "$newest" | sort -V | tail -n 1)" = 2.17 ] || fail "it needs glibc $newest"
    programs "$(with_shared)"
    echo "built, needs glibc $newest; run: $passed programs of tests/c passed"
    ;;
esac
