#!/usr/bin/env bash
# The pages of sheets in real engines (sim/tests/engine.rs), and whole setups in them (sim/tests/engine_journey.rs): every
# case in Chromium, a right page, one setup and those in frames of other origins in WebKit. All of it runs in a network namespace
# whose one way out is an interface behind which nobody answers: what an engine sends there, past its proxy, is counted, and
# must be nothing.
. "$(dirname "$0")/lib.sh"
[ "$(uname)" = Linux ] || fail "only Linux has network namespaces, so nobody would see what an engine sends"
[ "$(id -u)" = 0 ] || fail "network namespaces need root: sudo -E ci/engine.sh"
need_all ip=iproute2 chromium chromedriver=chromium-driver WebKitWebDriver=webkit2gtk-driver Xvfb=xvfb
[ -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ] || apt-get install -y -qq fonts-dejavu-core >/dev/null || fail "the pictures need the font DejaVu"
cargo test --locked --no-run --quiet --workspace --test engine --test engine_journey

# Names are asked of somebody out there too, so that a question for one is counted.
resolvers=$(mktemp)
trap 'rm -f "$resolvers"' EXIT
echo "nameserver 10.77.0.1" >"$resolvers"

sent() {
    awk '$1 == "out:" { print $11 }' /proc/net/dev
}

tests() {
    cargo test --locked --offline --quiet --workspace --test "$1" -- --ignored "${@:2}"
}

in_a_namespace() {
    mount --bind "$resolvers" /etc/resolv.conf
    ip link set lo up
    ip link add out type veth peer name nobody
    for interface in out nobody; do
        echo 1 >"/proc/sys/net/ipv6/conf/$interface/disable_ipv6"
        ip link set "$interface" up
    done
    ip address add 10.77.0.2/24 dev out
    # Without it nothing but questions for a hardware address would be sent.
    ip neighbour add 10.77.0.1 lladdr 02:00:00:00:00:01 dev out nud permanent
    ip route add default via 10.77.0.1
    local before after
    before=$(sent)
    echo "is it counted" >/dev/udp/10.77.0.1/53
    [ "$(sent)" -gt "$before" ] || fail "what is sent is not counted"
    before=$(sent)
    tests engine --test-threads=1
    # The others take long: ci/long/engine.sh has them, in every engine.
    tests engine_journey --test-threads=1 --skip does_not_end --skip nothing_on_a_page --skip no_phone_can_reach
    VESTIBULE_ENGINES=webkit tests engine a_right_page
    VESTIBULE_ENGINES=webkit tests engine_journey --test-threads=1 only_a_script another_origin
    after=$(sent)
    [ "$before" = "$after" ] || fail "$((after - before)) packets of the engines went past their proxy"
    echo "no packet of the engines went past their proxy"
}

export -f fail sent tests in_a_namespace
export resolvers
began=$SECONDS
# The functions are bash's, and /proc/net is the namespace's own.
unshare --net --mount bash -euo pipefail -c in_a_namespace
echo "engines: $((SECONDS - began)) s"
