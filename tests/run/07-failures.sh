#!/bin/sh
# Whatever fails stands with its own words in the few lines at the end of `make check`, not with
# those of a test that passed later.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

failures() { # lines
    awk -v lines="$1" -f tests/run/failures.awk "$work/log" > "$work/found"
}

holds() {
    diff "$work/expected" "$work/found" || { echo "$1"; exit 1; }
}

cat > "$work/log" << 'END'
     Running unittests src/lib.rs (target/debug/deps/kpclient-1)
test pki::passes ... ok
test pki::fails ... FAILED
test wire::fails ... FAILED

failures:

---- pki::fails stdout ----
printed before
thread 'pki::fails' (7) panicked at src/pki/tests.rs:1:5:
assertion `left == right` failed
  left: 1
 right: 2
stack backtrace:
   0: rust_begin_unwind

---- wire::fails stdout ----

thread 'wire::fails' (8) panicked at src/wire/tests.rs:2:5:
no frame
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace


failures:
    pki::fails
    wire::fails

test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out
error: test failed, to rerun pass `--lib`
     Running tests/c_suite/main.rs (target/debug/deps/c_suite-1)
FAILED boxes (shared, valgrind)
    exit status: 1
    tests/c/boxes.c:7: does not hold: 1 == 2
skipped other (static, valgrind): no valgrind
C programs: 1 runs passed, 1 failed, 1 skipped
error: test failed, to rerun pass `--test c_suite`

Caused by:
  process didn't exit successfully: `target/debug/deps/c_suite-1` (exit status: 1)
     Running tests/scripted/main.rs (target/debug/deps/scripted-1)
test closing::aborts ...
thread 'closing::aborts' has overflowed its stack
error: test failed, to rerun pass `--test scripted`

Caused by:
  process didn't exit successfully: `target/debug/deps/scripted-1` (signal: 6, SIGABRT)
     Running tests/wire_frames.rs (target/debug/deps/wire_frames-1)
test frames ... ok
error: 3 targets failed:
    `--lib`
END
cat > "$work/expected" << 'END'
FAILED src/lib.rs: pki::fails
    printed before
    thread 'pki::fails' (7) panicked at src/pki/tests.rs:1:5:
    assertion `left == right` failed
    left: 1
    right: 2
FAILED src/lib.rs: wire::fails
    thread 'wire::fails' (8) panicked at src/wire/tests.rs:2:5:
    no frame
FAILED tests/c: boxes (shared, valgrind)
    exit status: 1
    tests/c/boxes.c:7: does not hold: 1 == 2
FAILED tests/scripted/main.rs
    test closing::aborts ...
    thread 'closing::aborts' has overflowed its stack
    process didn't exit successfully: `target/debug/deps/scripted-1` (signal: 6, SIGABRT)
END
failures 80
holds 'what failed is not told with its own words'

# Where there is little room, each keeps its beginning and its end.
cat > "$work/expected" << 'END'
FAILED src/lib.rs: pki::fails
    thread 'pki::fails' (7) panicked at src/pki/tests.rs:1:5:
    assertion `left == right` failed
    right: 2
FAILED src/lib.rs: wire::fails
    thread 'wire::fails' (8) panicked at src/wire/tests.rs:2:5:
    no frame
FAILED tests/c: boxes (shared, valgrind)
    exit status: 1
    tests/c/boxes.c:7: does not hold: 1 == 2
FAILED tests/scripted/main.rs
    test closing::aborts ...
    thread 'closing::aborts' has overflowed its stack
    process didn't exit successfully: `target/debug/deps/scripted-1` (signal: 6, SIGABRT)
END
failures 12
holds 'many failures are not told in few lines'

# Of what is of no known form the end is given.
{ echo 'a long story'; echo 'not in the dynamic section: SONAME'; } > "$work/log"
echo '    not in the dynamic section: SONAME' > "$work/expected"
failures 1
holds 'the end of the output is not told'
echo 'failures are told with their own words'
