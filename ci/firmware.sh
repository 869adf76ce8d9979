#!/usr/bin/env bash
# The firmware: its images verified, what it weighs and costs compared with firmware/numbers.md, and played through
# under QEMU: of fixtures/scenarios each fourth, and with `all` (ci/long/qemu.sh) every one. VESTIBULE_UPDATE=1 writes the
# numbers anew.
. "$(dirname "$0")/lib.sh"
need qemu-system-riscv32 qemu-system-misc
need dig bind9-dnsutils
need readelf binutils
need python3
. ci/firmware/chips.sh

# Nothing is built again of what ci/firmware-builds.sh has built.
echo "--- builds"
build_for_chips

echo "--- images"
esptool=$output/esptool/bin/esptool
if ! "$esptool" version >/dev/null 2>&1; then
    python3 -m venv "$output/esptool" 2>/dev/null || {
        apt-get install -y -qq --no-install-recommends python3-venv >/dev/null && python3 -m venv "$output/esptool"
    } || fail "python3 makes no virtual environment, and python3-venv could not be installed"
    "$output/esptool/bin/pip" install --quiet esptool==5.6.0 || fail "esptool could not be installed from PyPI"
fi
# image CHIP ELF PROJECT: makes the image of a chip and has its checksum, hash and description read back.
image() {
    local image=$2.bin info
    "$esptool" --chip "$1" elf2image --flash-mode dio --flash-freq 80m --flash-size 4MB -o "$image" "$2" >/dev/null
    info=$("$esptool" image-info "$image")
    for expected in "Checksum: .*(valid)" "Validation hash: .*(valid)" "Project name: $3"; do
        grep -q "$expected" <<<"$info" || fail "the image of $2 has no \"$expected\": $info"
    done
}
image esp32c3 "$output/$c3/release/lamp" vestibule-esp32
# Nothing of this machine is in it, nor the time. ci/firmware-builds.sh compares it with one of another folder.
for trace in "$HOME" "$(cd .. && pwd)" "${CARGO_HOME:-$HOME/.cargo}" "$(date +%Y-%m-)"; do
    if grep -qF -- "$trace" "$output/$c3/release/lamp.bin"; then fail "the image holds \"$trace\""; fi
done
image esp32c3 "$output/$c3/release/baseline" vestibule-size-baseline
image esp32c6 "$output/$c6/release/lamp" vestibule-esp32

echo "--- the chip's key"
# On espefuse's picture of a chip: nothing is burned unless it is confirmed, nobody reads what is burned, and it is burned once.
for chip in esp32c3 esp32c6 esp32s2 esp32s3; do
    efuses=$output/efuses-$chip
    rm -f "$efuses"
    export ESPEFUSE="$output/esptool/bin/espefuse --virt --path-efuse-file $efuses"
    if esp32/burn-key "$chip" none <<<no >"$output/burn.log" 2>&1; then fail "$chip: no is taken for yes"; fi
    esp32/burn-key "$chip" none <<<BURN >"$output/burn.log" 2>&1 || fail "$chip: $(cat "$output/burn.log")"
    $ESPEFUSE --chip "$chip" summary >"$output/burn.log" 2>&1
    grep -A 3 "^BLOCK_KEY5 " "$output/burn.log" | grep -qE "= (\?\? ){32}-/-" || fail "$chip: its key can be read"
    if esp32/burn-key "$chip" none <<<BURN >"$output/burn.log" 2>&1; then fail "$chip: a second key was burned"; fi
    grep -q "has its key already" "$output/burn.log" || fail "$chip: $(cat "$output/burn.log")"
    unset ESPEFUSE
done

echo "--- costs"
python3 -c "open('$output/blank.img', 'wb').write(b'\xff' * (32 << 20))"
timeout 60 qemu-system-riscv32 -machine virt -cpu rv32 -m 32M -nographic -monitor none -serial stdio -no-reboot \
    -icount shift=0 -global virtio-mmio.force-legacy=false -bios "$output/$c3/release/costs" \
    -drive "if=pflash,unit=1,format=raw,file=$output/blank.img" >"$output/costs" </dev/null \
    || fail "the costs could not be measured: $(cat "$output/costs")"

echo "--- tests under QEMU"
cargo test --quiet --locked --target "$host" -p vestibule-firmware -p vestibule-firmware-host
cargo build --quiet --locked --target "$host" -p vestibule-firmware-host
VESTIBULE_DEVICE=$output/$c3/release/device cargo test --locked --target "$host" -p vestibule-qemu-tests -- \
    --nocapture --test-threads 2 >"$output/qemu-tests" 2>&1 || { cat "$output/qemu-tests"; fail "a test under QEMU failed"; }
grep -E "^test |^measured " "$output/qemu-tests"

echo "--- scenarios in virtual time and under QEMU"
# The phones, the air and the routers are the simulator's, built as every other script builds it. The
# runs wait for most of their time. A scenario that QEMU cannot play is listed and not run. One that fails is
# run again alone: six emulated machines on two busy processors are late now and then, as no chip would be.
emulated=fixtures/scenarios
if [ "${1:-}" != all ]; then
    emulated=$(cd .. && printf '%s\n' fixtures/scenarios/*.toml | awk 'NR % 4 == 1')
fi
# Names without blanks.
# shellcheck disable=SC2086
(
    cd .. && env -u RUSTC_WRAPPER cargo build --quiet --locked --target-dir target \
        && target/debug/vestibule run --driver virtual firmware/qemu-tests/scenarios \
        && target/debug/vestibule run --driver firmware fixtures/scenarios firmware/host/scenarios \
            firmware/qemu-tests/scenarios/empty-flash-*.toml \
        && target/debug/vestibule campaign --driver firmware --seeds 6 \
            fixtures/scenarios/{first-join-ios,changed-passphrase,thrown-off-on-purpose,one-role-first-join}.toml \
        && target/debug/vestibule run --driver qemu --jobs 6 --retries 2 --firmware "$output/$c3/release/device" \
            $emulated firmware/qemu-tests/scenarios
) || fail "a scenario that the simulated device passes has another verdict on the machine code"

echo "--- numbers"
# section NAME ELF: how long a section is, in bytes.
section() { printf "%d\n" "0x$(readelf -SW "$2" | sed 's/^ *\[ *[0-9]*\] *//' | awk -v name="$1" '$1 == name { print $5 }')"; }
{
    core=$output/size-probe clear=$output/size-probe-clear at_rest=$output/size-probe-at-rest
    echo "core-flash $(($(section .text "$core") + $(section .rodata "$core")))"
    echo "core-flash-clear $(($(section .text "$clear") + $(section .rodata "$clear")))"
    echo "core-flash-at-rest $(($(section .text "$at_rest") + $(section .rodata "$at_rest")))"
    portal=$(stat -c %s "$output/$c3/release/lamp.bin") baseline=$(stat -c %s "$output/$c3/release/baseline.bin")
    echo "esp32c3-image $portal"
    echo "esp32c3-baseline-image $baseline"
    echo "esp32c3-share $((portal - baseline))"
    echo "esp32c6-image $(stat -c %s "$output/$c6/release/lamp.bin")"
    lamp=$output/$c3/release/lamp
    python3 ../ci/firmware/symbols.py "$lamp" esp32c3-board "vestibule_firmware|vestibule_esp32" esp32c3-memory "MEMORY$"
    echo "esp32c3-ram-free $(section .stack "$lamp")"
    for board in "pico-w $pico_w 264" "pico-2-w $pico_2_w 512"; do
        read -r name chip ram <<<"$board"
        lamp=$output/$chip/release/pico-lamp
        echo "$name-flash $(($(section .text "$lamp") + $(section .rodata "$lamp") + $(section .data "$lamp")))"
        echo "$name-ram-free $((ram * 1024 - $(section .data "$lamp") - $(section .bss "$lamp")))"
    done
    awk '{ print $1, $2 }' "$output/costs"
    sed -n 's/^measured //p' "$output/qemu-tests"
} >"$output/numbers"
python3 numbers.py numbers.md "$output/numbers" || fail "the numbers are not those of firmware/numbers.md"
