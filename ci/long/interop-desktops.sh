#!/usr/bin/env bash
# GNOME Shell with its portal helper and Plasma's module for networks, as Debian 12 has them, meet the others' portals in
# a network namespace, and what each opens, shows and closes is what its model does. What came of it is written to
# docs/measured/interop-desktops.md with its date. Nothing is installed: the packages (200 MB, 400 unpacked) are laid over
# /usr in a mount namespace. Five minutes.
. "$(dirname "$0")/../lib.sh"
[ "$(uname)" = Linux ] || fail "only Linux has network namespaces, so the desktops cannot be run here"
[ "$(id -u)" = 0 ] || fail "network namespaces need root: sudo -E ci/long/interop-desktops.sh"
need_all ip=iproute2 ethtool dbus-daemon python3 gdbus=libglib2.0-bin NetworkManager=network-manager
cargo build --locked
target=$(cargo metadata --locked --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')

fetched=$target/interop/desktops-packages unpacked=$target/interop/desktops
if [ ! -x "$unpacked/usr/bin/gnome-shell" ]; then
    mkdir -p "$fetched/archives/partial" "$unpacked"
    { apt-get update -qq && apt-get -qq -y --no-install-recommends --download-only -o Dir::Cache="$fetched" \
        install gnome-shell plasma-nm gjs >/dev/null; } || fail "the desktops' packages could not be fetched"
    for package in "$fetched"/archives/*.deb; do
        dpkg-deb -x "$package" "$unpacked"
    done
fi
PLASMA_VERSION=$(apt-cache policy plasma-nm | sed -n 's/ *Candidate: //p')
export PLASMA_VERSION

portal=vestibule-desktops client=vestibule-desktops-client work=$(mktemp -d) said=$(mktemp)
clean_up() {
    for namespace in $portal $client; do
        [ -e "/run/netns/$namespace" ] || continue
        # Whoever is still in there was started here.
        ip netns pids $namespace | xargs -r kill 2>/dev/null || true
        ip netns delete $namespace
    done
    rm -rf /etc/netns/$client "$work" "$said"
    rmdir /etc/netns /run/NetworkManager 2>/dev/null || true
}
trap clean_up EXIT
{ ip netns add $portal && ip netns add $client \
    && ip link add port0 netns $portal type veth peer name client0 netns $client; } \
    || fail "this machine makes no network namespaces (a container without CAP_SYS_ADMIN and CAP_NET_ADMIN, perhaps)"
ip netns exec $portal ethtool -K port0 tx off >/dev/null
ip -n $portal address add 10.42.0.1/24 dev port0
for at in "$portal lo" "$portal port0" "$client lo" "$client client0"; do
    ip -n "${at% *}" link set "${at#* }" up
done
# `ip netns exec` binds this over /etc/resolv.conf: what is written there stays in the namespace.
mkdir -p /etc/netns/$client /run/NetworkManager
echo "nameserver 10.42.0.1" >/etc/netns/$client/resolv.conf

# Everything that is started ends with the namespace of processes; /usr is the machine's with the packages over it.
# shellcheck disable=SC2016 # the inner shell's
inside='set -e
vestibule=$1 unpacked=$2 work=$3
mount -t tmpfs none /run/NetworkManager && mount -o remount,ro /sys && mount -t tmpfs none "$work"
mkdir "$work/upper" "$work/work" "$work/clients"
mount -t overlay overlay -o "lowerdir=$unpacked/usr:/usr,upperdir=$work/upper,workdir=$work/work" /usr
glib-compile-schemas /usr/share/glib-2.0/schemas 2>/dev/null
/usr/lib/*/glib-2.0/gio-querymodules /usr/lib/*/gio/modules
export XDG_CONFIG_DIRS="$unpacked/etc/xdg:/etc/xdg" XDG_DATA_DIRS=/usr/share
exec python3 ci/interop/desktops.py "$vestibule" "$work/clients"'
status=0
ip netns exec $client unshare --mount --pid --fork --kill-child --mount-proc \
    sh -c "$inside" - "$target/debug/vestibule" "$unpacked" "$work" 2>&1 | tee "$said" || status=$?
grep -q "portals in" "$said" || fail "the portals did not end"
{
    echo "# Genuine desktops and the others' portals"
    echo
    echo "Made by \`sudo -E ci/long/interop-desktops.sh\` on $(date +%Y-%m-%d), with Debian 12's programs on two cores."
    echo
    echo '```'
    sed -n '/^NetworkManager .*GNOME/,$p' "$said"
    echo '```'
} >docs/measured/interop-desktops.md
exit $status
