#!/usr/bin/env bash
# Whether the image of the example application is the same to the byte when it is built in two folders, each time from
# nothing. It is (30 November 2026); ci/firmware-builds.sh does the same without building the registry's crates twice. Four minutes.
. "$(dirname "$0")/../lib.sh"
images=()
for folder in one another-and-longer; do
    copy=$PWD/target/reproducible/$folder
    rm -rf "$copy" && mkdir -p "$copy"
    git archive HEAD | tar -x -C "$copy"
    (
        cd "$copy"
        . ci/lib.sh
        . ci/firmware/chips.sh
        chip build --locked --release --target $c3 -p vestibule-esp32 --features esp32c3
    )
    images+=("$copy/target/firmware/riscv32imc-unknown-none-elf/release/lamp")
done
need objcopy binutils
for elf in "${images[@]}"; do
    # What is flashed, without what only a debugger reads.
    objcopy -I elf32-little -O elf32-little --strip-debug "$elf" "$elf.stripped"
done
cmp "${images[0]}.stripped" "${images[1]}.stripped" || fail "two builds of the same sources differ"
echo "two builds are equal: $(sha256sum <"${images[0]}.stripped")"
