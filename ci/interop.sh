#!/usr/bin/env bash
# The models beside the real thing: NetworkManager, Chromium, Firefox, dhclient, udhcpc, Avahi, dig and
# curl, as Debian has them, are clients in a network namespace; the portal, and what stands in for the others'
# portals, is in another one. What a client decides must be what its model decides. Changes nothing
# outside the two namespaces.
. "$(dirname "$0")/lib.sh"
[ "$(uname)" = Linux ] || fail "only Linux has network namespaces, so the real clients cannot be run here"
[ "$(id -u)" = 0 ] || fail "network namespaces need root: sudo -E ci/interop.sh"
need_all ip=iproute2 dbus-daemon openssl python3 curl dig=bind9-dnsutils dhclient=isc-dhcp-client udhcpc \
    avahi-daemon avahi-resolve=avahi-utils NetworkManager=network-manager chromedriver=chromium-driver firefox-esr
cargo build --locked -p vestibule
target=$(cargo metadata --locked --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')

portal=vestibule-portal client=vestibule-client names=/etc/netns/vestibule-client
clean_up() {
    for namespace in $portal $client; do
        [ -e "/run/netns/$namespace" ] || continue
        # Whoever is still in there was started here.
        ip netns pids $namespace | xargs -r kill 2>/dev/null || true
        ip netns delete $namespace
    done
    rm -rf $names
    rmdir /etc/netns /run/NetworkManager /run/avahi-daemon 2>/dev/null || true
}
trap clean_up EXIT
clean_up
{ ip netns add $portal && ip netns add $client \
    && ip link add portal0 netns $portal type veth peer name client0 netns $client; } \
    || fail "this machine makes no network namespaces (a container without CAP_SYS_ADMIN and CAP_NET_ADMIN, perhaps)"
ip -n $portal address add 10.42.0.1/24 dev portal0
# An address beside the portal's, where pages with a certificate of nobody's are.
ip -n $portal address add 10.42.0.2/24 dev portal0
# The device's own on its home network, which is the same one here.
ip -n $portal address add 10.42.0.3/24 dev portal0
# One for each client that meets the cases of fixtures/agreement, and the one to which their redirects lead.
for last in 10.42.0.11 10.42.0.12 10.42.0.13 192.168.4.1; do
    ip -n $portal address add $last/24 dev portal0
done
for at in "$portal lo" "$portal portal0" "$client lo" "$client client0"; do
    ip -n "${at% *}" link set "${at#* }" up
done
mkdir -p $names
echo "nameserver 10.42.0.1" >$names/resolv.conf

# NetworkManager looks for udev unless /sys cannot be written, and it and Avahi keep files in /run: these
# are the namespace's own here, for `ip netns exec` gives its program a mount namespace too.
mkdir -p /run/NetworkManager /run/avahi-daemon
ip netns exec $client sh -c 'mount -t tmpfs none /run/NetworkManager && mount -t tmpfs none /run/avahi-daemon \
    && mount -o remount,ro /sys && python3 ci/interop/main.py "$1" && exec python3 ci/interop/agreement.py "$2" "$3"' - \
    "$target/debug/vestibule" "${VESTIBULE_SHARE:-12}" "${VESTIBULE_SEED:-1}"
