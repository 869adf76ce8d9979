#!/usr/bin/env bash
# Every power cut, not a sample: optimised, so that long histories are cut everywhere, too. And every copy of a secret in
# memory, as an optimising compiler leaves them.
. "$(dirname "$0")/lib.sh"
cargo test --release --locked --test credentials --test wiped -- --nocapture
