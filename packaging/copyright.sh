#!/bin/sh
# The machine-readable debian/copyright of a source archive: our own licence, and those of the crates in
# vendor/, with the copyright lines that their files have. Run at the top of an unpacked archive.
set -eu

# A crate with a choice is taken under the terms of MIT, if they are one of it.
licence() {
    expression=$(sed -n 's/^license = "\(.*\)"/\1/p' "$1/Cargo.toml" | head -n 1)
    case $expression in
    '(MIT OR Apache-2.0) AND Unicode-3.0') echo 'Expat and Unicode-3.0' ;;
    MIT | 'MIT OR '* | *' OR MIT' | *' OR MIT OR '* | MIT/Apache-2.0) echo Expat ;;
    BSD-3-Clause) echo "BSD-3-Clause-$(sed -n 's/^name = "\(.*\)"/\1/p' "$1/Cargo.toml" | head -n 1)" ;;
    Apache-2.0 | MPL-2.0) echo "$expression" ;;
    *) echo "$1 has a licence that packaging/copyright.sh does not know: $expression" >&2 && return 1 ;;
    esac
}

# Known of every crate before anything is written: what fails inside echo "$(...)" does not end a script.
for crate in vendor/*; do
    licence "$crate" > /dev/null
done

# The lines of copyright of a crate, or who its manifest names.
holders() {
    find "$1" -maxdepth 1 -iname '*licen[cs]e*' -type f -exec cat {} + |
        sed -n 's/^ *\(Copyright *\((c)\|©\)\{0,1\} *[0-9].*\)/\1/ip' | sed 's/^[Cc]opyright *\((c)\|©\)* *//i; s/\r$//' |
        sort -u > holders
    if ! [ -s holders ]; then
        sed -n 's/^authors = \[*"\([^"]*\)".*/\1/p; s/^    "\(.*<.*>\)",*$/\1/p' "$1/Cargo.toml" | sort -u > holders
    fi
    [ -s holders ] || echo "the authors of $(basename "$1")" > holders
    sed '1!s/^/           /' holders
    rm holders
}

# A licence's text as a paragraph's continuation.
text() {
    tr -d '\r' | sed 's/^[[:space:]]*$/./; s/^/ /'
}

cat << 'END'
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: libkpclient

Files: *
Copyright: 2026 the libkpclient authors
License: Expat or Apache-2.0
END
for crate in vendor/*; do
    echo
    echo "Files: $crate/*"
    echo "Copyright: $(holders "$crate")"
    echo "License: $(licence "$crate")"
done

printf '\nLicense: Expat\n'
sed '1,/^Copyright/d' LICENSE-MIT | sed '1{/^$/d}' | text
cat << 'END'

License: Apache-2.0
 On Debian systems the text is in /usr/share/common-licenses/Apache-2.0.

License: MPL-2.0
 On Debian systems the text is in /usr/share/common-licenses/MPL-2.0.
END
for crate in vendor/*; do
    case $(licence "$crate") in
    BSD-3-Clause-*)
        printf '\nLicense: %s\n' "$(licence "$crate")"
        text < "$(find "$crate" -maxdepth 1 -iname 'licen[cs]e*' | head -n 1)"
        ;;
    *Unicode-3.0)
        printf '\nLicense: Unicode-3.0\n'
        text < "$crate/LICENSE-UNICODE"
        ;;
    esac
done
