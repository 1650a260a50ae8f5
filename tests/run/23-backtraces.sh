#!/bin/sh
# abi/no_backtraces.sh: what prints backtraces is not in the program, a panic that is not silenced still says where
# it happened, and is caught. An object that has no such function stays as it is.
# may be skipped: where there is no rustc
set -eu
command -v "${RUSTC:-rustc}" > /dev/null || { echo 'there is no rustc'; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat > "$work/panics.rs" <<'END_RS'
/// 1 when the panic was caught.
#[no_mangle]
pub extern "C" fn panics() -> i32 {
    std::panic::catch_unwind(|| panic!("on purpose")).is_err() as i32
}
END_RS
cat > "$work/main.c" <<'END_C'
int panics(void);
int main(void)
{
    return panics() == 1 ? 0 : 1;
}
END_C

passed=0
for flags in '-O -C lto=fat -C codegen-units=1' '-O' '-C debug-assertions'; do
    # shellcheck disable=SC2086 # flags are words
    "${RUSTC:-rustc}" --crate-type staticlib $flags "$work/panics.rs" -o "$work/libpanics.a"
    ${LD:-ld} -r -o "$work/all.o" --whole-archive "$work/libpanics.a"
    abi/no_backtraces.sh "$work/all.o" 2> "$work/said"
    ${CC:-cc} "$work/main.c" "$work/all.o" -Wl,--gc-sections \
        -lgcc_s -lutil -lrt -lpthread -lm -ldl -lc -o "$work/program"
    if ! RUST_BACKTRACE=full "$work/program" 2>> "$work/said" || ! grep -q 'panics\.rs:4:' "$work/said" ||
        grep -q 'backtrace' "$work/said" || nm "$work/program" | grep -q 'backtrace_rs.*symbolize'; then
        echo "$flags: backtraces, or an uncaught panic:"
        cat "$work/said"
        exit 1
    fi
    passed=$((passed + 1))
done

echo 'int f(void) { return 7; }' | ${CC:-cc} -c -x c -o "$work/other.o" -
cp "$work/other.o" "$work/before.o"
abi/no_backtraces.sh "$work/other.o" 2> "$work/said"
grep -q 'stays in the library' "$work/said" && cmp "$work/before.o" "$work/other.o"
echo "backtraces: $((passed + 1)) passed, 0 failed, 0 skipped"
