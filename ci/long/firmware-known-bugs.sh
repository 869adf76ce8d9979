#!/usr/bin/env bash
# The alarm for the boards' layer is tested, not trusted: each of some bugs is put into a copy of it, one at a time, and a
# small campaign with driver faults finds it.
. "$(dirname "$0")/../lib.sh"
host=$(rustc -vV | sed -n 's/^host: //p')
copy=$PWD/target/firmware-known-bugs
export CARGO_TARGET_DIR=$copy/target
mkdir -p "$copy"
cargo build --quiet --locked --target-dir target --bin vestibule
program=$CARGO_TARGET_DIR/$host/debug/virtual-device

# fresh: the layer as it is. A file that is so already stays, so that little is built again.
fresh() {
    local file
    git ls-files -z Cargo.toml firmware firmware-core device-protocol | while IFS= read -r -d '' file; do
        cmp -s "$file" "$copy/$file" || install -D "$file" "$copy/$file"
    done
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
# plant BUG FILE FROM TO: builds the layer with the bug in which FROM in a file of it is TO.
plant() {
    local bug=$1 file=firmware/common/src/$2 from=$3 to=$4
    fresh
    FROM=$from TO=$to perl -0pi -e '$n = s/\Q$ENV{FROM}\E/$ENV{TO}/; END { exit !$n }' "$copy/$file" \
        || fail "$bug: \"$from\" is not in $file any more"
    build
}
# finds BUG FILE FROM TO SEEDS SCENARIO...: the bug is found in so many seeds.
finds() {
    local bug=$1 seeds=$5 code
    plant "${@:1:4}"
    shift 5
    code=$(campaign "$seeds" "$@")
    grep -qE "LIVENESS|SAFETY" "$copy/said" && [ "$code" != 0 ] || fail "$bug is not found: $(tail -5 "$copy/said")"
    echo "$bug: $(grep -m 1 -oE "(LIVENESS|SAFETY) .*" "$copy/said")"
}
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
finds a-button-that-opens-nothing device.rs "self.update(|portal, now| portal.setup(now));" "self.connect_or_setup();" 30 \
    "$scenarios/thrown-off-on-purpose.toml"

own=firmware/host/scenarios
finds failures-that-nobody-notices radio.rs "if core::mem::take(&mut self.soft_ap.is_up) {" "if false {" 10 \
    "$own/failed-join-ends-both.toml"
finds no-limit-to-restart radio.rs "RESTART_LIMIT: Duration = Duration::from_secs(10)" \
    "RESTART_LIMIT: Duration = Duration::from_secs(1_000_000)" 20 "$own/restart-hangs.toml"
finds safe-mode-opens-unasked safe_mode.rs "        may_open: config.may_open,
" "" 10 "$own/power-after-three-panics-when-asked.toml"
finds safe-mode-without-protection safe_mode.rs "        access_point_security: config.access_point_security.clone(),
" "" 10 "$own/power-after-three-panics.toml"
finds a-lost-end-that-nobody-finds radio.rs "if self.driver.is_joined() == Some(false) {" "if false {" 10 \
    "$own/end-is-not-reported.toml"
finds a-stale-address station.rs "if current == lease.given {" "if true {" 10 "$own/lease-changes.toml"
# Whether a device tries beside what fails is no question of what it comes to in the end: the scenario says how soon.
plant raises-until-it-is-up radio.rs "        let raised = with_timeout(RAISE_LIMIT, self.driver.raise_access_point(&access_point)).await;" \
    "        let raised = loop {
            let raised = with_timeout(RAISE_LIMIT, self.driver.raise_access_point(&access_point)).await;
            if raised == Ok(Ok(())) {
                break raised;
            }
            Timer::after(RETRY_INTERVAL).await;
        };"
if target/debug/vestibule run --driver firmware --firmware "$program" "$own/raising-fails-for-long.toml" >"$copy/said" 2>&1; then
    fail "raises-until-it-is-up is not found"
fi
grep -q "expected it on" "$copy/said" || fail "raises-until-it-is-up is found by something else: $(tail -5 "$copy/said")"
echo "raises-until-it-is-up: $(grep -m 1 -o "expected it on.*" "$copy/said")"
