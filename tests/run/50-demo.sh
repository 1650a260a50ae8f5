#!/bin/sh
# The demo, once as it is; then with its simulator killed, and with Ctrl-C in the middle: it must
# fail then, say why, and leave nothing behind.
# beside the others: it sleeps while its slow network does.
set -eu
work=$(mktemp -d)
demo=''
trap '[ -z "$demo" ] || kill -9 "$demo" 2> /dev/null; rm -rf "$work"' EXIT
TMPDIR=$work
export TMPDIR

fail() {
    echo "$*"
    cat "$work/out"
    exit 1
}

gone() { # process
    # It gives its clients two seconds to take their last frames.
    tries=0
    while kill -0 "$1" 2> /dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt 100 ] || return 1
        sleep 0.1
    done
}

nothing_left() {
    if ls -d "$work"/kpclient-demo-* 2> /dev/null; then fail 'a directory is left'; fi
}

# In a hurry, and at the price of encrypting on today's networks.
for network in --instant '--lambda-p 0.01 --latency 300'; do
    # shellcheck disable=SC2086 # words
    "$BUILD/examples/demo" "$KPC_SIM" $network | tee "$work/out"
    tail -n 1 "$work/out" | grep -q '^PASSED: 10 steps, ' || fail 'the last line is another'
    nothing_left
done

# Runs the demo, slowly, up to its first echo, which then takes another two seconds.
begin() {
    : > "$work/out"
    "$BUILD/examples/demo" "$KPC_SIM" --lambda-p 0.01 --latency 2000 > "$work/out" 2>&1 &
    demo=$!
    tries=0
    until grep -q ' connect ' "$work/out"; do
        tries=$((tries + 1))
        [ "$tries" -lt 200 ] || fail 'the demo does not begin'
        sleep 0.05
    done
    simulator=$(sed -n 's/.*the simulator is process \([0-9]*\) .*/\1/p' "$work/out")
}

# Waits for its end; what it must have said.
ends() {
    code=0
    wait "$demo" || code=$?
    demo=''
    [ "$code" = 1 ] || fail "the demo ended with $code"
    grep -q "^FAILED in step \"echo\": $1" "$work/out" || fail "the demo did not say: $1"
    gone "$simulator" || fail "the simulator is left as process $simulator"
    nothing_left
    echo "it fails as it must: $(tail -n 1 "$work/out")"
}

begin
kill -9 "$simulator"
ends "the simulator (process $simulator) was killed by signal 9"

begin
kill -TERM "$simulator"
ends "the simulator (process $simulator) ended by itself with code 0"

begin
kill -TERM "$demo"
ends 'stopped by'

# Ctrl-C. Not in the background, where shells have processes ignore it; after a second, which is
# before the echo is back.
code=0
timeout --preserve-status -s INT 1 "$BUILD/examples/demo" "$KPC_SIM" --lambda-p 0.01 --latency 5000 \
    > "$work/out" 2>&1 || code=$?
[ "$code" = 1 ] || fail "the demo ended with $code"
grep -q '^FAILED in step "[a-z]*": stopped by Ctrl-C$' "$work/out" || fail 'the demo did not say so'
gone "$(sed -n 's/.*the simulator is process \([0-9]*\) .*/\1/p' "$work/out")" || fail 'its simulator is left'
nothing_left
echo "it fails as it must: $(tail -n 1 "$work/out")"

# Even when nobody can clean up, no process stays.
begin
kill -9 "$demo"
wait "$demo" 2> /dev/null || :
demo=''
gone "$simulator" || fail "the simulator is left as process $simulator"
echo 'the simulator ends with a demo that was killed'
echo 'demo: 6 passed, 0 failed, 0 skipped'
