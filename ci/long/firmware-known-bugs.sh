#!/usr/bin/env bash
# The alarm for the boards' layer is tested, not trusted: each of some bugs is put into a copy of it, one at a time, and a
# small campaign with driver faults finds it.
. "$(dirname "$0")/../lib.sh"
host=$(rustc -vV | sed -n 's/^host: //p')
copy=$PWD/target/firmware-known-bugs
export CARGO_TARGET_DIR=$copy/target
mkdir -p "$copy"
cargo build --quiet --locked --target-dir target -p vestibule --bin vestibule
program=$CARGO_TARGET_DIR/$host/debug/virtual-device

# fresh: the layer as it is, with the time of each file as it is, so that little is built again.
fresh() {
    git ls-files -z Cargo.toml firmware firmware-core device-protocol \
        | rsync -a --files-from=- --from0 --checksum ./ "$copy/"
}
build() {
    (cd "$copy/firmware" && cargo build --quiet --locked --target "$host" -p vestibule-firmware-host)
}
# campaign SEEDS SCENARIO...: what a campaign ends with.
campaign() {
    local seeds=$1 code=0
    shift
    target/debug/vestibule campaign --driver firmware --firmware "$program" --seeds "$seeds" "$@" >"$copy/said" 2>&1 || code=$?
    echo "$code"
}
# finds BUG FILE FROM TO SEEDS SCENARIO...: the bug, in which FROM in a file of the layer is TO, is found in so many seeds.
finds() {
    local bug=$1 file=firmware/common/src/$2 from=$3 to=$4 seeds=$5 code
    shift 5
    fresh
    FROM=$from TO=$to perl -0pi -e '$n = s/\Q$ENV{FROM}\E/$ENV{TO}/; END { exit !$n }' "$copy/$file" \
        || fail "$bug: \"$from\" is not in $file any more"
    build
    code=$(campaign "$seeds" "$@")
    grep -qE "LIVENESS|SAFETY" "$copy/said" && [ "$code" != 0 ] || fail "$bug is not found: $(tail -5 "$copy/said")"
    echo "$bug: $(grep -m 1 -oE "(LIVENESS|SAFETY) .*" "$copy/said")"
}
need rsync
need perl
scenarios=fixtures/scenarios
fresh
build
[ "$(campaign 20 "$scenarios/first-join-ios.toml")" = 0 ] || fail "it fails without a bug: $(tail -20 "$copy/said")"
finds no-limit-to-raise radio.rs "RAISE_LIMIT: Duration = Duration::from_secs(5)" \
    "RAISE_LIMIT: Duration = Duration::from_secs(1_000_000)" 40 "$scenarios/first-join-ios.toml"
finds no-limit-to-scan radio.rs "SCAN_LIMIT: Duration = Duration::from_secs(10)" \
    "SCAN_LIMIT: Duration = Duration::from_secs(1_000_000)" 40 "$scenarios/first-join-ios.toml"
finds no-limit-to-leave radio.rs "LEAVE_LIMIT: Duration = Duration::from_secs(3)" \
    "LEAVE_LIMIT: Duration = Duration::from_secs(1_000_000)" 40 "$scenarios/changed-passphrase.toml"
finds no-limit-to-drop radio.rs "DROP_LIMIT: Duration = Duration::from_secs(30)" \
    "DROP_LIMIT: Duration = Duration::from_secs(1_000_000)" 40 "$scenarios/one-role-first-join.toml"
finds raised-once-and-never-again radio.rs "            self.soft_ap.to_do = ToDo::Raise(access_point);
            self.soft_ap.failed();" "            drop(access_point);" 40 "$scenarios/first-join-ios.toml"
finds failures-that-nobody-notices radio.rs "if core::mem::take(&mut self.soft_ap.is_up) {" "if false {" 40 \
    "$scenarios/first-join-ios.toml"
finds a-button-that-opens-nothing device.rs "self.update(|portal, now| portal.setup(now));" "self.connect_or_setup();" 30 \
    "$scenarios/thrown-off-on-purpose.toml"
