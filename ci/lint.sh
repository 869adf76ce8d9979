#!/usr/bin/env bash
# Clippy has nothing to say, and the documentation builds without a warning.
. "$(dirname "$0")/lib.sh"
cargo clippy --workspace --all-targets --locked -- -D warnings
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked
