#!/usr/bin/env bash
# Driver faults on the boards' layer, in virtual time: after the last fault each device settles. 10,000 seeds at a home network
# of its own, and as many runs under the simulator's air with phones, owners and all other faults. What came of it is written to
# docs/measured/firmware-faults.md with its date. The gate tries 50 and 24 (ci/firmware.sh).
#
#   ci/long/firmware-faults.sh [SEEDS]     10000 if not given
#
# PROFILE=dev builds faster what runs slower; CAMPAIGN_SECONDS ends the campaign before its end.
. "$(dirname "$0")/../lib.sh"
need python3
host=$(rustc -vV | sed -n 's/^host: //p')
seeds=${1:-10000} profile=${PROFILE:-release} out=$PWD/target/firmware-faults each=2
folder=$profile
[ "$profile" != dev ] || folder=debug
commit=$(git rev-parse --short HEAD)
(
    cd firmware
    export CARGO_TARGET_DIR=../target/firmware
    cargo build --quiet --locked --profile "$profile" --target "$host" -p vestibule-firmware-host
)
cargo build --quiet --locked --profile "$profile" --bin vestibule
# A build that is made meanwhile does not change them.
rm -rf "$out" && mkdir -p "$out"
cp "target/firmware/$host/$folder/virtual-device" "target/$folder/vestibule" "$out/"
at_home=0 code=0
(
    cd firmware
    CARGO_TARGET_DIR=../target/firmware VESTIBULE_SEEDS=$seeds cargo test --quiet --locked --profile "$profile" \
        --target "$host" -p vestibule-firmware-host --test radio -- after_the_last_of_many_faults
) || at_home=$?
scenarios=(fixtures/scenarios/*.toml firmware/host/scenarios/*.toml)
of_each=$(((seeds + ${#scenarios[@]} - 1) / ${#scenarios[@]})) until=$((SECONDS + ${CAMPAIGN_SECONDS:-100000}))
# In rounds, so that one that is stopped has seen every scenario.
for ((from = 1; from <= of_each; from += each)); do
    left=$((until - SECONDS)) ends=0
    [ $left -gt 0 ] || break
    timeout --signal INT "$left" "$out/vestibule" campaign --driver firmware --firmware "$out/virtual-device" --from "$from" \
        --seeds $((of_each - from + 1 < each ? of_each - from + 1 : each)) --minimise --out "$out/campaign/$from" \
        "${scenarios[@]}" || ends=$?
    [ $ends = 0 ] || [ $ends = 124 ] || code=$ends
done
python3 ci/long/firmware-faults.py "$out/campaign" "$commit" "$profile" "$seeds" "$at_home" \
    | tee docs/measured/firmware-faults.md
[ $at_home = 0 ] || fail "a device at its home network does not settle"
[ $code = 0 ] || fail "a run broke an invariant: see $out/campaign"
