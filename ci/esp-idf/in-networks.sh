#!/usr/bin/env bash
# in-networks.sh COMMAND...: runs a command in a network namespace of a phone and a home, wired to another namespace of a chip:
# the access point's link (phone, 192.168.4.2, to ap, 192.168.4.1) and the home network's (home, 10.0.0.1, to sta, 10.0.0.7).
# $CHIP is the command that runs another in the chip's namespace. Everything ends with the command.
set -euo pipefail
if [ -z "${IN_NETWORKS:-}" ]; then
    # Whoever is not root is it in a namespace of users of its own.
    users=()
    [ "$(id -u)" = 0 ] || users=(--user --map-root-user)
    exec env IN_NETWORKS=1 unshare "${users[@]}" --net --pid --fork --kill-child --mount-proc "$0" "$@"
fi
unshare --net sleep infinity &
chip=$!
for _ in $(seq 100); do
    [ "$(readlink /proc/$chip/ns/net)" = "$(readlink /proc/self/ns/net)" ] || break
    sleep 0.05
done
ip link set lo up
nsenter --target $chip --net ip link set lo up
# pair MINE ADDRESS THEIRS ADDRESS
pair() {
    ip link add "$1" type veth peer name "$3" netns $chip
    ip address add "$2/24" dev "$1"
    ip link set "$1" up
    nsenter --target $chip --net ip address add "$4/24" dev "$3"
    nsenter --target $chip --net ip link set "$3" up
}
pair phone 192.168.4.2 ap 192.168.4.1
pair home 10.0.0.1 sta 10.0.0.7
PYTHONDONTWRITEBYTECODE=1 CHIP="nsenter --target $chip --net" STAND_IN_ACCESS_POINT=ap STAND_IN_STATION=sta "$@"
