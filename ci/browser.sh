#!/usr/bin/env bash
# What a real browser makes of the owner's pages (ci/browser): journeys through the demo's portal in
# headless Chromium, each page looked at by axe-core, pictures compared with fixtures/screenshots.
# VESTIBULE_UPDATE=1 makes the pictures anew.
. "$(dirname "$0")/lib.sh"
need chromium
need chromedriver chromium-driver
need npm
[ -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ] || apt-get install -y -qq fonts-dejavu-core >/dev/null || fail "the pictures need the font DejaVu"
# Another font of the machine's would change them.
export FONTCONFIG_FILE=$PWD/ci/browser/fonts.conf
cargo build --quiet --locked --workspace

# Fetched, not kept: its licence is MPL-2.0.
axe=4.11.0
tools=$PWD/target/axe-core-$axe
if [ ! -e "$tools/package/axe.min.js" ]; then
    mkdir -p "$tools"
    (cd "$tools" && npm pack --silent "axe-core@$axe" >/dev/null && tar -xzf "axe-core-$axe.tgz" package/axe.min.js) \
        || fail "axe-core $axe could not be fetched from npm's registry"
fi

# Made before it is read: what starts in the background opens it when it gets to it.
: >target/chromedriver.log
chromedriver --port=0 >>target/chromedriver.log 2>&1 &
driver=$!
trap 'kill "$driver" 2>/dev/null || true' EXIT
for _ in $(seq 100); do
    port=$(sed -n 's/.*started successfully on port \([0-9]*\).*/\1/p' target/chromedriver.log)
    [ -n "$port" ] && break
    sleep 0.1
done
[ -n "$port" ] || fail "chromedriver does not start: $(cat target/chromedriver.log)"

target/debug/vestibule-browser target/debug/vestibule "http://127.0.0.1:$port" "$tools/package/axe.min.js" \
    fixtures/screenshots || fail "a browser has met something else than it should"
