#!/usr/bin/env bash
# The built-in device's page in every engine, as the sheet of every phone: what came of it is written to
# docs/measured/engine.md with its date, and the pictures to target/engine. Some ten minutes.
. "$(dirname "$0")/../lib.sh"
need_all chromium chromedriver=chromium-driver WebKitWebDriver=webkit2gtk-driver Xvfb=xvfb firefox-esr python3
tools=$PWD/target/tools
command -v geckodriver >/dev/null || [ -x "$tools/bin/geckodriver" ] \
    || cargo install --quiet --locked geckodriver --root "$tools" || fail "geckodriver could not be made"
export PATH=$PATH:$tools/bin
cargo build --locked --quiet
vestibule=$PWD/target/debug/vestibule
out=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$out"' EXIT
"$vestibule" serve --address 127.67.9.1 --dns-port 0 --http-port 0 >"$out/serve" 2>&1 &
server=$!
for _ in $(seq 100); do
    grep -q "its access point is up" "$out/serve" && break
    sleep 0.1
done
http=$(sed -n 's,^Portal  http://\(.*\)/$,\1,p' "$out/serve") dns=$(sed -n 's/^DNS     \([^ ]*\) .*/\1/p' "$out/serve")
[ -n "$http" ] && [ -n "$dns" ] || fail "the device does not start: $(cat "$out/serve")"
status=0
"$vestibule" check "$http" --dns "$dns" --engine chromium,webkit,firefox --pictures target/engine --json >"$out/check" \
    || status=$?
python3 ci/long/engine.py "$out/check" >docs/measured/engine.md
cat docs/measured/engine.md
exit $status
