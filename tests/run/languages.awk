# Prints the table of tests/run/48-languages.sh: first the names of the scenarios, then what was said.
FILENAME == ARGV[1] { scenarios[++count] = $1; is_known[$1] = 1; next }
!($1 in number) { number[$1] = ++languages; names[languages] = $1 }
$2 == "" { state[$1] = $3; why[$1] = $4; next }
is_known[$2] { found[$1, $2] = $3; passed[$1] += $3 == "ok" }
$3 == "left out" {
    out[$1]++
    reasons[$1, $4] = reasons[$1, $4] (reasons[$1, $4] == "" ? "" : ", ") $2
    if (reasons[$1, $4] == $2) kinds[$1] = kinds[$1] SUBSEP $4
}

function wrong(text) { problems[++bad] = text }

END {
    width = 8
    for (s = 1; s <= count; s++) if (length(scenarios[s]) > width) width = length(scenarios[s])
    for (l = 1; l <= languages; l++) head = head sprintf("  %-10s", names[l])
    form = "%-" width "s%s\n"
    printf form, "scenario", head
    for (s = 1; s <= count; s++) {
        line = ""
        for (l = 1; l <= languages; l++) {
            language = names[l]
            cell = found[language, scenarios[s]]
            if (cell == "left out") cell = "out"
            if (cell == "FAILED") wrong(language " fails in " scenarios[s])
            if (cell == "") {
                cell = "-"
                if (state[language] == "") wrong(language " has not run " scenarios[s] ", and does not say why")
            }
            line = line sprintf("  %-10s", cell)
        }
        printf form, scenarios[s], line
    }
    line = ""
    for (l = 1; l <= languages; l++) line = line sprintf("  %-10s", state[names[l]] == "" ? passed[names[l]] + 0 : "-")
    printf form "\n", "passed", line

    for (l = 1; l <= languages; l++) {
        language = names[l]
        n = split(kinds[language], texts, SUBSEP)
        for (i = 2; i <= n; i++) print "left out in " language ": " reasons[language, texts[i]] ": " texts[i]
        if (state[language] == "not run") print "not run: " language ": " why[language]
        else if (state[language] != "") wrong(language ": " why[language])
        else {
            ran++
            if (passed[language] < least) wrong(language " has passed " passed[language] + 0 ", and " least " are the least")
        }
        short = state[language] == "" ? passed[language] + 0 (out[language] ? " and " out[language] " left out" : "") : "not run"
        sum = sum (l > 1 ? ", " : "") language " " short
    }
    if (!ran) wrong("no language was run")
    print "features: " count " scenarios: " sum
    for (i = 1; i <= bad; i++) print "FAILED: " problems[i]
    exit bad > 0
}
