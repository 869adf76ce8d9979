#!/usr/bin/env bash
# build-libraries-xtensa.sh [CHIP...]: the same for chips with Xtensa, which need Espressif's fork of rustc (`cargo install espup`,
# `espup install`, `. ~/export-esp.sh`). Nobody has run this yet.
set -euo pipefail
cd "$(dirname "$0")"
target_dir=${CARGO_TARGET_DIR:-$PWD/../../target/c}
chips=("$@")
[ $# -gt 0 ] || chips=(esp32 esp32s2 esp32s3)
rustup toolchain list | grep -q '^esp' || { echo "the toolchain esp is missing: cargo install espup && espup install" >&2 && exit 1; }

for chip in "${chips[@]}"; do
    cargo +esp build --quiet --locked --release -Z build-std=core --target "xtensa-$chip-none-elf" \
        --manifest-path ../c/Cargo.toml --target-dir "$target_dir"
    mkdir -p "vestibule/lib/$chip" vestibule/lib/include
    cp "$target_dir/xtensa-$chip-none-elf/release/libvestibule.a" "vestibule/lib/$chip/"
    echo "vestibule/lib/$chip/libvestibule.a"
done
cp ../c/include/vestibule.h vestibule/lib/include/
