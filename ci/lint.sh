#!/usr/bin/env bash
# Clippy has nothing to say, the documentation builds without a warning, and features that exclude each other
# say so.
. "$(dirname "$0")/lib.sh"
cargo clippy --workspace --all-targets --locked -- -D warnings
# The library without its command.
cargo clippy --locked -p vestibule --no-default-features --all-targets -- -D warnings
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

if message=$(cargo check --locked -p vestibule-core --features defmt,log 2>&1); then
    fail "the core compiles with two logs, \`defmt\` and \`log\`: nothing would tell its user"
fi
grep -qF 'the features `defmt` and `log` of vestibule-core exclude each other' <<<"$message" \
    || fail "with two logs the core fails for another reason: $message"
echo "the core refuses two logs"

# What `cargo run` builds is what `cargo test` has built: a crate with another choice of features would be built twice, and
# the simulator after it (tests/Cargo.toml).
features() { cargo tree --locked --edges "$1" --prefix none --format '{p} [{f}]' | sed 's/ (\*)$//' | grep . | sort -u; }
diff <(features normal,build) <(features normal,build,dev) \
    || fail "these crates have other features for tests: add what asks for them to tests/Cargo.toml"
