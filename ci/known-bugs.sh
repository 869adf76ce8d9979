#!/usr/bin/env bash
# The alarm is tested, not trusted: builds with a known bug each, found by a small campaign and made small.
. "$(dirname "$0")/lib.sh"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# Not optimised: a few seeds suffice, and all but the simulator itself is built already.
#   finds FEATURE INVARIANT SCENARIO SEEDS MOST-FAULTS-AND-STEPS
finds() {
    local feature=$1 invariant=$2 scenario=$3 seeds=$4 most=$5 code=0 left
    cargo build --locked --bin vestibule --features "vestibule/$feature"
    # The next ordinary build puts its own in this place again.
    local mutant=$out/vestibule-$feature
    cp "${CARGO_TARGET_DIR:-target}/debug/vestibule" "$mutant"
    "$mutant" campaign "$scenario" --seeds "$seeds" --minimise --out "$out/$feature" || code=$?
    [ "$code" = 3 ] || fail "the campaign with $feature ends with $code, not 3"
    local small=("$out/$feature/$invariant"-*.toml)
    [ -f "${small[0]}" ] || fail "the failure of $feature was not made small"
    cat "${small[0]}"
    left=$(grep -c '^\[\[\(fault\|step\)\]\]' "${small[0]}" || true)
    [ "$left" -le "$most" ] || fail "$left faults and steps are left of the failure of $feature"
    code=0
    "$mutant" run --driver virtual "${small[0]}" || code=$?
    [ "$code" = 3 ] || fail "the small scenario of $feature ends with $code, not 3"
    # As README runs it: without the feature, whatever was built last.
    cargo run --locked -- run --driver virtual "${small[0]}" || fail "it fails without $feature, too"
}
finds mutant-early-commit committed-after-joining fixtures/scenarios/first-join-ios.toml 20 0
# This one shows only when the power fails within a flash operation, after a passphrase was changed.
finds mutant-erase-first credentials-survive fixtures/scenarios/changed-passphrase.toml 300 3
