#!/usr/bin/env bash
# Every dependency has a permissive licence and comes from the registry (deny.toml).
. "$(dirname "$0")/lib.sh"
version=0.20.2
tools=$PWD/target/tools
if ! "$tools/bin/cargo-deny" --version 2>/dev/null | grep -q "$version"; then
    cargo install cargo-deny --version "$version" --locked --root "$tools"
fi
"$tools/bin/cargo-deny" --locked check licenses bans sources
cd firmware
"$tools/bin/cargo-deny" --features esp32c3 --locked check licenses bans sources
