#!/usr/bin/env bash
# Boxes at the pace of a network: the library beside a bare socket, each with many simulators of its
# own at once, as single runs of a Poisson process say little. Run `make lib` first.
#
#   benches/pace/run.sh at-once   1 to 40 reads, 1 and 12 writes, begun together (4 minutes)
#   benches/pace/run.sh priced    the same where an encryption takes 2.15 s (7 minutes)
#   benches/pace/run.sh waiting   reads of boxes that are written meanwhile, where an encryption
#                                 takes 2.15 s: WAITING="1 20" of them at once (15 minutes)
#   benches/pace/run.sh beside    what 20 pending reads do to everything else, and many writes, where
#                                 encryptions are dear (4 minutes)
#   PACE_SIM="--lambda-p 0.004 --latency 300 --encrypt-cost 537" WAITING=1000 benches/pace/run.sh waiting
#                                 the same four times as fast (17 minutes)
#
#   PACE_RUNS=24     simulators for each side
#   PACE_SIM="..."   options of the simulator, instead of one packet a second
set -euo pipefail
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build}
target=${CARGO_TARGET_DIR:-target}
runs=${PACE_RUNS:-24}
what=${1:-at-once}
work=$(mktemp -d)
pids=()
finish() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
    rm -rf "$work"
}
trap finish EXIT

cargo build --quiet --release --locked -p kpclientd-sim
"${CC:-cc}" -O2 -std=c99 -D_GNU_SOURCE -Wall -Wextra -Werror -Iinclude benches/pace/*.c benches/bare.c \
    benches/report.c -o "$work/pace" -L"$BUILD/lib" -Wl,-rpath,"$(realpath "$BUILD/lib")" -lkpclient -lpthread

# start_sim NAME OPTIONS...: waits until it listens at $work/NAME.sock, with commands at NAME.ctl.
start_sim() {
    local name=$1
    shift
    "$target/release/kpclientd-sim" --unix "$work/$name.sock" --control "$work/$name.ctl" "$@" \
        >"$work/$name.log" </dev/null &
    pids+=($!)
    until grep -qs "^ready:" "$work/$name.log"; do
        kill -0 "${pids[-1]}" || { echo "the simulator did not start" >&2; exit 1; }
        sleep 0.05
    done
}

# Seconds of each kind of burst, by mean over the runs.
table_of_bursts() {
    awk '{ n[$2 " " $3 " " $4]++; t[$2 " " $3 " " $4] += $5; if ($6 != "") e[$3 " " $4] += $6 }
        function mean(key) { return t[key] / n[key] }
        END {
            printf "| at once | library | bare socket | ratio | estimate | estimate / measured |\n|---|---|---|---|---|---|\n"
            n_kinds = split("reads 1,reads 12,reads 30,reads 40,writes 1,writes 12", kinds, ",")
            for (k = 1; k <= n_kinds; k++) {
                l = mean("library " kinds[k]); b = mean("bare " kinds[k]); e[kinds[k]] /= n["library " kinds[k]]
                printf "| %s | %.1f s | %.1f s | %.2f | %.1f s | %.2f |\n", kinds[k], l, b, l / b, e[kinds[k]], e[kinds[k]] / l
            }
        }' "$@"
}

bursts() {
    local who run jobs=()
    for who in library bare; do
        for ((run = 0; run < runs; run++)); do
            start_sim "$who-$run" --seed "$run" "$@"
            (for job in "reads 1" "writes 1" "reads 12" "reads 30" "reads 40" "writes 12"; do
                "$work/pace" "$work/$who-$run.sock" at-once "$who" $job
            done) >"$work/$who-$run.out" &
            jobs+=($!)
        done
    done
    wait "${jobs[@]}"
    echo "$runs runs for each side, simulator: $*"
    table_of_bursts "$work"/*.out
}

# READERS: simulators, boxes that are written, from when to when, until when, in seconds.
plan() {
    case $1 in
        1) echo "$runs 1 20 80 400" ;;
        20) echo "$(((runs + 7) / 8)) 20 40 340 900" ;;
        200) echo "1 60 60 700 1300" ;;
        *) echo "1 60 60 500 1000" ;; # seconds of a network four times as fast
    esac
}

table_of_waits() {
    awk '$1 == "found" { wait[$2 " " $3] = wait[$2 " " $3] " " $4 }
        $1 == "cost" { k = $2 " " $3; ms[k] += $4; packets[k] += $5; took[k] += $6; found[k] += $7; all[k] += $8; seen[$3] = 1 }
        function quantile(text, share,    a, n, i, j, x) {
            n = split(text, a, " ")
            for (i = 2; i <= n; i++) { x = a[i] + 0; for (j = i - 1; j > 0 && a[j] + 0 > x; j--) a[j + 1] = a[j]; a[j + 1] = x }
            return n == 0 ? "-" : sprintf("%.0f s", a[int((n - 1) * share) + 1])
        }
        function each(sum, n, form) { return n == 0 ? "-" : sprintf(form, sum / n) }
        END {
            printf "| waiting reads | polled by | found | write to found, median | p95 | processor a found box | packets a found box | processor |\n|---|---|---|---|---|---|---|---|\n"
            split("1 20 200 1000", sizes, " "); split("library fresh bare", whos, " ")
            for (s = 1; s <= 4; s++) for (w = 1; w <= 3; w++) {
                k = whos[w] " " sizes[s]
                if (all[k] == 0) continue
                printf "| %s | %s | %d of %d | %s | %s | %s | %s | %.0f %% of a core |\n", sizes[s], whos[w], found[k], all[k],
                    quantile(wait[k], 0.5), quantile(wait[k], 0.95), each(ms[k] / 1000, found[k], "%.1f s"), each(packets[k], found[k], "%.0f"), ms[k] / 10 / took[k]
            }
        }' "$@"
}

waits() {
    local readers who run sims boxes from to limit jobs=()
    for readers in ${WAITING:-1 20}; do
        read -r sims boxes from to limit <<<"$(plan "$readers")"
        for who in library fresh bare; do
            for ((run = 0; run < sims; run++)); do
                start_sim "$who$readers-$run" --seed "$run" "$@"
                "$work/pace" "$work/$who$readers-$run.sock" waiting "$work/$who$readers-$run.ctl" \
                    "$who" "$readers" "$boxes" "$from" "$to" "$limit" >"$work/$who$readers-$run.out" &
                jobs+=($!)
            done
        done
    done
    wait "${jobs[@]}"
    echo "simulator: $*"
    table_of_waits "$work"/*.out
}

table_of_neighbours() {
    awk '$1 == "beside" { n++; for (i = 3; i <= 9; i++) sum[i] += $i; if ($7 / $5 > most) most = $7 / $5 }
        END {
            for (i in sum) sum[i] /= n
            printf "| beside 20 pending reads | alone | beside | |\n|---|---|---|---|\n"
            printf "| local call, median | %.0f us | %.0f us | %.2f times as long |\n", sum[3], sum[4], sum[4] / sum[3]
            printf "| `kpc_encrypt_write` | %.2f s | %.2f s | %.2f encryptions, at most %.2f |\n", sum[5], sum[6], sum[6] / sum[5], most
            printf "| `kpc_write_box` | %.2f s | %.2f s | what it takes alone and %.2f encryptions |\n", sum[8], sum[9], (sum[9] - sum[8]) / sum[5]
        }' "$@"
}

# PRICE CONNECTIONS: writes a second, of what packets and encryptions allow.
table_of_bulk() {
    printf '| an encryption | connections | writes a second | allowed | share |\n|---|---|---|---|---|\n'
    local price connections
    for price in 10 500 2150; do
        for connections in 1 2 4; do
            awk -v price="$price" -v connections="$connections" '{ n++; rate += $3 }
                END {
                    allowed = connections * 1000 / price
                    if (allowed > 1) allowed = 1
                    rate /= n
                    printf "| %d ms | %d | %.3f | %.3f | %.2f |\n", price, connections, rate, allowed, rate / allowed
                }' "$work/bulk-$price-$connections-"*.out
        done
    done
}

neighbours() {
    local run price connections jobs=()
    for ((run = 0; run < runs; run++)); do
        start_sim "beside-$run" --seed "$run" "$@" --encrypt-cost 2000
        "$work/pace" "$work/beside-$run.sock" beside 20 >"$work/beside-$run.out" &
        jobs+=($!)
        for price in 10 500 2150; do
            for connections in 1 2 4; do
                local name=bulk-$price-$connections-$run
                start_sim "$name" --seed "$run" "$@" --encrypt-cost "$price"
                "$work/pace" "$work/$name.sock" bulk "$connections" 110 >"$work/$name.out" &
                jobs+=($!)
            done
        done
    done
    wait "${jobs[@]}"
    echo "$runs runs of each, simulator: $*"
    table_of_neighbours "$work"/beside-*.out
    table_of_bulk
}

case $what in
    at-once) bursts ${PACE_SIM:---lambda-p 0.001 --encrypt-cost 0} ;;
    priced) bursts ${PACE_SIM:---lambda-p 0.001 --encrypt-cost 2150} ;;
    waiting) waits ${PACE_SIM:---lambda-p 0.001 --encrypt-cost 2150} ;;
    beside) neighbours ${PACE_SIM:---lambda-p 0.001 --cores 4} ;;
    *) sed -n '2,16p' "$0"; exit 2 ;;
esac
