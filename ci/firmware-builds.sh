#!/usr/bin/env bash
# The firmware builds for the chips without a warning, and asks for no memory. ci/firmware.sh runs and weighs what is
# built here; this is apart from it because it only computes, and can go beside what waits.
. "$(dirname "$0")/lib.sh"
. ci/firmware/chips.sh
. ../ci/firmware/packages.sh
cargo fmt --check || fail "cargo fmt in firmware/ changes something"

echo "--- builds"
build_for_chips
cargo test --quiet --locked --target "$host" -p vestibule-firmware -p vestibule-firmware-host --no-run
cargo test --quiet --locked --target "$host" -p vestibule-qemu-tests --no-run

echo "--- the images of Pico W and Pico 2 W"
# Where the boot loaders look: a second one in the first 256 bytes, and the mark of an image in the first 4 KiB.
need readelf binutils
for expected in "$pico_w .boot2 10000000" "$pico_2_w .start_block 10000"; do
    read -r chip section address <<<"$expected"
    readelf -SW "$output/$chip/release/pico-lamp" | grep -E " \\$section +PROGBITS +$address" >/dev/null \
        || fail "the image for $chip has no $section where its boot loader looks for it"
done

echo "--- the same image in another folder"
# What comes from a registry is not built again; ci/long/reproducible.sh builds everything twice.
lamp=$output/$c3/release/lamp first=$output/lamp-in-this-folder second=$output/lamp-in-another-folder
need objcopy binutils
# What is flashed, without what only a debugger reads.
objcopy -I elf32-little -O elf32-little --strip-debug "$lamp" "$first"
another=$(dirname "$output")/another-folder
rm -rf "$another" && mkdir -p "$another"
(cd .. && git ls-files -z | tar --create --null --files-from -) | tar -x -C "$another"
(
    cd "$another/firmware"
    VESTIBULE_FOLDER=$another chip build --locked --release --target $c3 -p vestibule-esp32 --features esp32c3
)
objcopy -I elf32-little -O elf32-little --strip-debug "$lamp" "$second"
cmp "$first" "$second" || fail "the image depends on the folder in which it is built"
rm -rf "$another"

echo "--- a lamp from the template, with what would be published"
# As its author would: `cargo generate` puts the name in, and nothing else. The packages lie beside it in place of a registry.
made=$output/from-template
unpack_packages "$made"
cmp esp32/partitions.csv template/partitions.csv || fail "the template has another partition table than the boards"
cp -r template "$made/my-lamp"
grep -rl "{{project-name}}" "$made/my-lamp" | xargs sed -i "s/{{project-name}}/my-lamp/g"
if grep -rn "{{" "$made/my-lamp"; then fail "the template has a question that nobody answers here"; fi
build_from_packages "$made/my-lamp"
[ -x "$output/$c3/release/my-lamp" ] || fail "the template's lamp is built for another chip than it says"

echo "--- lints"
lint --target "$host" --all-targets -p vestibule-firmware -p vestibule-firmware-host -p vestibule-qemu-tests
lint --target $c3 --release -p vestibule-qemu-virt
lint --target $c3 --release -p vestibule-esp32 --features esp32c3,status-led
lint --target $c3 --profile size -p vestibule-size-probe
lint --target $pico_w --release -p vestibule-pico --features pico-w
lint --target $pico_2_w --release -p vestibule-pico --features pico-2-w

echo "--- a stray allocation"
if chip rustc --locked --profile size --target $c3 -p vestibule-size-probe -- --cfg stray_allocation 2>"$output/stray.log"; then
    fail "a program that asks for memory links without an allocator: this check checks nothing"
fi
grep -q "no global memory allocator" "$output/stray.log" \
    || fail "it failed for another reason: $(tail -5 "$output/stray.log")"
