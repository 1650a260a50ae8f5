#!/bin/sh
# The binary interface by abi/interface.txt, as a C compiler and libabigail see it. The list gives a
# library in C; the header must give the same one, and changes that break programs must be noticed.
# It may be skipped: where there is no abidiff (abigail-tools), the last part.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
stub="cargo run --quiet --locked -p kpclient-man -- stub"
$stub list > "$work/list.c"
$stub header > "$work/header.c"
cc=${CC:-cc}

build() { # from, to, folder with the header
    "$cc" -std=c11 -g -shared -fPIC -Wall -Wextra -Werror -Wmissing-prototypes -Wno-unused-parameter \
        -Wl,-soname,libkpclient.so.0 -I "$3" "$work/$1.c" -o "$work/$2.so" 2> "$work/said"
}
own() { # those of the list, which has no prototypes
    "$cc" -std=c11 -g -shared -fPIC -Wl,-soname,libkpclient.so.0 "$work/list.c" -o "$work/list.so"
}

own
build header header include || { cat "$work/said"; echo 'the header is not what abi/interface.txt says'; exit 1; }
echo 'interface: a C compiler finds the header as it is listed'

# Changes of the header that no program must ever meet: pattern, what is there instead.
broken() {
    mkdir -p "$work/changed"
    sed "$1" include/kpclient.h > "$work/changed/kpclient.h"
    if cmp -s include/kpclient.h "$work/changed/kpclient.h"; then
        echo "nothing is changed by $1"
        exit 1
    fi
}
refuses=0
for change in 's/^#define KPC_EVENT_HEALTH .*/#define KPC_EVENT_HEALTH 99/' \
    's/^\( *\)size_t queue_len;/\1uint64_t more; size_t queue_len;/' \
    's/^\( *\)uint64_t overdue_ns;/\1uint32_t overdue_ns;/' \
    's/uint32_t kpc_config_silence_limit(/int64_t kpc_config_silence_limit(/' \
    's/\bkpc_event_health\b/kpc_event_health_of/' \
    's/^typedef uint64_t kpc_op;/typedef int64_t kpc_op;/' \
    's/^typedef void (\*kpc_drop_fn)(void \*/&more, void */'; do
    broken "$change"
    if build header refused "$work/changed"; then
        echo "a C compiler does not notice $change"
        exit 1
    fi
    refuses=$((refuses + 1))
done
echo "interface: a C compiler refuses $refuses broken headers"

if ! command -v abidiff > /dev/null; then
    echo 'there is no abidiff: install abigail-tools'
    exit 77
fi
abidiff "$work/list.so" "$work/header.so"
# A struct with one member more, at the size of which the compiler must not look for once.
broken 's/^\( *\)size_t queue_len;/\1uint64_t more; size_t queue_len;/'
grep -v _Static_assert "$work/header.c" > "$work/unchecked.c"
build unchecked grown "$work/changed" || { cat "$work/said"; exit 1; }
if abidiff "$work/list.so" "$work/grown.so" > "$work/said"; then
    echo 'abidiff does not notice a new member in kpc_service'
    exit 1
fi
grep -q "kpc_service" "$work/said"
# A function that is gone.
grep -v '^int32_t kpc_event_health(' "$work/header.c" > "$work/fewer.c"
build fewer fewer include || { cat "$work/said"; exit 1; }
if abidiff "$work/list.so" "$work/fewer.so" > "$work/said"; then
    echo 'abidiff does not notice that kpc_event_health is gone'
    exit 1
fi
grep -q 'kpc_event_health' "$work/said"
echo 'interface: libabigail finds both the same, and notices a member and a function'
echo 'interface: 3 passed, 0 failed, 0 skipped'
