#!/bin/sh
# Makes each change of tests/mutations.txt in a copy of the tree, one at a time, and runs the test
# that must fail then. It is not part of `make check`: each change takes about half a minute.
#
#   tests/mutants.sh [ROW...]           makes the changes of all rows, or of these
#   tests/mutants.sh --find [ROW...]    only looks for their texts; takes a few seconds
#
# It prints one line for each row, with the functions whose checks failed:
#
#   killed    the test failed
#   survived  the test passed: correct the test or the change
#   invalid   the change does not compile, or its text is not found exactly once
#   found     the text is there (with --find)
#
# A text that is not in the file of its row is looked for in all sources. If exactly one file has it,
# once, the change is made there, and "moved" says where: write that file into the row.
#
# The copy lies in a temporary directory, which is removed; with MUTANTS_TARGET=DIR cargo builds in
# that directory instead, and the next run is faster. Programs are linked to the shared library and
# run plain. The simulator has the change only if the change is one of the simulator. A check waits
# at most MUTANTS_SOON milliseconds for an event. The exit code is 0 if no change survived and none
# was invalid.
set -eu
cd "$(dirname "$0")/.."
find=
if [ "${1:-}" = --find ]; then
    find=yes
    shift
fi
soon=${MUTANTS_SOON:-8000}
sources=$(git ls-files 'src/*.rs' 'sim/src/*.rs')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
mkdir "$work/tree" "$work/lib"
git ls-files -z | tar --null -T - -c -f - | tar -x -f - -C "$work/tree"
cd "$work/tree"
cp include/kpclient.h "$work/"
CARGO_TARGET_DIR=${MUTANTS_TARGET:-$work/target}
export CARGO_TARGET_DIR

features=$(make --silent --no-print-directory features)

# The libraries of the tree as it stands in the copy; what cargo said is in the log.
build_library() {
    # shellcheck disable=SC2086 # flags are words
    KPC_HEADER=write cargo rustc --locked --quiet -p kpclient $features --lib --crate-type cdylib \
        > "$work/log" 2>&1 && cp "$CARGO_TARGET_DIR/debug/libkpclient.so" "$work/lib/"
}

build_simulator() {
    KPC_HEADER=write cargo build --locked --quiet -p kpclientd-sim > "$work/log" 2>&1 &&
        cp "$CARGO_TARGET_DIR/debug/kpclientd-sim" "$work/$1"
}

# Runs one program of tests/c with a simulator; its output is in the log.
run() {
    rm -rf "$work/run" "$work/program"
    mkdir "$work/run"
    "${CC:-cc}" -std=c99 -g -DKPC_SOON="$soon" -Iinclude -Itests/c "tests/c/$1.c" -o "$work/program" \
        -L"$work/lib" -lkpclient -Wl,-rpath,"$work/lib" -lpthread -ldl || return 2
    (cd "$work/run" && KPC_TMP="$work/run" KPC_LIB_DIR="$work/lib" KPC_SIM="$work/$2" \
        timeout --kill-after=5 60 "$work/program" > "$work/log" 2>&1)
}

# Prints "COUNT FILE" for each file that has the text.
count() {
    text_of_row=$1
    shift
    TEXT=$text_of_row awk '
        BEGIN { RS = "\001"; text = ENVIRON["TEXT"]; gsub(/\\n/, "\n", text) }
        {
            found = 0
            rest = $0
            while ((at = index(rest, text)) > 0) {
                found++
                rest = substr(rest, at + 1)
            }
            if (found > 0) print found, FILENAME
        }' "$@"
}

# Sets `place` to the file in which a row's text stands exactly once: the row's own file or, if that
# has it not at all, the only other source that has it. If there is none, it says what it found.
find_place() {
    place=$1
    places=
    [ ! -f "$1" ] || places=$(count "$2" "$1")
    [ -n "$places" ] || places=$(count "$2" $sources)
    case $places in
    *"
"* | '') ;;
    "1 "*) place=${places#1 }; return 0 ;;
    esac
    printf 'not found exactly once: %s\n%s\n' "$2" "${places:-in no source}"
    return 1
}

# Replaces the text in a file; fails unless it is there exactly once.
change() {
    TEXT=$2 INSTEAD=$3 awk '
        BEGIN {
            RS = "\001"
            text = ENVIRON["TEXT"]; instead = ENVIRON["INSTEAD"]
            gsub(/\\n/, "\n", text)
            found = 0
            while ((at = index(instead, "\\n")) > 0) {
                instead = substr(instead, 1, at - 1) "\n" substr(instead, at + 2)
            }
        }
        {
            at = index($0, text)
            rest = substr($0, at + length(text))
            if (at > 0 && index(rest, text) == 0) {
                found = 1
                printf "%s", substr($0, 1, at - 1) instead rest
            }
        }
        END { exit !found }' "$1" > "$work/changed" && cp "$work/changed" "$1"
}

# The functions in which checks did not hold, by the line numbers of the log.
failed_in() {
    sed -n "s/^tests\/c\/$1\.c:\([0-9]*\):.*/\1/p" "$work/log" | while read -r line; do
        head -n "$line" "tests/c/$1.c" | sed -n 's/^[a-z].*[ *]\([a-z_0-9]*\)(.*/\1/p' | tail -n 1
    done | sort -u | tr '\n' ' '
}

if [ -z "$find" ]; then
    echo "building"
    build_simulator simulator || { cat "$work/log"; exit 2; }
fi
killed=0 survived=0 invalid=0 found=0 sound=
while IFS= read -r line; do
    row=${line%% | *}
    rest=${line#* | } file=${line#* | }
    file=${file%% | *} rest=${rest#* | }
    text=${rest%% | *} rest=${rest#* | }
    instead=${rest%% | *} test=${rest#* | }
    case $line in '' | '#'*) continue ;; esac
    if [ $# -gt 0 ]; then
        case " $* " in *" $row "*) ;; *) continue ;; esac
    fi
    program=$(basename "${test%%::*}" .c) function=${test##*::}

    verdict=invalid where=
    if find_place "$file" "$text" > "$work/log"; then
        [ "$place" = "$file" ] || echo "moved    $row: its text is in $place now, no longer in $file"
        file=$place verdict=found
    fi

    # The program is sound without the change, also when it does not wait long.
    case "$verdict$find: $sound " in
    found:*" $program "* | invalid* | foundyes*) ;;
    *)
        build_library || { cat "$work/log"; exit 2; }
        run "$program" simulator || { cat "$work/log"; echo "tests/c/$program.c fails as it is"; exit 2; }
        sound="$sound $program"
        ;;
    esac

    if [ "$verdict$find" = found ]; then
        simulator=simulator verdict=invalid
        cp "$file" "$work/original"
        change "$file" "$text" "$instead"
        case $file in
        sim/*) simulator=changed-simulator; build_simulator changed-simulator && verdict=built ;;
        *) build_library && verdict=built ;;
        esac
        if [ $verdict = built ]; then
            if run "$program" $simulator; then verdict=survived; else verdict=killed; fi
            where=$(failed_in "$program")
        fi
        cp "$work/original" "$file"
        cp "$work/kpclient.h" include/kpclient.h
    fi
    eval "$verdict=\$((\$$verdict + 1))"
    printf '%-8s %3d %s::%s%s\n' "$verdict" "$row" "$program" "$function" "${where:+ (in ${where% })}"
    [ $verdict != invalid ] || sed 's/^/    /' "$work/log" | head -n 20
done < tests/mutations.txt
if [ -n "$find" ]; then
    echo "mutants: $found found, $invalid invalid"
else
    echo "mutants: $killed killed, $survived survived, $invalid invalid"
fi
[ "$survived" = 0 ] && [ "$invalid" = 0 ]
