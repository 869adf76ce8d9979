#!/usr/bin/env bash
# Driver faults on the boards' layer, in virtual time: after the last fault each device settles. 10,000 seeds at a home network
# of its own, and as many runs under the simulator's air with phones, owners and all other faults. SEEDS=N tries another
# number. The gate tries 50 and 24 (ci/firmware.sh).
. "$(dirname "$0")/../lib.sh"
host=$(rustc -vV | sed -n 's/^host: //p')
seeds=${SEEDS:-10000}
(
    cd firmware
    export CARGO_TARGET_DIR=../target/firmware
    VESTIBULE_SEEDS=$seeds cargo test --quiet --locked --release --target "$host" -p vestibule-firmware-host --test radio \
        -- after_the_last_of_many_faults
    cargo build --quiet --locked --release --target "$host" -p vestibule-firmware-host
)
cargo build --quiet --locked --release -p vestibule --bin vestibule
every=$(ls fixtures/scenarios/*.toml | wc -l)
target/release/vestibule campaign --driver firmware --firmware "target/firmware/$host/release/virtual-device" \
    --seeds $(((seeds + every - 1) / every)) --minimise --out target/firmware-faults fixtures/scenarios
