#!/usr/bin/env bash
# Driver faults on the boards' layer, in virtual time: after the last fault each device settles. 10,000 seeds at a home network
# of its own, and as many runs under the simulator's air with phones, owners and all other faults. What came of it is written to
# docs/measured/firmware-faults.md with its date. The gate tries 50 and 24 (ci/firmware.sh).
#
#   ci/long/firmware-faults.sh [SEEDS]     10000 if not given
#
# PROFILE=dev builds faster what runs slower; SECONDS_EACH ends the campaign before its end.
. "$(dirname "$0")/../lib.sh"
need python3
host=$(rustc -vV | sed -n 's/^host: //p')
seeds=${1:-10000} profile=${PROFILE:-release} out=$PWD/target/firmware-faults
folder=$profile
[ "$profile" != dev ] || folder=debug
commit=$(git rev-parse --short HEAD)
(
    cd firmware
    export CARGO_TARGET_DIR=../target/firmware
    cargo build --quiet --locked --profile "$profile" --target "$host" -p vestibule-firmware-host
)
cargo build --quiet --locked --profile "$profile" -p vestibule --bin vestibule
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
timeout --signal INT "${SECONDS_EACH:-100000}" "$out/vestibule" campaign --driver firmware --firmware "$out/virtual-device" \
    --seeds $(((seeds + ${#scenarios[@]} - 1) / ${#scenarios[@]})) --minimise --out "$out/campaign" "${scenarios[@]}" \
    || code=$?
python3 ci/long/firmware-faults.py "$out/campaign" "$commit" "$profile" "$seeds" "$at_home" \
    | tee docs/measured/firmware-faults.md
[ $at_home = 0 ] || fail "a device at its home network does not settle"
[ $code = 0 ] || [ $code = 124 ] || fail "a run broke an invariant: see $out/campaign"
