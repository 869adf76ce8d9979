#!/usr/bin/env bash
# The core links into a program that has neither a standard library nor an allocator, and works
# there. A core that asks for memory does not link: that this alarm rings is tried, too.
. "$(dirname "$0")/lib.sh"
export CARGO_TARGET_DIR=target/no-allocator
cargo build --release --locked --manifest-path ci/no-allocator/Cargo.toml
"$CARGO_TARGET_DIR/release/no-allocator" || fail "the core does not answer in a program without an allocator"

if cargo rustc --release --locked --manifest-path ci/no-allocator/Cargo.toml -- --cfg stray_allocation \
    2>"$CARGO_TARGET_DIR/stray.log"; then
    fail "a program that asks for memory links without an allocator: this check checks nothing"
fi
grep -q "no global memory allocator" "$CARGO_TARGET_DIR/stray.log" || fail "it failed for another reason: $(cat "$CARGO_TARGET_DIR/stray.log")"
echo "the core needs no allocator"
