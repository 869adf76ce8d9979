#!/usr/bin/env bash
# README's test command, and how long the tests take once they are built.
. "$(dirname "$0")/lib.sh"
cargo test --locked --no-run
# Most of them wait for sockets and clocks for most of their time: two at once leave two processors idle.
export RUST_TEST_THREADS=$(($(nproc) > 6 ? $(nproc) : 6))
began=$SECONDS
cargo test --locked
echo "the tests took $((SECONDS - began)) s after the build"
# What the owner's page weighs in each language.
cargo test --locked --quiet --lib -- a_page_with_style_and_script_is_small --nocapture
