#!/usr/bin/env bash
# The chips that ci/firmware-builds.sh does not build: ESP32-C5 and ESP32-C61. Their images link; nothing is known of them
# beyond that. Six minutes, from nothing. What came of it is written to docs/measured/chips.md with its date.
. "$(dirname "$0")/../lib.sh"
commit=$(git rev-parse --short HEAD) page=$PWD/docs/measured/chips.md
. ci/firmware/chips.sh
need objcopy binutils
rows=()
for feature in esp32c5 esp32c61; do
    chip build --locked --release --target $c6 -p vestibule-esp32 --features "$feature"
    lamp=$output/$c6/release/lamp
    objcopy -I elf32-little -O elf32-little --strip-debug "$lamp" "$lamp.stripped"
    rows+=("| $feature | $(stat -c %s "$lamp.stripped") |")
done
{
    echo "# The chips that are not built at every change"
    echo
    echo "Made by \`ci/long/chips.sh\` on $(date +%F) at $commit: the example application links. No board has run it."
    echo
    echo "| chip | bytes of the program, without what only a debugger reads |"
    echo "|---|---|"
    printf '%s\n' "${rows[@]}"
} | tee "$page"
