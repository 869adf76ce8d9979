#!/usr/bin/env bash
# Phones with stacks of their own on links of the system: a TAP interface and one end of a veth pair, in a network
# namespace that has nothing else but a way out, on which nothing may leave. The portal is at the other end, with its
# DHCP, on the machine's own stack, that of a namespace of its own where the link allows it. They check, an owner sets the
# device up, and links go while they are used.
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" = 0 ] || fail "network namespaces need root"
need_all ip=iproute2 sysctl=procps nsenter=util-linux ethtool
cargo build --locked --quiet
vestibule=$PWD/target/debug/vestibule
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# The packets that this namespace has sent on everything but this link: to itself, and on its way out. (/sys is that of
# the machine.)
sent_elsewhere() {
    awk -v link="$1:" -v served="$2:" 'NR > 2 && $1 != link && $1 != served { sent += $11 } END { print sent + 0 }' \
        /proc/net/dev
}

# A way out that anything would take that fell back to the machine's own stack: the default route.
way_out() {
    ip link set lo up
    sysctl --quiet --write net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
    ip link add away type veth peer name beyond
    ip address add 203.0.113.2/24 dev away
    ip link set away up
    ip link set beyond up
    ip route add default via 203.0.113.1
    ip neighbour add 203.0.113.1 lladdr 02:00:00:00:00:01 dev away
}

# Serves on an interface at 192.168.4.1, checks over a link, and sets the device up.
use_over() {
    local link=$1 served=$2 name=${1#*:} server before after
    "${beside[@]}" "$vestibule" serve --address 192.168.4.1 --dhcp "$served" >"$out/serve" 2>&1 &
    server=$!
    for _ in $(seq 100); do
        grep -q "Ctrl-C" "$out/serve" && break
        kill -0 $server 2>/dev/null || fail "serve ended: $(cat "$out/serve")"
        sleep 0.1
    done
    before=$(sent_elsewhere "$name" "$beside_it")
    local began=$SECONDS
    "$vestibule" check --link "$link" --at-once 4 --json >"$out/check" || fail "$link: $(tail -20 "$out/check")"
    local took=$((SECONDS - began))
    "$vestibule" check --link "$link" --phones ios-17,android-14 --loss 5% --delay 20ms >"$out/weak" ||
        fail "$link, impaired: $(cat "$out/weak")"
    printf 'four green lanterns' | "$vestibule" journey --link "$link" --ssid Home --passphrase-file - \
        --phones android-14 --junit "$out/journey.xml" >"$out/journey" || fail "$link: $(cat "$out/journey")"
    after=$(sent_elsewhere "$name" "$beside_it")
    kill $server
    # Nothing of it went through the machine's own stack, to itself or out.
    [ "$before" = "$after" ] || fail "$link: $((after - before)) packets left on other interfaces: $(cat /proc/net/dev)"
    grep -q "\"odd\": \[\]" "$out/check" || fail "$link: $(grep -A9 "\"odd\"" "$out/check")"
    grep -q ' tests="1" .*failures="0" errors="0"' "$out/journey.xml" || fail "$link: $(cat "$out/journey.xml")"
    echo "$link: $(grep -c '"sheet": "yes"' "$out/check") phones show the page in $took s;" \
        "$(grep -c '"router": "192.168.4.1"' "$out/check") leases name the router; $(head -1 "$out/journey")"
    [ "$(grep -c '"sheet": "yes"' "$out/check")" -ge 60 ] || fail "$link: too few phones show the page"
    # By itself it takes a third of that (docs/measured/links.md); beside other checks of the gate it may take longer.
    [ "$took" -le 60 ] || fail "$link: all phones took $took s"
}

# A link that goes while phones wait on it ends the check soon, and is told.
goes() {
    local link=$1 words=$2 check
    shift 2
    "$vestibule" check --link "$link" --phones ios-17,android-14 >"$out/gone" 2>&1 &
    check=$!
    sleep 2
    "$@"
    local began=$SECONDS
    wait $check && fail "$link went and the check was well"
    [ $((SECONDS - began)) -le 5 ] || fail "$link went, and the check took $((SECONDS - began)) s more"
    grep -q "$words" "$out/gone" || fail "$link: $(cat "$out/gone")"
}

over_tap() {
    # The device is in this namespace, whose stack tells itself of addresses that nobody has.
    beside=(env)
    beside_it=lo
    ip tuntap add tap0 mode tap
    ip address add 192.168.4.1/24 dev tap0
    ip link set tap0 up
    use_over tap:tap0 tap0
    goes tap:gone "gone went down" ip link set gone down
}

over_pair() {
    unshare --net sleep 600 &
    device=$!
    trap 'kill $device' EXIT
    beside=(nsenter --target $device --net)
    beside_it=phones
    # The child is in its namespace once it is another than this one.
    while [ "$(readlink /proc/$device/ns/net)" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.1; done
    ip link add portal type veth peer name phones
    ip link set portal netns $device
    "${beside[@]}" ip link set lo up
    "${beside[@]}" ip address add 192.168.4.1/24 dev portal
    "${beside[@]}" ip link set portal up
    # The kernel leaves checksums on a virtual pair to a card that is not there.
    "${beside[@]}" ethtool -K portal tx off >/dev/null
    "$vestibule" check --link interface:phones >"$out/down" 2>&1 && fail "an interface that is down was taken"
    grep -q "phones is down: .ip link set phones up. sets it up" "$out/down" || fail "$(cat "$out/down")"
    ip link set phones up
    "${beside[@]}" ip link set portal down
    "$vestibule" check --link interface:phones >"$out/idle" 2>&1 && fail "an interface without carrier was taken"
    grep -q "phones has no carrier" "$out/idle" || fail "$(cat "$out/idle")"
    "${beside[@]}" ip link set portal up
    use_over interface:phones portal
    ip address add 192.168.4.9/24 dev phones
    "$vestibule" check --link interface:phones >"$out/owned" 2>&1 && fail "an interface with an address was taken"
    grep -q "has the address 192.168.4.9 of this machine" "$out/owned" || fail "$(cat "$out/owned")"
    ip address flush dev phones
    # Nobody serves there any more; then the pair goes.
    goes interface:phones "phones went down or was removed" "${beside[@]}" ip link delete portal
}

export -f fail sent_elsewhere way_out use_over goes over_tap over_pair
export vestibule out
began=$SECONDS
unshare --net bash -euo pipefail -c 'way_out; over_tap'
unshare --net bash -euo pipefail -c 'way_out; over_pair'
echo "links: $((SECONDS - began)) s"
