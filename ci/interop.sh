#!/usr/bin/env bash
# The models beside the real thing: NetworkManager, ConnMan, Chromium, Firefox, dhclient, udhcpc, Avahi, dig and
# curl, as Debian has them (ConnMan that of Debian 13), are clients in network namespaces (ConnMan in one of its own); the portal, and what stands
# in for the others' portals, is in another one. What a client decides must be what its model decides. Changes nothing
# outside the namespaces, and fails if /etc/resolv.conf has changed.
. "$(dirname "$0")/lib.sh"
[ "$(uname)" = Linux ] || fail "only Linux has network namespaces, so the real clients cannot be run here"
[ "$(id -u)" = 0 ] || fail "network namespaces need root: sudo -E ci/interop.sh"
need_all ip=iproute2 ethtool dbus-daemon openssl python3 curl dig=bind9-dnsutils dhclient=isc-dhcp-client udhcpc \
    avahi-daemon avahi-resolve=avahi-utils NetworkManager=network-manager chromedriver=chromium-driver firefox-esr
cargo build --locked
target=$(cargo metadata --locked --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')

# ConnMan is unpacked and not installed: an installed one manages the machine's networks from its next start on. It is
# Debian 13's (1.41 of Debian 12 forgets its check at a body), with libraries and a loader of its own, so that it runs on either.
unpacked=$target/interop/connman-trixie
if [ ! -x "$unpacked/usr/sbin/connmand" ]; then
    fetched=$target/interop/trixie
    mkdir -p "$unpacked" "$fetched/lists/partial" "$fetched/archives/partial"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian trixie main" \
        >"$fetched/sources.list"
    trixie() {
        apt-get -qq -o Dir::Etc::sourcelist="$fetched/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State="$fetched" \
            -o Dir::Cache="$fetched" -o Dir::State::status=/dev/null -o APT::Install-Recommends=false "$@" >/dev/null
    }
    { trixie update && trixie install -y --download-only connman; } || fail "ConnMan's packages could not be fetched"
    for package in "$fetched"/archives/*.deb; do
        dpkg-deb -x "$package" "$unpacked"
    done
fi
loader=$(find "$unpacked"/usr/lib* -maxdepth 1 -name 'ld-linux*.so.*' | head -1)
libraries=$(dirname "$(find "$unpacked/usr/lib" -name 'libc.so.6' | head -1)")
for program in sbin/connmand bin/connmanctl; do
    printf '#!/bin/sh\nexec "%s" --library-path "%s" "%s" "$@"\n' "$loader" "$libraries" "$unpacked/usr/$program" \
        >"$unpacked/${program#*/}"
    chmod +x "$unpacked/${program#*/}"
done
"$unpacked/connmand" --version >/dev/null || fail "ConnMan of Debian 13 does not run here"

portal=vestibule-portal client=vestibule-client connman=vestibule-connman
resolvers() { readlink /etc/resolv.conf || true; cat /etc/resolv.conf 2>/dev/null || true; }
resolvers_before=$(resolvers)
clean_up() {
    for namespace in $portal $client $connman; do
        [ -e "/run/netns/$namespace" ] || continue
        # Whoever is still in there was started here.
        ip netns pids $namespace | xargs -r kill 2>/dev/null || true
        ip netns delete $namespace
    done
    rm -rf /etc/netns/$client /etc/netns/$connman
    rmdir /etc/netns /run/NetworkManager /run/avahi-daemon 2>/dev/null || true
    [ "$(resolvers)" = "$resolvers_before" ] || fail "the machine's /etc/resolv.conf has changed; it was: $resolvers_before"
}
trap clean_up EXIT
clean_up
{ ip netns add $portal && ip netns add $client && ip netns add $connman \
    && ip -n $portal link add portal0 type bridge \
    && ip link add port0 netns $portal type veth peer name client0 netns $client \
    && ip link add port1 netns $portal type veth peer name connman0 netns $connman; } \
    || fail "this machine makes no network namespaces (a container without CAP_SYS_ADMIN and CAP_NET_ADMIN, perhaps)"
for port in port0 port1; do
    ip -n $portal link set $port master portal0
done
# ConnMan reads DHCP's frames as they are and takes no checksum that is left to the hardware.
for port in portal0 port0 port1; do
    ip netns exec $portal ethtool -K $port tx off >/dev/null
done
ip -n $portal address add 10.42.0.1/24 dev portal0
# An address beside the portal's, where pages with a certificate of nobody's are.
ip -n $portal address add 10.42.0.2/24 dev portal0
# The device's own on its home network, which is the same one here.
ip -n $portal address add 10.42.0.3/24 dev portal0
# One for each client that meets the cases of fixtures/agreement, ConnMan's the last, and the one to which the others'
# redirects lead.
for last in 10.42.0.11 10.42.0.12 10.42.0.13 192.168.4.1 192.168.4.9; do
    ip -n $portal address add $last/24 dev portal0
done
for at in "$portal lo" "$portal portal0" "$portal port0" "$portal port1" "$client lo" "$client client0" \
    "$connman lo" "$connman connman0"; do
    ip -n "${at% *}" link set "${at#* }" up
done
# `ip netns exec` binds these over /etc/resolv.conf: what is written there stays in the namespace.
for namespace in $client $connman; do
    mkdir -p /etc/netns/$namespace
    echo "nameserver 10.42.0.1" >/etc/netns/$namespace/resolv.conf
done

# NetworkManager looks for udev unless /sys cannot be written, and it and Avahi keep files in /run: these
# are the namespace's own here, for `ip netns exec` gives its program a mount namespace too.
mkdir -p /run/NetworkManager /run/avahi-daemon
ip netns exec $client sh -c 'mount -t tmpfs none /run/NetworkManager && mount -t tmpfs none /run/avahi-daemon \
    && mount -o remount,ro /sys && python3 ci/interop/main.py "$1" "$2" && exec python3 ci/interop/agreement.py "$3" "$4" "$2"' - \
    "$target/debug/vestibule" "$unpacked" "${VESTIBULE_SHARE:-12}" "${VESTIBULE_SEED:-1}"
