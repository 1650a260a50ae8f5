# The table of a fault matrix, of the lines that main.c writes for each cell: by fault, and by call.
{
    cells[2, $2]++; cells[3, $3]++; cells[4, $4]++; cells[1, $1]++
    for (by = 1; by <= 4; by++) {
        key = by SUBSEP $by
        if (!(key in seen)) { seen[key] = 1; order[by, ++count[by]] = $by }
        ops[key] += $5; fine[key] += $6; met[key] += $7 > 0; failed[key] += $8 > 0
    }
    total++; all_ops += $5; all_fine += $6; all_failed += $8 > 0
}
function table(title, by,    i, key) {
    printf "| %s | cells | met it | operations | done | ended with an error that says why | cells that failed |\n", title
    print "|---|---|---|---|---|---|---|"
    for (i = 1; i <= count[by]; i++) {
        key = by SUBSEP order[by, i]
        printf "| %s | %d | %d | %d | %d | %d | %d |\n", order[by, i], cells[key], met[key], ops[key], fine[key],
            ops[key] - fine[key], failed[key]
    }
    print ""
}
END {
    table("fault", 3)
    table("call", 2)
    table("in flight", 4)
    table("daemon", 1)
    printf "fault matrix: %d cells, %d operations: %d done, %d ended with an error that says why\n", total, all_ops,
        all_fine, all_ops - all_fine
    printf "fault matrix: %d passed, %d failed, 0 skipped\n", total - all_failed, all_failed
}
