#!/usr/bin/env bash
# Improv over a serial line, with the clients of the field: improv-wifi-serial-sdk in Node, and esp-web-tools in Chromium, set up
# the device that `serve --serial` has at the other end of a pseudo terminal; and the former the machine code of the boards' layer
# under QEMU, over its serial port, beside its log.
. "$(dirname "$0")/lib.sh"
need_all node=nodejs npm chromium
need qemu-system-riscv32 qemu-system-misc
cargo build --locked --quiet
out=$PWD/target/improv
mkdir -p "$out"
cp ci/improv/*.mjs ci/improv/package*.json "$out"
(cd "$out" && npm ci --silent --ignore-scripts --no-audit --no-fund) || fail "npm could not fetch what ci/improv/package-lock.json names"
# Written for bundlers, which find modules without their endings.
echo 'export { ImprovSerial } from "improv-wifi-serial-sdk/dist/serial.js";' >"$out/entry.mjs"
bundle() {
    (cd "$out" && node_modules/.bin/esbuild entry.mjs --bundle --format=esm --outfile=sdk.mjs --log-level=warning)
}
bundle || { (cd "$out" && node node_modules/esbuild/install.js) && bundle; } || fail "esbuild could not make the bundle"
trap 'kill "${device:-}" 2>/dev/null || true' EXIT

until_it_is_up() {
    for _ in $(seq 200); do
        grep -q "access point is up" "$out/device" && return
        kill -0 "$device" 2>/dev/null || break
        sleep 0.1
    done
    fail "the device's access point does not come up: $(cat "$out/device")"
}

# A device of its own that nobody has set up, whose line is at $line, and a command at it.
with_device() {
    target/debug/vestibule serve --http-port 0 --dns-port 0 --serial >"$out/device" 2>&1 &
    device=$!
    until_it_is_up
    line=$(sed -n 's/^Serial  //p' "$out/device")
    [ -c "$line" ] || fail "the device has no line: $(cat "$out/device")"
    timeout 150 "$@" "$line" || fail "$* did not set the device up: $(cat "$out/device")"
    grep -q 'joined "Home"' "$out/device" || fail "the device has not joined: $(cat "$out/device")"
    ! grep -q "green lanterns" "$out/device" || fail "the device tells the passphrase"
    kill "$device"
    wait "$device" 2>/dev/null || true
}
with_device node "$out/provision.mjs" "$out/sdk.mjs" simulated
with_device node "$out/page.mjs" "$out/node_modules/esp-web-tools/dist/web"

echo "--- under QEMU"
# As ci/firmware-builds.sh builds it.
firmware=$(. ci/firmware/chips.sh && chip build --quiet --locked --release --target $c3 -p vestibule-qemu-virt && echo "$output/$c3/release/device")
socket=$out/serial
rm -f "$socket"
target/debug/vestibule run -v --driver qemu --firmware "$firmware" --serial "$socket" ci/improv/on-a-cable.toml >"$out/device" 2>&1 &
device=$!
until_it_is_up
timeout 150 node "$out/provision.mjs" "$out/sdk.mjs" "QEMU virt" "$socket" || fail "the board was not set up: $(cat "$out/device")"
wait "$device" || fail "the board has not joined: $(cat "$out/device")"
! grep -q "green lanterns" "$out/device" || fail "the device tells the passphrase"
