#!/usr/bin/env bash
# Phones with stacks of their own on links of the system: a TAP interface and one end of a veth pair, in a network
# namespace that has nothing else. The portal is at the other end, with its DHCP, on the machine's own stack.
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" = 0 ] || fail "network namespaces need root"
need_all ip=iproute2 ethtool
cargo build --locked --quiet
vestibule=$PWD/target/debug/vestibule
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# The packets that this namespace has sent to itself. (/sys is that of the machine.)
on_loopback() {
    awk '$1 == "lo:" { print $11 }' /proc/net/dev
}

# Runs in a namespace of its own: serves on an interface at 192.168.4.1 and checks over a link.
check_over() {
    local link=$1 served=$2
    "$vestibule" serve --address 192.168.4.1 --dhcp "$served" >"$out/serve" 2>&1 &
    local server=$!
    for _ in $(seq 100); do
        grep -q "Ctrl-C" "$out/serve" && break
        kill -0 $server 2>/dev/null || fail "serve ended: $(cat "$out/serve")"
        sleep 0.1
    done
    local before after
    before=$(on_loopback)
    "$vestibule" check --link "$link" --json >"$out/check" || fail "$link: $(tail -20 "$out/check")"
    after=$(on_loopback)
    kill $server
    # Nothing of it went through the machine's own stack to itself.
    [ "$before" = "$after" ] || fail "$link: $((after - before)) packets went over the loopback interface"
    grep -q "\"odd\": \[\]" "$out/check" || fail "$link: $(grep -A9 "\"odd\"" "$out/check")"
    echo "$link: $(grep -c '"sheet": "yes"' "$out/check") phones show the page;" \
        "$(grep -c '"router": "192.168.4.1"' "$out/check") leases name the router"
    [ "$(grep -c '"sheet": "yes"' "$out/check")" -ge 60 ] || fail "$link: too few phones show the page"
}

over_tap() {
    ip tuntap add tap0 mode tap
    ip address add 192.168.4.1/24 dev tap0
    ip link set tap0 up
    check_over tap:tap0 tap0
}

over_pair() {
    ip link add portal type veth peer name phones
    ip address add 192.168.4.1/24 dev portal
    ip link set portal up
    # The kernel leaves checksums on a virtual pair to a card that is not there.
    ethtool -K portal tx off >/dev/null
    "$vestibule" check --link interface:phones >"$out/down" 2>&1 && fail "an interface that is down was taken"
    grep -q "phones is down: .ip link set phones up. sets it up" "$out/down" || fail "$(cat "$out/down")"
    ip link set phones up
    check_over interface:phones portal
    ip address add 192.168.4.9/24 dev phones
    "$vestibule" check --link interface:phones >"$out/owned" 2>&1 && fail "an interface with an address was taken"
    grep -q "has the address 192.168.4.9 of this machine" "$out/owned" || fail "$(cat "$out/owned")"
}

export -f fail on_loopback check_over over_tap over_pair
export vestibule out
began=$SECONDS
unshare --net bash -euo pipefail -c 'ip link set lo up; over_tap'
unshare --net bash -euo pipefail -c 'ip link set lo up; over_pair'
echo "links: $((SECONDS - began)) s"
