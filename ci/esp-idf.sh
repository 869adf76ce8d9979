#!/usr/bin/env bash
# The component for ESP-IDF (bindings/esp-idf) and the library for Arduino (bindings/arduino), without ESP-IDF: compiled against
# declarations of what they call, with a compiler for this machine and for a chip, and run whole on a stand-in, in network
# namespaces, under address and undefined-behaviour sanitizers and under the one for threads.
. "$(dirname "$0")/lib.sh"
need_all gcc g++ python3 riscv64-unknown-elf-gcc=gcc-riscv64-unknown-elf ip=iproute2 unshare=util-linux nsenter=util-linux
began=$SECONDS
out=$PWD/target/esp-idf
core=$PWD/target/c
host=$(rustc -vV | sed -n 's/^host: //p')
component=bindings/esp-idf/vestibule
stand_in=ci/esp-idf/stand-in
flags="-Wall -Wextra -Werror -g -O1 -D_GNU_SOURCE -pthread"
own="-I$component/include -I$component/src -Ibindings/c/include"
mkdir -p "$out"

echo "--- the core"
# The builds of ci/c.sh.
RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address cargo build --quiet --locked --target "$host" \
    --manifest-path bindings/c/Cargo.toml --target-dir "$core/sanitized"
cargo build --quiet --locked --release --manifest-path bindings/c/Cargo.toml --target-dir "$core"
bindings/esp-idf/build-libraries.sh esp32c3 esp32c6

echo "--- the component"
# programs FOLDER LIBRARY FLAG...: the example and the sketch on the stand-in.
programs() {
    local folder=$1 library=$2 source
    shift 2
    mkdir -p "$folder/objects"
    for source in $component/src/*.c $stand_in/*.c; do
        # Flags without blanks, here and below.
        # shellcheck disable=SC2086
        gcc -std=gnu11 $flags "$@" $own -I$stand_in -I$stand_in/include -c \
            -o "$folder/objects/$(basename "$(dirname "$source")")-$(basename "$source").o" "$source"
    done
    # shellcheck disable=SC2086
    gcc -std=gnu11 $flags "$@" $own -I$stand_in/include -o "$folder/lamp" bindings/esp-idf/examples/lamp/main/main.c \
        "$folder"/objects/*.o "$library"
    # shellcheck disable=SC2086
    g++ -std=gnu++17 $flags "$@" $own -I$stand_in/include -I$stand_in/arduino -Ibindings/arduino/src -o "$folder/sketch" \
        -x c++ -include Arduino.h bindings/arduino/examples/Lamp/Lamp.ino bindings/arduino/src/VestibuleManager.cpp \
        $stand_in/arduino/arduino.cpp -x none "$folder"/objects/*.o "$library"
}
programs "$out/with-sanitizers" "$core/sanitized/$host/debug/libvestibule.a" -fsanitize=address,undefined \
    -fno-sanitize-recover=all
programs "$out/with-threads" "$core/release/libvestibule.a" -fsanitize=thread
# The choices of Kconfig that leave code out.
for source in $component/src/*.c; do
    # shellcheck disable=SC2086
    gcc -std=gnu11 $flags $own -I$stand_in/include -DCONFIG_VESTIBULE_HMAC_KEY=4 -DCONFIG_VESTIBULE_JOINS_WPA=1 \
        -DCONFIG_VESTIBULE_CONNECTIONS=8 -fsyntax-only "$source"
done
# For a chip, where sizes are others: objects that link with the core to what only ESP-IDF has.
linked=
for source in $component/src/*.c; do
    object=$out/chip-$(basename "$source").o
    # shellcheck disable=SC2086
    riscv64-unknown-elf-gcc -march=rv32imc -mabi=ilp32 -Os -std=gnu11 -Wall -Wextra -Werror -ffreestanding -ffunction-sections \
        $own -I$stand_in/chip -I$stand_in/include -c -o "$object" "$source"
    linked+=" $object"
done
# What is missing then is ESP-IDF's, lwIP's and C's, and declared as such.
# shellcheck disable=SC2086
riscv64-unknown-elf-ld -m elf32lriscv --gc-sections --entry vestibule_esp_start --undefined vestibule_esp_stop \
    --undefined vestibule_esp_setup --undefined vestibule_esp_forget --undefined vestibule_esp_wait \
    --warn-unresolved-symbols -o "$out/on-chip" $linked $component/lib/esp32c3/libvestibule.a 2>"$out/on-chip.log" \
    || fail "the component and the core do not link for a chip: $(cat "$out/on-chip.log")"
missing=$(grep -oE 'undefined reference to `[^'"'"']+' "$out/on-chip.log" | cut -d'`' -f2 | sort -u)
[ "$(wc -w <<<"$missing")" -gt 40 ] || fail "little of ESP-IDF is called: $missing"
for symbol in $missing; do
    grep -rqw -- "$symbol" $stand_in/include $stand_in/chip || fail "what is linked for a chip needs $symbol"
done
riscv64-unknown-elf-size "$out/on-chip"
sources=$(cd $component && printf '        "%s"\n' src/*.c)
[ "$(grep -E '^ +"src/' $component/CMakeLists.txt)" = "$sources" ] || fail "CMakeLists.txt of the component names other files"

echo "--- a whole setup"
export UBSAN_OPTIONS=print_stacktrace=1 TSAN_OPTIONS=halt_on_error=1
# They wait more than they compute, and each is in networks of its own.
plays=()
# play SCRIPT PROGRAM [ARGUMENT]: in the background.
play() {
    timeout 300 ci/esp-idf/in-networks.sh python3 "ci/esp-idf/$1.py" "$out/$2" "${@:3}" \
        >"$out/$1-$(dirname "$2").log" 2>&1 &
    plays+=($!)
}
play journey with-sanitizers/lamp
play sketch with-sanitizers/sketch
play journey with-threads/lamp short
play sketch with-threads/sketch
failed=
for one in "${plays[@]}"; do wait "$one" || failed=yes; done
tail -n 60 "$out"/*-with-*.log
[ -z "$failed" ] || fail "a setup on the stand-in, see above"

echo "--- an Arduino library"
rm -rf "$out/arduino"
bindings/arduino/pack.sh "$out/arduino"
for file in library.properties src/VestibuleManager.h src/vestibule.h src/radio.c src/esp32c3/libvestibule.a \
    examples/Lamp/Lamp.ino examples/Lamp/partitions.csv; do
    [ -s "$out/arduino/Vestibule/$file" ] || fail "the library has no $file"
done
echo "esp-idf: $((SECONDS - began)) s"
