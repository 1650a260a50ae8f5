#!/bin/sh
# Takes the printing of backtraces out of an object before it is linked. The library catches its panics and reports
# where they happened, but the standard library's hook refers to all that reads debug information, 200 KiB. Its
# function that writes a backtrace is overwritten with one that writes nothing, and the linker leaves out the rest.
#
#   abi/no_backtraces.sh OBJECT
#
# OBJECT stays as it is where that function is not found under its name, or the tools cannot do this.
set -eu
object=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
objcopy=${OBJCOPY:-objcopy}

# <std::sys::backtrace::BacktraceLock::print::DisplayBacktrace as core::fmt::Display>::fmt, in either mangling;
# the formatter calls it through a pointer, so it is always a function of its own.
section=$("${OBJDUMP:-objdump}" -hw "$object" | sed -n 's/.* \(\.text[^ ]*DisplayBacktrace[^ ]*3fmt[^ ]*\) .*/\1/p')

replace() {
    [ "$(echo "$section" | wc -w)" = 1 ] || return
    # Ok(()) is 0. The function keeps its length, which the unwinding tables know.
    # shellcheck disable=SC2086 # CC may have arguments
    echo 'int nothing(void) { return 0; }' | ${CC:-cc} -O1 -c -x c -o "$work/nothing.o" - || return
    "$objcopy" -O binary -j .text "$work/nothing.o" "$work/nothing" || return
    "$objcopy" --dump-section "$section=$work/body" "$object" "$work/new.o" || return
    [ -s "$work/nothing" ] && [ "$(wc -c < "$work/nothing")" -le "$(wc -c < "$work/body")" ] || return
    dd if="$work/nothing" of="$work/body" conv=notrunc 2> /dev/null || return
    "$objcopy" --update-section "$section=$work/body" --remove-relocations="$section" "$object" "$work/new.o"
}
if replace; then
    mv "$work/new.o" "$object"
else
    echo 'the printing of backtraces stays in the library, which is larger by that' >&2
fi
