#!/usr/bin/env bash
# The code is formatted as rustfmt.toml says.
. "$(dirname "$0")/lib.sh"
cargo fmt --all --check
cargo fmt --check --manifest-path ci/no-allocator/Cargo.toml
cargo fmt --check --manifest-path fuzz/Cargo.toml
