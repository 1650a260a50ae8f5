#!/bin/sh
# The bills of materials of a source tree (CycloneDX, as JSON): which crates, in which versions, with which
# checksums and under which licences, the library, the tool and the simulator are built of, on any platform.
#
#   packaging/bom.sh TREE DIR TIME   writes DIR/libkpclient-VERSION.cdx.json, kpc-... and kpclientd-sim-...
#
# TIME is that of the bill, in seconds since 1970. The same tree and time give the same bytes everywhere, so
# a bill has no serial number. It asks cargo alone: what made an archive can make its bill.
set -eu
tree=$1
out=$(realpath "$2")
when=$(date -u -d "@$3" +%Y-%m-%dT%H:%M:%SZ)
cd "$tree"
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# name, version, checksum
awk '/^name = /{ name = $3 } /^version = /{ version = $3 } /^checksum = /{ print name, version, $3 }' Cargo.lock |
    tr -d '"' > "$work/checksums"

bill() { # CRATE FILE KIND
    # depth name vVERSION ...|licence; what was shown before has no branches, and ends with (*).
    "${CARGO:-cargo}" tree --locked --package "$1" --edges normal,build --target all --prefix depth \
        --format ' {p}|{l}' > "$work/tree"
    awk -v checksums="$work/checksums" -v when="$when" -v kind="$3" '
        function component(id, kind,    parts, text) {
            split(id, parts, " ")
            text = sprintf("{\"type\": \"%s\", \"bom-ref\": \"%s\", \"name\": \"%s\", \"version\": \"%s\"",
                kind, refs[id], parts[1], parts[2])
            if (id in sums)
                text = text sprintf(", \"hashes\": [{\"alg\": \"SHA-256\", \"content\": \"%s\"}]", sums[id])
            return text sprintf(", \"licenses\": [{\"expression\": \"%s\"}], \"purl\": \"%s\"}", licences[id], refs[id])
        }
        BEGIN { while ((getline line < checksums) > 0) { split(line, c, " "); sums[c[1] " " c[2]] = c[3] } }
        {
            sub(/ \(\*\)$/, "")
            split($0, half, "|")
            split(half[1], word, " ")
            depth = word[1] + 0
            id = word[2] " " substr(word[3], 2)
            if (!(id in refs)) {
                order[++count] = id
                refs[id] = "pkg:cargo/" word[2] "@" substr(word[3], 2)
                licences[id] = half[2]
                gsub(/\//, " OR ", licences[id])
            }
            above[depth] = id
            if (depth > 0 && !((above[depth - 1], id) in seen)) {
                seen[above[depth - 1], id] = 1
                needs[above[depth - 1]] = needs[above[depth - 1]] (needs[above[depth - 1]] == "" ? "" : ", ") "\"" refs[id] "\""
            }
        }
        END {
            print "{\n \"bomFormat\": \"CycloneDX\",\n \"specVersion\": \"1.5\",\n \"version\": 1,"
            print " \"metadata\": {\"timestamp\": \"" when "\",\n  \"component\": " component(order[1], kind) "},"
            print " \"components\": ["
            for (i = 2; i <= count; i++) print "  " component(order[i], "library") (i < count ? "," : "")
            print " ],\n \"dependencies\": ["
            for (i = 1; i <= count; i++)
                print "  {\"ref\": \"" refs[order[i]] "\", \"dependsOn\": [" needs[order[i]] "]}" (i < count ? "," : "")
            print " ]\n}"
        }' "$work/tree" > "$out/$2-$version.cdx.json"
    echo "$2-$version.cdx.json: $(($(grep -c '"bom-ref"' "$out/$2-$version.cdx.json") - 1)) crates"
}
bill kpclient libkpclient library
bill kpc kpc application
bill kpclientd-sim kpclientd-sim application
