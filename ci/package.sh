#!/usr/bin/env bash
# Each crate builds from what would be published of it, with nothing of the repository around it.
. "$(dirname "$0")/lib.sh"
crates=(firmware-core device-protocol sim)
for crate in "${crates[@]}"; do
    for licence in LICENSE-MIT LICENSE-APACHE; do
        cmp "$licence" "$crate/$licence" || fail "$crate/$licence is not the repository's"
    done
done
# As elsewhere in this repository, so that what is built already need not be built again.
export CARGO_PROFILE_DEV_DEBUG=line-tables-only
cargo package --locked --allow-dirty -p vestibule-core -p vestibule-device-protocol -p vestibule

target=$(cargo metadata --locked --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
for name in vestibule-core vestibule-device-protocol vestibule; do
    packed=("$target/package/$name"-[0-9]*.crate)
    [ ${#packed[@]} = 1 ] || fail "there are several packages of $name: ${packed[*]}"
    listed=$(tar -tzf "${packed[0]}")
    for file in LICENSE-MIT LICENSE-APACHE README.md Cargo.toml; do
        grep -q "^[^/]*/$file\$" <<<"$listed" || fail "$name is packed without $file"
    done
done

# A library that checks portals costs its user no command line.
heavy=$(cargo tree --locked -p vestibule --no-default-features -e normal --prefix none | grep -E "^(clap|axum|reqwest|indicatif) " || true)
[ -z "$heavy" ] || fail "the library without its command depends on: $heavy"
cargo clippy --locked -p vestibule --no-default-features --all-targets -- -D warnings
