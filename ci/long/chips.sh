#!/usr/bin/env bash
# The chips that ci/firmware-builds.sh does not build: ESP32-C5 and ESP32-C61. Their images link; nothing is known of them
# beyond that. Six minutes, from nothing.
. "$(dirname "$0")/../lib.sh"
. ci/firmware/chips.sh
for feature in esp32c5 esp32c61; do
    chip build --locked --release --target $c6 -p vestibule-esp32 --features "$feature"
    lamp=$output/$c6/release/lamp
    echo "$feature: $(stat -c %s "$lamp") bytes with what only a debugger reads"
done
