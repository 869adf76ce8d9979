#!/usr/bin/env bash
# Whether the image of the example application is the same to the byte when it is built in two folders, each time from
# nothing; ci/firmware-builds.sh does the same without building the registry's crates twice. Four minutes. What came of it is
# written to docs/measured/reproducible.md with its date.
. "$(dirname "$0")/../lib.sh"
commit=$(git rev-parse --short HEAD)
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
{
    echo "# The same image twice"
    echo
    echo "Made by \`ci/long/reproducible.sh\` on $(date +%F) at $commit with $(rustc --version): the example application for ESP32-C3, built in"
    echo "two folders from nothing, is the same to the byte, $(stat -c %s "${images[0]}.stripped") bytes without what only a debugger reads."
    echo
    echo "SHA-256: \`$(sha256sum <"${images[0]}.stripped" | cut -d ' ' -f 1)\`"
} | tee docs/measured/reproducible.md
