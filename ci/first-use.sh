#!/usr/bin/env bash
# README's first use, command by command as it stands there, in a network namespace: the built-in device is 192.168.4.1 at
# the other end of what README calls wlan1, eth1 and tap0, and a stand-in is behind its socket. A command that README has
# there and nothing here plays is a failure, and so is a line of README's first tables that the command does not print.
. "$(dirname "$0")/lib.sh"
[ "$(uname)" = Linux ] || fail "only Linux has network namespaces"
[ "$(id -u)" = 0 ] || fail "network namespaces need root"
need_all ip=iproute2 nsenter=util-linux ethtool chromium chromedriver=chromium-driver
cargo build --locked --quiet
vestibule=$PWD/target/debug/vestibule
out=$(mktemp -d)
trap 'rm -rf "$out" /tmp/net.sock' EXIT

# The commands of the part about portals that one has, without what the shell does not run.
awk '/^\*\*Check a portal that you have/ { on = 1 } /^\*\*See how other portals fare/ { on = 0 }
     /^```/ { sh = ($0 == "```sh"); next } on && sh { sub(/ +# .*/, ""); print }' README.md >"$out/commands"
[ "$(wc -l <"$out/commands")" -ge 10 ] || fail "README's first use is not found: $(cat "$out/commands")"
# The lines of its first table, up to where it is shortened; the time is the machine's.
awk '/^cargo run -- check 192.168.4.1$/ { on = 1 } on && /^```text$/ { text = 1; next } text && /^\.\.\./ { exit }
     text && NF { print }' README.md >"$out/table"
[ "$(wc -l <"$out/table")" -ge 10 ] || fail "README's first table is not found: $(cat "$out/table")"
# The same of its second, of a stand-in behind a socket.
awk '/^unix:\/tmp\/net.sock$/ { on = 1 } on && /^\.\.\./ { exit } on && NF { print }' README.md >"$out/link-table"
[ "$(wc -l <"$out/link-table")" -ge 10 ] || fail "README's second table is not found: $(cat "$out/link-table")"

# device NAME COMMAND...: something of vestibule's at the other end of an interface, until the next.
device() {
    [ -z "${serves:-}" ] || { kill "$serves" 2>/dev/null || true; wait "$serves" 2>/dev/null || true; }
    "$@" >"$out/device" 2>&1 &
    serves=$!
    for _ in $(seq 100); do
        grep -q "vestibule check \|its access point is up" "$out/device" && return
        kill -0 "$serves" 2>/dev/null || fail "the device ended: $(cat "$out/device")"
        sleep 0.1
    done
    fail "the device does not come up: $(cat "$out/device")"
}

serve() {
    local interface=$1
    shift
    device "$@" "$vestibule" serve --address 192.168.4.1 --dhcp "$interface"
}

# play EXIT WORDS LINE [MORE...]: the line as README has it, with less than all phones where a browser shows every page.
play() {
    local exit=$1 words=$2 line=$3 ended=0
    shift 3
    line=${line#sudo }
    line=${line/#cargo run -- /vestibule }
    # What is typed on standard input is the passphrase of the simulated network.
    (cd "$out/work" && PATH=$(dirname "$vestibule"):$PATH bash -c "$line $*" <<<"four green lanterns") >"$out/said" 2>&1 || ended=$?
    [ "$ended" = "$exit" ] || fail "$line: ended with $ended, not $exit: $(cat "$out/said")"
    grep -q "$words" "$out/said" || fail "$line: $(cat "$out/said")"
    echo "README: $line"
}

# same TABLE: what was said has each line of it. Times are the machine's.
same() {
    local line
    sed -E 's/[0-9]+\.[0-9] s/T s/; s/^ +//' "$out/said" >"$out/plain"
    while read -r line; do
        line=$(sed -E 's/[0-9]+\.[0-9] s/T s/' <<<"$line")
        grep -Fxq -- "$line" "$out/plain" || fail "README has '$line': $(cat "$out/said")"
    done <"$1"
}

# interface NAME [ADDRESS]: a cable or a radio to the device's namespace, whose end there is `device-NAME`.
interface() {
    ip link add "$1" type veth peer name "device-$1"
    ip link set "device-$1" netns "$beyond"
    "${there[@]}" ip address add 192.168.4.1/24 dev "device-$1"
    "${there[@]}" ip link set "device-$1" up
    "${there[@]}" ethtool -K "device-$1" tx off >/dev/null
    ip link set "$1" up
}

first_use() {
    mkdir "$out/work"
    ln -s "$PWD/fixtures" "$out/work/fixtures"
    ip link set lo up
    unshare --net sleep 600 &
    beyond=$!
    trap 'kill $beyond ${serves:-} 2>/dev/null || true' EXIT
    while [ "$(readlink /proc/$beyond/ns/net)" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.1; done
    there=(nsenter --target "$beyond" --net)
    "${there[@]}" ip link set lo up
    local line
    # The laptop has joined the device's access point: README's table is of NodeMCU's of 2019.
    interface wlan1
    ip address add 192.168.4.77/24 dev wlan1
    device "${there[@]}" "$vestibule" stand-in --address 192.168.4.1 --http-port 80 --dns-port 53 \
        sim/portals/nodemcu-2019.toml
    "$vestibule" check 192.168.4.1 --phones android-14,ios-17 >"$out/said" && fail "NodeMCU's portal of 2019 is well"
    same "$out/table"
    while read -r line; do
        case $line in
        "cargo run -- check 192.168.4.1")
            serve device-wlan1 "${there[@]}"
            play 0 "^Your portal opens on " "$line"
            ;;
        "cargo run -- check 192.168.4.1 --engine chromium "*)
            play 0 "^ios-17 .*chromium .* yes " "$line" --phones ios-17
            [ -s "$out/work/sheets/ios-17-chromium.png" ] || fail "there is no picture of a sheet"
            ;;
        *" check --link interface:wlan1")
            ip address flush dev wlan1
            play 0 "^ios-17 .*192.168.4.1" "$line" --phones android-14,ios-17
            ;;
        *" check --link interface:eth1")
            ip link set wlan1 down
            "${there[@]}" ip link set device-wlan1 down
            interface eth1
            serve device-eth1 "${there[@]}"
            play 0 "^ios-17 .*192.168.4.1" "$line" --phones android-14,ios-17
            "${there[@]}" ip link set device-eth1 down
            ;;
        *" check --link tap:tap0")
            ip tuntap add tap0 mode tap
            ip address add 192.168.4.1/24 dev tap0
            ip link set tap0 up
            serve tap0
            play 0 "^ios-17 .*192.168.4.1" "$line" --phones android-14,ios-17
            ip link delete tap0
            ;;
        *" check --link unix:/tmp/net.sock") emulated=$line ;;
        *" stand-in --link unix:/tmp/net.sock "*)
            (cd "$out/work" && exec "$vestibule" ${line#vestibule }) >"$out/stand-in" 2>&1 &
            local stand_in=$!
            while [ ! -S /tmp/net.sock ]; do
                kill -0 $stand_in || fail "$line: $(cat "$out/stand-in")"
                sleep 0.1
            done
            play 0 "^ios-17 .*192.168.4.1 .* 7200 s" "$emulated" --phones android-14,ios-17
            same "$out/link-table"
            kill $stand_in 2>/dev/null || true
            ;;
        *" journey 192.168.4.1 --ssid \"Café & Co\" "*)
            "${there[@]}" ip link set device-wlan1 up
            ip link set wlan1 up
            ip address add 192.168.4.77/24 dev wlan1
            serve device-wlan1 "${there[@]}"
            # The simulated air has no such network.
            play 1 "^ios-17 .*not set up" "$line"
            ;;
        *" journey 192.168.4.1 "*" --engine chromium --pictures steps")
            ip address add 192.168.4.77/24 dev wlan1
            serve device-wlan1 "${there[@]}"
            play 0 "^android-14 .*set up: the device said that it has joined" "$line"
            [ -s "$out/work/steps/android-14-chromium-1.png" ] || fail "there is no picture of a step"
            ;;
        *" journey --link interface:wlan1 "*)
            ip address flush dev wlan1
            serve device-wlan1 "${there[@]}"
            # One phone sets the device up, and the next finds no portal.
            play 0 "^ios-17 .*not tried: the device was set up by android-14" "$line"
            ;;
        *) fail "README's first use has a command that nothing plays: $line" ;;
        esac
    done <"$out/commands"
}

export -f fail device serve play same interface first_use
export vestibule out
began=$SECONDS
unshare --net --mount bash -euo pipefail -c first_use
echo "first use: $((SECONDS - began)) s"
