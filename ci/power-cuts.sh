#!/usr/bin/env bash
# Every power cut, not a sample: optimised, so that long histories are cut everywhere, too.
. "$(dirname "$0")/lib.sh"
cargo test --release --locked -p vestibule --test credentials -- --nocapture
