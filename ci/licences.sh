#!/usr/bin/env bash
# Every dependency has a permissive licence and comes from the registry (deny.toml).
. "$(dirname "$0")/lib.sh"
version=0.20.2
tools=$PWD/target/tools
if ! "$tools/bin/cargo-deny" --version 2>/dev/null | grep -q "$version"; then
    # Not optimised: it runs for a second, and is built four times as fast.
    CARGO_PROFILE_DEV_DEBUG=0 cargo install cargo-deny --debug --version "$version" --locked --root "$tools"
fi
"$tools/bin/cargo-deny" --locked check licenses bans sources
(cd bindings/c && "$tools/bin/cargo-deny" --locked --all-features --config ../../deny.toml check licenses bans sources)
cd firmware
"$tools/bin/cargo-deny" --features esp32c3,pico-w --locked check licenses bans sources
