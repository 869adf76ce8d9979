#!/usr/bin/env bash
# The alarm is tested, not trusted: a build with known bugs. A small campaign finds each of two, and makes it small; and
# no way in which a device could tell a secret goes unseen.
. "$(dirname "$0")/lib.sh"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# Not optimised: a few seeds suffice, and all but the simulator itself is built already. The ordinary program is put back in
# its place at once, and nothing that runs beside this takes the other from there (ci/c.sh).
mutant=$out/vestibule
(
    flock 9
    cargo build --locked --bin vestibule --features vestibule/known-bugs
    cp "${CARGO_TARGET_DIR:-target}/debug/vestibule" "$mutant"
    cargo build --locked
) 9>"${CARGO_TARGET_DIR:-target}/program.lock"

#   finds BUG INVARIANT SCENARIO SEEDS MOST-FAULTS-AND-STEPS
finds() {
    local bug=$1 invariant=$2 scenario=$3 seeds=$4 most=$5 code=0 left
    VESTIBULE_KNOWN_BUG=$bug "$mutant" campaign "$scenario" --seeds "$seeds" --minimise --out "$out/$bug" || code=$?
    [ "$code" = 3 ] || fail "the campaign with $bug ends with $code, not 3"
    local small=("$out/$bug/$invariant"-*.toml)
    [ -f "${small[0]}" ] || fail "the failure of $bug was not made small"
    cat "${small[0]}"
    left=$(grep -c '^\[\[\(fault\|step\)\]\]' "${small[0]}" || true)
    [ "$left" -le "$most" ] || fail "$left faults and steps are left of the failure of $bug"
    code=0
    VESTIBULE_KNOWN_BUG=$bug "$mutant" run --driver virtual "${small[0]}" || code=$?
    [ "$code" = 3 ] || fail "the small scenario of $bug ends with $code, not 3"
    # As README runs it: without the bugs, whatever was built last.
    cargo run --locked -- run --driver virtual "${small[0]}" || fail "it fails without $bug, too"
}

#   leaks SCENARIO BUG...: a run with each is seen to tell a secret, and by that invariant.
leaks() {
    local scenario=$1 bug code
    shift
    "$mutant" run --driver virtual "$scenario" >"$out/said" || fail "$scenario fails without a bug: $(cat "$out/said")"
    for bug in "$@"; do
        code=0
        VESTIBULE_KNOWN_BUG=leak-$bug "$mutant" run --driver virtual "$scenario" >"$out/said" 2>&1 || code=$?
        [ "$code" = 3 ] && grep -q "SAFETY no-secret-leaves" "$out/said" \
            || fail "leak-$bug ends with $code, and is not seen: $(cat "$out/said")"
    done
    echo "$# ways to tell a secret are seen in $scenario"
}
finds early-commit committed-after-joining fixtures/scenarios/first-join-ios.toml 20 0
# This one shows only when the power fails within a flash operation, after a passphrase was changed.
finds erase-first credentials-survive fixtures/scenarios/changed-passphrase.toml 300 3
finds leak-frames no-secret-leaves fixtures/scenarios/first-join-ios.toml 2 0
# Its passphrase has every sign that anything escapes.
leaks fixtures/scenarios/awkward-bytes.toml plain page text form address address-upper json page-in-json json-in-page \
    digits digits-upper label label-in-json log log-text datagram pieces frames value
# What was typed and is no network's is a secret, too.
leaks fixtures/scenarios/passphrase-in-place-of-the-key.toml plain
