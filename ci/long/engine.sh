#!/usr/bin/env bash
# The built-in device's page in every engine, as the sheet of every phone, and a whole setup in each: what came of it is
# written to docs/measured/engine.md with its date, and the pictures to target/engine. Before that whole setups at portals of
# other shapes (sim/tests/engine_journey.rs), in each. Some thirty minutes. Engines may be
# named: ci/long/engine.sh chromium webkit. PHONES names phones, all of them unless said.
. "$(dirname "$0")/../lib.sh"
engines=("$@")
[ $# -gt 0 ] || engines=(chromium webkit firefox)
for engine in "${engines[@]}"; do
    case $engine in
    chromium) need_all chromium chromedriver=chromium-driver ;;
    webkit) need_all WebKitWebDriver=webkit2gtk-driver Xvfb=xvfb ;;
    firefox)
        tools=$PWD/target/tools
        command -v firefox >/dev/null || need firefox-esr
        command -v geckodriver >/dev/null || [ -x "$tools/bin/geckodriver" ] \
            || cargo install --quiet --locked geckodriver --root "$tools" || fail "geckodriver could not be made"
        export PATH=$PATH:$tools/bin
        ;;
    *) fail "$engine is no engine" ;;
    esac
done
need python3
for engine in "${engines[@]}"; do
    VESTIBULE_ENGINES=$engine cargo test --locked --quiet --workspace --test engine_journey -- --ignored --test-threads=1
done
cargo build --locked --quiet
vestibule=$PWD/target/debug/vestibule
out=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$out"' EXIT
phones=()
[ -z "${PHONES:-}" ] || phones=(--phones "$PHONES")

# A device that waits for its owner, at $http and $dns.
start() {
    "$vestibule" serve --address 127.67.9.1 --dns-port 0 --http-port 0 >"$out/serve" 2>&1 &
    server=$!
    for _ in $(seq 100); do
        grep -q "its access point is up" "$out/serve" && break
        sleep 0.1
    done
    http=$(sed -n 's,^Portal  http://\(.*\)/$,\1,p' "$out/serve") dns=$(sed -n 's/^DNS     \([^ ]*\) .*/\1/p' "$out/serve")
    [ -n "$http" ] && [ -n "$dns" ] || fail "the device does not start: $(cat "$out/serve")"
}

stop() {
    kill "$server"
    wait "$server" || true
}

status=0
for engine in "${engines[@]}"; do
    start
    "$vestibule" check "$http" --dns "$dns" --engine "$engine" "${phones[@]}" --pictures target/engine --json \
        >"$out/check-$engine" || status=$?
    stop
    for phone in ios-17 android-14; do
        start
        printf 'four green lanterns' | "$vestibule" journey "$http" --dns "$dns" --ssid Home --passphrase-file - \
            --phones $phone --engine "$engine" --json >"$out/journey-$engine-$phone" || status=$?
        stop
    done
done
python3 ci/long/engine.py "$out"/check-* "$out"/journey-* >docs/measured/engine.md
cat docs/measured/engine.md
exit $status
