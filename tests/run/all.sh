#!/bin/sh
# Runs every other script in this directory, in the order of their names; `make check`.
#
#   tests/run/all.sh [NAME...]   only the scripts whose names contain one of these
#
# A script gets the built libraries in $KPC_LIB_DIR, the simulator as $KPC_SIM, the examples
# in $BUILD/examples, and in $KPC_FEATURES what cargo is told of STORE. It prints what it did and ends with 0 when all is well, or with 77 when it
# cannot run here, with the reason in its last line. Tests are counted by lines of these forms,
# a script without any counts as one:
#
#   test result: ok. 3 passed; 0 failed; 1 ignored; ...
#   C programs: 3 runs passed, 0 failed, 1 skipped
#   skipped NAME: REASON
#
# Lines that begin with `features: ` say how much of tests/feature_rows.txt is covered; they are
# repeated at the end, with the seconds that each script took and, in the last lines of all, what
# failed with its own words (tests/run/failures.awk).
#
# A script that says `beside the others:` in a comment runs in the background from the beginning,
# as it sleeps for most of its time; its output stands in its place all the same.
#
# Only what needs a sanitizer, or a script that says `may be skipped:` in a comment and its parts,
# may be skipped; whatever else is skipped counts as failed, so that nothing passes by not running.
set -u
cd "$(dirname "$0")/../.."
BUILD=$(realpath "${BUILD:-build}")
KPC_LIB_DIR=$BUILD/lib
KPC_SIM=$BUILD/bin/kpclientd-sim
KPC_FEATURES=$(make --silent --no-print-directory features) || exit
export BUILD KPC_LIB_DIR KPC_SIM KPC_FEATURES

work=$(mktemp -d)
# For the part that shows what others have said.
KPC_RUN=$work
export KPC_RUN
end() {
    for group in "$work"/*.beside; do
        [ ! -e "$group" ] || kill -TERM "-$(cat "$group")" 2> /dev/null
    done
    rm -rf "$work"
}
trap end EXIT
trap 'exit 130' INT TERM HUP
: > "$work/skipped"
: > "$work/failed"
: > "$work/features"
: > "$work/seconds"
passed=0 failed=0 skipped=0

# Adds up what one script printed.
count() {
    awk '
        /^test result: / { counted = 1; p += $4; f += $6; s += $8 }
        /^[A-Za-z #+]+: [0-9]+ (runs )?passed, [0-9]+ failed, [0-9]+ skipped$/ {
            counted = 1
            sub(/^[^:]*: /, ""); sub(/ runs/, ""); gsub(/,/, "")
            p += $1; f += $3; s += $5
        }
        END { print p + 0, f + 0, s + 0, counted + 0 }' "$1"
}

# The scripts whose names contain one of these words, or all.
wanted() {
    for script in tests/run/[0-9]*.sh; do
        script=$(basename "$script" .sh)
        [ $# != 0 ] || echo "$script"
        for part; do
            case $script in *"$part"*) echo "$script" && break ;; esac
        done
    done
}

# Starts a script in a process group of its own, which can be ended, and with the SIGINT that
# shells take from what they start in the background. Where that cannot be, it has its turn later.
start_beside() {
    command -v setsid > /dev/null && env --default-signal=INT true 2> /dev/null || return 0
    setsid env --default-signal=INT tests/run/part.sh "$1" "$work" > "$work/$1.log" &
    echo "$!" > "$work/$1.beside"
}

begun=$(date +%s)
names=$(wanted "$@")
for name in $names; do
    ! grep -q '^# .*beside the others:' "tests/run/$name.sh" || start_beside "$name"
done
for name in $names; do
    printf '==== %s\n' "$name"
    log=$work/$name.log
    if [ -e "$work/$name.beside" ]; then
        wait "$(cat "$work/$name.beside")"
        rm "$work/$name.beside"
        cat "$log"
    else
        tests/run/part.sh "$name" "$work" | tee "$log"
    fi
    code=$(cat "$work/$name.code" || echo 'no code')
    took=$(cat "$work/$name.seconds" || echo 0)
    count "$log" > "$work/counted"
    read -r p f s counted < "$work/counted"
    grep '^features: ' "$log" >> "$work/features" || :
    grep '^skipped ' "$log" | sed 's/^skipped //' > "$work/said" || :
    grep '^test .* \.\.\. ignored' "$log" >> "$work/said" || :
    case $code in
    0) [ "$counted" = 1 ] || p=1 ;;
    77)
        s=$((s + 1))
        if grep -q '^# .*may be skipped:' "tests/run/$name.sh"; then
            echo "$name: $(tail -n 1 "$log")" >> "$work/skipped"
        else
            echo "$name must not be skipped: $(tail -n 1 "$log")" >> "$work/failed"
        fi
        ;;
    *)
        [ "$f" != 0 ] || f=1
        echo "$name ended with $code" >> "$work/failed"
        cp "$log" "$work/$name.failed"
        ;;
    esac
    may='\((shared|static), (valgrind|asan)\): '
    ! grep -q '^# .*may be skipped:' "tests/run/$name.sh" || may=.
    grep -E "$may" "$work/said" >> "$work/skipped"
    grep -vE "$may" "$work/said" | sed 's/^/must not be skipped: /' >> "$work/failed"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    printf '==== %s: %d passed, %d failed, %d skipped, %d s\n' "$name" "$p" "$f" "$s" "$took"
    printf '%5d s  %s\n' "$took" "$name" >> "$work/seconds"
done

printf '==== all, %d s; by part:\n' $(($(date +%s) - begun))
cat "$work/seconds"
sed 's/^/skipped: /' "$work/skipped"
# The end of a log is what is read first, and often all that is kept: some fifty lines at most.
bad=$(find "$work" -name '*.failed' | sort)
for log in $bad; do
    printf '==== what failed in %s\n' "$(basename "$log" .failed)"
    awk -v lines=$((45 / $(echo "$bad" | wc -l))) -f tests/run/failures.awk "$log"
done
sed 's/^/FAILED: /' "$work/failed"
cat "$work/features"
if [ -s "$work/failed" ] && [ "$failed" = 0 ]; then
    failed=$(wc -l < "$work/failed")
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
