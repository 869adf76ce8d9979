#!/usr/bin/env bash
# Ten thousand worlds in which everything goes wrong, and none that does not recover; a third of
# them again, the same byte for byte; and every scenario under some seeds, the first of ci/long/campaign.sh.
. "$(dirname "$0")/lib.sh"
scenario=fixtures/scenarios/first-join-ios.toml
seeds=${1:-10000}
each=${2:-80}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

cargo build --release --locked
vestibule=${CARGO_TARGET_DIR:-target}/release/vestibule
"$vestibule" campaign "$scenario" --seeds "$seeds" --minimise --out "$out/first"
again=$(((seeds + 2) / 3))
"$vestibule" campaign "$scenario" --seeds "$again" --out "$out/second"
head -n "$again" "$out/first/results.jsonl" | cmp - "$out/second/results.jsonl" || fail "the same seeds gave different runs"
[ "$(wc -l <"$out/first/results.jsonl")" = "$seeds" ] || fail "not every seed has a result"

"$vestibule" campaign fixtures/scenarios --from 9000000 --seeds "$each" --minimise --out "$out/each"
scenarios=$(find fixtures/scenarios -name '*.toml' | wc -l)
[ "$(wc -l <"$out/each/results.jsonl")" = $((scenarios * each)) ] || fail "not every scenario has its results"
echo "$seeds seeds without a violation, $again of them twice the same; $scenarios scenarios under $each seeds each"
