#!/bin/sh
# What each language did with the scenarios of bindings/scenarios, as one table, from the logs of the parts
# before this one. It fails if a language that was run has left out a scenario without a reason, or has
# passed fewer than 30, and if none was run.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
least=30
sed -n 's/^{"name": "\([a-z0-9_]*\)".*/\1/p' bindings/scenarios/scenarios.json > "$work/names"
[ "$(wc -l < "$work/names")" = "$(grep -c '"steps":' bindings/scenarios/scenarios.json)" ] ||
    { echo 'a scenario of scenarios.json does not begin with {"name": at the beginning of a line'; exit 1; }

# For each language: LANGUAGE|SCENARIO|ok, or FAILED or left out with |REASON; or LANGUAGE||not run|REASON.
while read -r language part; do
    log=$KPC_RUN/$part.log
    code=$(cat "$KPC_RUN/$part.code" 2> /dev/null || echo none)
    if [ "$code" = 77 ]; then
        echo "$language||not run|$(tail -n 1 "$log")"
    elif [ ! -e "tests/run/$part.sh" ]; then
        echo "$language||not run|there is no tests/run/$part.sh"
    elif [ "$code" = none ]; then
        echo "$language||not run|its part, $part, was not asked for"
    else
        awk -v language="$language" '
            /^ok [a-z0-9_]+$/ { said[$2] = "ok" }
            /^(FAILED|left out) [a-z0-9_]+: / {
                what = $1 == "left" ? "left out" : $1
                rest = substr($0, length(what) + 2)
                name = rest
                sub(/:.*/, "", name)
                said[name] = what "|" substr(rest, length(name) + 3)
            }
            index($0, "scenarios in " language ": ") == 1 { is_run = 1 }
            END {
                if (!is_run) print language "||FAILED|" "there is nothing of it in the log of its part"
                for (name in said) print language "|" name "|" said[name]
            }' "$log"
    fi
done > "$work/said" << 'END'
Rust 10-rust
C++ 43-cpp
Go 42-go
Python 40-python
JavaScript 44-javascript
Kotlin 43-kotlin
C# 46-csharp
Swift 41-swift
END

awk -F '|' -v least="$least" -f tests/run/languages.awk "$work/names" "$work/said"
