#!/usr/bin/env bash
# Each crate builds from what would be published of it, with nothing of the repository around it, and passes its unit tests;
# with `whole` (ci/long/package.sh) all its tests, of which each is a program of its own to be built.
. "$(dirname "$0")/lib.sh"
crates=(firmware-core device-protocol sim)
for crate in "${crates[@]}"; do
    for licence in LICENSE-MIT LICENSE-APACHE; do
        cmp "$licence" "$crate/$licence" || fail "$crate/$licence is not the repository's"
    done
done
# As elsewhere in this repository, so that what is built already need not be built again.
export CARGO_PROFILE_DEV_DEBUG=line-tables-only
# Cargo's own verification takes a crate that it has unpacked before for the one of today, as long as the version is the
# same. So the packages are built below, from what was unpacked now.
cargo package --locked --allow-dirty --no-verify -p vestibule-core -p vestibule-device-protocol -p vestibule

target=$(cargo metadata --locked --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
for name in vestibule-core vestibule-device-protocol vestibule; do
    packed=("$target/package/$name"-[0-9]*.crate)
    [ ${#packed[@]} = 1 ] || fail "there are several packages of $name: ${packed[*]}"
    listed=$(tar -tzf "${packed[0]}")
    for file in LICENSE-MIT LICENSE-APACHE README.md Cargo.toml; do
        grep -q "^[^/]*/$file\$" <<<"$listed" || fail "$name is packed without $file"
    done
done

tests=(--lib --bins)
if [ "${1:-}" = whole ]; then tests=(); fi
# The packages build and pass their tests with nothing of the repository. The packages lie beside each other as they do in a
# registry; the versions of everything else are the repository's.
alone=$target/packed
rm -rf "$alone"
mkdir -p "$alone"
{
    echo '[workspace]'
    echo 'resolver = "3"'
    echo 'members = ["vestibule*"]'
    echo '[patch.crates-io]'
    for name in vestibule-core vestibule-device-protocol; do
        packed=("$target/package/$name"-[0-9]*.crate)
        echo "$name = { path = \"$(basename "${packed[0]}" .crate)\" }"
    done
    # As in the repository.
    echo '[profile.dev.package]'
    echo 'vestibule-core = { opt-level = 1 }'
} >"$alone/Cargo.toml"
cp Cargo.lock "$alone"
for name in vestibule-core vestibule-device-protocol vestibule; do
    # `-m`: a package's files all have the same old time, by which cargo would take them for built.
    tar -xmzf "$target/package/$name"-[0-9]*.crate -C "$alone"
done
(cd "$alone" && timeout --foreground 1800 cargo test --offline --quiet --target-dir "$target" --features vestibule-core/mock "${tests[@]}") \
    || fail "the tests in the packages fail, or take longer than half an hour"

# A library that checks portals costs its user no command line.
heavy=$(cargo tree --locked -p vestibule --no-default-features -e normal --prefix none | grep -E "^(clap|axum|reqwest|indicatif) " || true)
[ -z "$heavy" ] || fail "the library without its command depends on: $heavy"
