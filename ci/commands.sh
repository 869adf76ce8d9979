#!/usr/bin/env bash
# README's other commands: recordings and scenarios pass, mistakes are told with their place.
. "$(dirname "$0")/lib.sh"
cargo run --locked -- phones
cargo run --locked -- replay fixtures/captures
cargo run --locked -- run fixtures/scenarios

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
