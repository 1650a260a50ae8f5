# What failed in the output of a script of this directory, each failure with its own words:
#
#   awk -v lines=45 -f tests/run/failures.awk LOG
#
# It knows tests in Rust, the C programs of tests/c, test programs that died, and the compiler's
# errors. Where it finds none of them it gives the end of the output. All together take about as
# many lines as are asked for, and three for each failure at least: the beginning and the end of
# what it said.

function begin(title) {
    titles[++blocks] = title
    sizes[blocks] = 0
    inside = 1
}

function add(line) {
    if (line !~ /^[ \t]*$/) {
        said[blocks, ++sizes[blocks]] = substr(line, 1, 300)
    }
}

{ whole[NR % 400] = $0 }

# The program that runs, and what it has said so far.
/^ +(Running|Doc-tests) / {
    program = $2 == "unittests" ? $3 : $2
    before = blocks
    started = NR
    inside = 0
}

/^---- .* stdout ----$/ {
    begin(program ": " $2)
    kind = "rust"
    next
}

/^FAILED / {
    begin("tests/c: " substr($0, 8))
    kind = "c"
    next
}

# It has not told which test failed: it died, or is no ordinary test program.
/^error: test failed/ && blocks == before {
    begin(program)
    for (at = NR - 12 > started ? NR - 12 : started + 1; at < NR; at++) {
        add(whole[at % 400])
    }
    kind = "died"
    next
}

/^error(\[[A-Z0-9]+\])?: / && !/^error: (test failed|could not compile|doctest failed|[0-9]+ target)/ {
    begin($0)
    kind = "compiler"
    next
}

/^Caused by:$/ { next }
/^error: [0-9]+ targets? failed/ { inside = 0 }
inside && kind == "rust" && / panicked at / { panics[blocks] = sizes[blocks] + 1 }
inside && kind == "rust" && /^failures:$/ { inside = 0 }
inside && kind == "rust" && /^stack backtrace:$/ { inside = 0 }
inside && kind == "rust" && /^note: run with `RUST_BACKTRACE/ { next }
inside && kind == "c" && !/^    / { inside = 0 }
inside && kind == "compiler" && /^$/ { inside = 0 }
inside { add($0) }

END {
    if (blocks == 0) {
        for (at = NR > lines ? NR - lines + 1 : 1; at <= NR; at++) {
            print "    " substr(whole[at % 400], 1, 300)
        }
    }
    most = blocks == 0 ? 0 : int(lines / blocks) - 1
    most = most < 3 ? 3 : most
    for (block = 1; block <= blocks; block++) {
        print "FAILED " titles[block]
        # A test in Rust says first what it prints, and then how it failed.
        first = sizes[block] > most && block in panics ? panics[block] : 1
        left = sizes[block] - first + 1
        for (at = 1; at <= left; at++) {
            if (left <= most || at <= most - int(most / 3) || at > left - int(most / 3)) {
                sub(/^ +/, "", said[block, first + at - 1])
                print "    " said[block, first + at - 1]
            }
        }
    }
}
