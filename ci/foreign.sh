#!/usr/bin/env bash
# Portals of other people, unmodified, each in namespaces of its own with real ports 53, 67 and 80: crates, packages of
# PyPI (some on MicroPython's unix port), and Debian's comitup. All phones check them over a link and over sockets, and
# owners set them up. What comes of it must be what fixtures/foreign says (VESTIBULE_UPDATE=1 writes it anew);
# docs/foreign.md is about it. Arguments: names of devices, of ci/foreign/devices.toml, or `all`; a few of each kind
# without, for it is run at every change. ci/long/foreign.sh runs all.
. "$(dirname "$0")/lib.sh"
[ "$(uname)" = Linux ] || fail "only Linux has network namespaces"
[ "$(id -u)" = 0 ] || fail "network namespaces need root: sudo -E ci/foreign.sh"
need_all ip=iproute2 ethtool iptables dnsmasq=dnsmasq-base python3
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "python3 is older than 3.11"
cargo build --locked --quiet
target=$PWD/target/foreign
mkdir -p "$target/packages"

# The portals made of crates: a workspace of their own, with a lock file of its own.
cargo build --locked --quiet --manifest-path ci/foreign/crates/Cargo.toml --target-dir "$target/crates"

# Those of PyPI. What MicroPython runs is only unpacked.
wanted=$(cat ci/foreign/requirements.txt ci/foreign/micropython.txt)
if [ "$(cat "$target/python/wanted" 2>/dev/null)" != "$wanted" ]; then
    echo "installing packages of PyPI"
    rm -rf "$target/python" "$target/micropython"
    python3 -c 'import ensurepip' 2>/dev/null || need_all venv-is-missing=python3-venv
    python3 -m venv "$target/python"
    pip=("$target/python/bin/pip" --quiet --disable-pip-version-check)
    "${pip[@]}" install --no-deps -r ci/foreign/requirements.txt || fail "packages of PyPI could not be installed"
    "${pip[@]}" install --no-deps --no-compile --target "$target/micropython" -r ci/foreign/micropython.txt \
        || fail "packages of PyPI could not be installed"
    echo "$wanted" >"$target/python/wanted"
fi

# Debian's comitup is unpacked and not installed: an installed one manages the machine's networks.
comitup=1.38-2~deb12u1
if [ "$(cat "$target/packages/comitup/version" 2>/dev/null)" != "$comitup" ]; then
    rm -rf "$target/packages/comitup"*
    (cd "$target/packages" && apt-get update -qq && apt-get download -qq comitup="$comitup" && dpkg-deb -x comitup_*.deb comitup) \
        || fail "comitup's package could not be fetched"
    echo "$comitup" >"$target/packages/comitup/version"
fi

names=("$@")
case ${names[*]} in
"") names=(picoserve circuitpython-httpserver phew pi-wifi-setup) ;;
all) names=() ;;
esac
began=$SECONDS
python3 ci/foreign/main.py "$target" "$PWD/target/debug/vestibule" "${names[@]}"
echo "foreign: $((SECONDS - began)) s"
