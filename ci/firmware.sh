#!/usr/bin/env bash
# The firmware: built for the chips, its images verified, what it weighs and costs compared with
# firmware/numbers.md, and played through under QEMU. VESTIBULE_UPDATE=1 writes the numbers anew.
. "$(dirname "$0")/lib.sh"
need qemu-system-riscv32 qemu-system-misc
need curl
need dig bind9-dnsutils
need readelf binutils
need python3
output=$PWD/target/firmware
export CARGO_TARGET_DIR=$output
mkdir -p "$output"
cd firmware

# The chips' instruction sets. ESP32-C3 and QEMU's machine have the first, ESP32-C6 the second.
c3=riscv32imc-unknown-none-elf
c6=riscv32imac-unknown-none-elf

# `chip` is cargo for these: rustup's, which fetches `core` for them, or else Debian's, which builds
# it from the sources that belong to its compiler. VESTIBULE_CHIP_RUST=debian chooses the latter.
if [ "${VESTIBULE_CHIP_RUST:-}" != debian ] && rustup target add $c3 $c6 2>"$output/rustup.log"; then
    chip() { cargo "$@"; }
    lint() { cargo clippy --locked "$@" -- -D warnings; }
else
    cd .. && need /usr/bin/rustc rustc-web && need /usr/bin/cargo cargo-web && need ld.lld-19 lld-19
    [ -d /usr/lib/rustlib/src/rust/library ] || apt-get install -y -qq --no-install-recommends rust-web-src >/dev/null \
        || fail "neither rustup ($(tail -1 "$output/rustup.log")) nor Debian's rust-web-src has core for the chips"
    cd firmware
    chip() {
        RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_UNSTABLE_BUILD_STD=core,alloc \
            CARGO_TARGET_RISCV32IMC_UNKNOWN_NONE_ELF_LINKER=ld.lld-19 \
            CARGO_TARGET_RISCV32IMAC_UNKNOWN_NONE_ELF_LINKER=ld.lld-19 /usr/bin/cargo "$@"
    }
    lint() { echo "(Debian's compiler comes without clippy: not run)"; }
fi
host=$(rustc -vV | sed -n 's/^host: //p')

echo "--- builds"
cargo fmt --check || fail "cargo fmt in firmware/ changes something"
chip build --locked --release --target $c3 -p vestibule-qemu-virt
chip build --locked --release --target $c3 -p vestibule-esp32 --features esp32c3
chip build --locked --release --target $c3 -p vestibule-size-baseline --features esp32c3
chip build --locked --release --target $c6 -p vestibule-esp32 --features esp32c6

echo "--- lints"
lint --target "$host" --all-targets -p vestibule-firmware -p vestibule-qemu-tests
lint --target $c3 --release -p vestibule-qemu-virt
lint --target $c3 --release -p vestibule-esp32 --features esp32c3,status-led
lint --target $c3 --profile size -p vestibule-size-probe

echo "--- the size probe"
chip build --locked --profile size --target $c3 -p vestibule-size-probe
if chip rustc --locked --profile size --target $c3 -p vestibule-size-probe -- --cfg stray_allocation 2>"$output/stray.log"; then
    fail "a program that asks for memory links without an allocator: this check checks nothing"
fi
grep -q "no global memory allocator" "$output/stray.log" \
    || fail "it failed for another reason: $(tail -5 "$output/stray.log")"
chip build --locked --profile size --target $c3 -p vestibule-size-probe --no-default-features
cp "$output/$c3/size/vestibule-size-probe" "$output/size-probe-clear"
# A build with that option, or without that feature, must not be what is weighed.
chip build --locked --profile size --target $c3 -p vestibule-size-probe

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
image esp32c3 "$output/$c3/release/baseline" vestibule-size-baseline
image esp32c6 "$output/$c6/release/lamp" vestibule-esp32

echo "--- costs"
python3 -c "open('$output/blank.img', 'wb').write(b'\xff' * (32 << 20))"
timeout 60 qemu-system-riscv32 -machine virt -cpu rv32 -m 32M -nographic -monitor none -serial stdio -no-reboot \
    -icount shift=0 -global virtio-mmio.force-legacy=false -bios "$output/$c3/release/costs" \
    -drive "if=pflash,unit=1,format=raw,file=$output/blank.img" >"$output/costs" </dev/null \
    || fail "the costs could not be measured: $(cat "$output/costs")"

echo "--- tests under QEMU"
cargo test --quiet --locked --target "$host" -p vestibule-firmware
VESTIBULE_DEVICE=$output/$c3/release/device cargo test --locked --target "$host" -p vestibule-qemu-tests -- \
    --nocapture --test-threads 2 >"$output/qemu-tests" 2>&1 || { cat "$output/qemu-tests"; fail "a test under QEMU failed"; }
grep -E "^test |^measured " "$output/qemu-tests"

echo "--- scenarios under QEMU"
# The phones, the air and the routers are the simulator's, built as every other script builds it. The
# runs wait for most of their time. A scenario that QEMU cannot play is listed and not run. One that fails is
# run again alone: six emulated machines on two busy processors are late now and then, as no chip would be.
(
    cd .. && cargo build --quiet --locked --target-dir target -p vestibule --bin vestibule \
        && target/debug/vestibule run --driver virtual firmware/qemu-tests/scenarios \
        && target/debug/vestibule run --driver qemu --jobs 6 --retries 2 --firmware "$output/$c3/release/device" \
            fixtures/scenarios firmware/qemu-tests/scenarios
) || fail "a scenario that the simulated device passes has another verdict on the machine code"

echo "--- numbers"
# section NAME ELF: how long a section is, in bytes.
section() { printf "%d\n" "0x$(readelf -SW "$2" | sed 's/^ *\[ *[0-9]*\] *//' | awk -v name="$1" '$1 == name { print $5 }')"; }
{
    core=$output/$c3/size/vestibule-size-probe clear=$output/size-probe-clear
    echo "core-flash $(($(section .text "$core") + $(section .rodata "$core")))"
    echo "core-flash-clear $(($(section .text "$clear") + $(section .rodata "$clear")))"
    portal=$(stat -c %s "$output/$c3/release/lamp.bin") baseline=$(stat -c %s "$output/$c3/release/baseline.bin")
    echo "esp32c3-image $portal"
    echo "esp32c3-baseline-image $baseline"
    echo "esp32c3-share $((portal - baseline))"
    echo "esp32c6-image $(stat -c %s "$output/$c6/release/lamp.bin")"
    awk '{ print $1, $2 }' "$output/costs"
    sed -n 's/^measured //p' "$output/qemu-tests"
} >"$output/numbers"
python3 numbers.py numbers.md "$output/numbers" || fail "the numbers are not those of firmware/numbers.md"
