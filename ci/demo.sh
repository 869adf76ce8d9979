#!/usr/bin/env bash
# README's run command, as a newcomer meets it: the journey, the portal, Ctrl-C.
. "$(dirname "$0")/lib.sh"
need curl
cargo build --locked
out=$(mktemp)
trap 'kill -KILL "${demo:-}" 2>/dev/null || true; rm -f "$out"' EXIT

cargo run --locked >"$out" 2>&1 &
demo=$!
for _ in $(seq 120); do
    grep -q "^  Open " "$out" && break
    kill -0 "$demo" 2>/dev/null || fail "the demo ended: $(cat "$out")"
    sleep 1
done
cat "$out"
portal=$(sed -n 's/^  Open  *\(http:[^ ]*\).*/\1/p' "$out")
[ -n "$portal" ] || fail "the demo has not told where its portal is"
curl -fsS --max-time 5 "$portal" | grep 'type="password"' >/dev/null || fail "the portal's page asks for no passphrase"
curl -fsS --max-time 5 -o /dev/null -w '%{http_code}' -H 'Host: captive.apple.com' "$portal" | grep -q 302 \
    || fail "a phone's check is not sent to the portal"

began=$(date +%s%N)
# On Unix `cargo run` becomes the program that it runs.
kill -INT "$demo"
code=0
wait "$demo" || code=$?
took=$((($(date +%s%N) - began) / 1000000))
[ "$code" = 0 ] || fail "the demo ended with $code"
[ "$took" -lt 1000 ] || fail "the demo took $took ms to end"
echo "the demo ended $took ms after Ctrl-C"
