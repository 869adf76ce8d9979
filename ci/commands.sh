#!/usr/bin/env bash
# README's other commands: recordings and scenarios pass, mistakes are told with their place.
. "$(dirname "$0")/lib.sh"
cargo run --locked -- phones
cargo run --locked -- replay fixtures/captures
# In real time beside others on a busy machine a phone may be late now and then; virtual time, in which nothing is, has them
# all in `cargo test`. What passes alone is counted as flaky.
cargo run --locked -- run --retries 2 fixtures/scenarios
cargo run --locked -- matrix >/dev/null

mistake=$(mktemp --suffix .toml)
trap 'rm -f "$mistake"' EXIT
printf 'name = "a mistake"\n[[phone]]\nmodel = "ios-99"\n' >"$mistake"
code=0
message=$(cargo run --locked -q -- run "$mistake" 2>&1) || code=$?
[ "$code" = 2 ] || fail "a scenario with a mistake ends with $code, not 2"
case $message in
*"$mistake:3:9:"*) ;;
*) fail "a mistake is told without its place: $message" ;;
esac

# The built-in device shows its page to every phone, over real sockets.
ready=$(mktemp)
trap 'rm -f "$mistake" "$ready"' EXIT
cargo run --locked -q -- demo --ready-json --exit-after 10m >"$ready" &
demo=$!
while ! grep -q dashboard "$ready"; do
	kill -0 "$demo" 2>/dev/null || fail "the demo has ended"
	sleep 0.1
done
at() { sed -E "s/.*\"$1\":\"([^\"]*)\".*/\1/" "$ready"; }
cargo run --locked -q -- check "$(at portal)" --dns "$(at dns)"
kill "$demo"
