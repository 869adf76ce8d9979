#!/usr/bin/env bash
# Every scenario under five thousand seeds from 9,000,000, with all faults and settings that a campaign makes up: none may
# break an invariant. It goes over all scenarios in rounds of 10 seeds, so that one that is stopped has seen every
# scenario, and it goes on after the last round that ended. What came of all of them is written to
# docs/measured/campaign.md with its date. Some fifty minutes of one core.
#
#   ci/long/campaign.sh [SEEDS]        5000 if not given; target/campaign-rounds holds the rounds: without it, it begins anew
#
# VESTIBULE names a program that is built already, COMMIT what it was built from; CAMPAIGN_SECONDS ends it before its end,
# RAYON_NUM_THREADS says how many threads it may use.
. "$(dirname "$0")/../lib.sh"
need python3
seeds=${1:-5000} first=9000000 each=10
rounds=$PWD/target/campaign-rounds
until=$((SECONDS + ${CAMPAIGN_SECONDS:-100000}))
mkdir -p "$rounds"
if [ -z "${VESTIBULE:-}" ]; then
    cargo build --release --locked
    VESTIBULE=$rounds/vestibule COMMIT=$(git rev-parse --short HEAD)
    # A build that is made meanwhile does not change it.
    cp "${CARGO_TARGET_DIR:-target}/release/vestibule" "$VESTIBULE"
fi
scenarios=$(mktemp -d)
trap 'rm -rf "$scenarios"' EXIT
git archive "$COMMIT" fixtures/scenarios | tar -x -C "$scenarios"

for ((from = first; from < first + seeds; from += each)); do
    round=$rounds/$from
    [ ! -f "$round/ended" ] || continue
    left=$((until - SECONDS)) began=$SECONDS code=0
    [ $left -gt 0 ] || break
    rm -rf "$round"
    (cd "$scenarios" && timeout --signal INT "$left" nice -n 19 "$VESTIBULE" campaign fixtures/scenarios --from "$from" \
        --seeds $((first + seeds - from < each ? first + seeds - from : each)) --minimise --out "$round") \
        >"$rounds/log" 2>&1 || code=$?
    [ $code != 124 ] || break
    # 3: a run broke an invariant; 4: a world did not recover.
    case $code in 0 | 3 | 4) ;; *) cat "$rounds/log" >&2; fail "the round from seed $from ends with $code" ;; esac
    echo "{\"commit\": \"$COMMIT\", \"from\": $from, \"seconds\": $((SECONDS - began))}" >"$round/ended"
done
python3 ci/long/campaign.py "$rounds" "$seeds" >docs/measured/campaign.md
cat docs/measured/campaign.md
! grep -qs '"violation":{' "$rounds"/*/results.jsonl || fail "a run broke an invariant: see $rounds"
