#!/usr/bin/env bash
# build-libraries.sh [CHIP...]: the core as a static library for each chip with RISC-V, into vestibule/lib; all of them if none is
# named. Needs rustup. For chips with Xtensa see build-libraries-xtensa.sh.
set -euo pipefail
cd "$(dirname "$0")"
target_dir=${CARGO_TARGET_DIR:-$PWD/../../target/c}
# GNU's linker before 2.41 crashes over the debug information that rustc writes (seen with Debian's 2.40): it is taken out.
objcopy=$(command -v riscv32-esp-elf-objcopy || command -v riscv64-unknown-elf-objcopy || command -v llvm-objcopy) \
    || { echo "none of riscv32-esp-elf-objcopy (ESP-IDF's export.sh), riscv64-unknown-elf-objcopy and llvm-objcopy is there" >&2 && exit 1; }
chips=("$@")
[ $# -gt 0 ] || chips=(esp32c2 esp32c3 esp32c5 esp32c6 esp32c61)

for chip in "${chips[@]}"; do
    case $chip in
    esp32c2 | esp32c3) target=riscv32imc-unknown-none-elf ;;
    esp32c5 | esp32c6 | esp32c61) target=riscv32imac-unknown-none-elf ;;
    esp32h2 | esp32p4) echo "$chip has no Wi-Fi" >&2 && exit 1 ;;
    *) echo "no chip with RISC-V is called $chip; for esp32, esp32s2 and esp32s3: build-libraries-xtensa.sh" >&2 && exit 1 ;;
    esac
    rustup target list --installed | grep -qx $target || rustup target add $target
    cargo build --quiet --locked --release --target $target --manifest-path ../c/Cargo.toml --target-dir "$target_dir"
    mkdir -p "vestibule/lib/$chip" vestibule/lib/include
    cp "$target_dir/$target/release/libvestibule.a" "vestibule/lib/$chip/"
    "$objcopy" --strip-debug "vestibule/lib/$chip/libvestibule.a"
    echo "vestibule/lib/$chip/libvestibule.a"
done
cp ../c/include/vestibule.h vestibule/lib/include/
