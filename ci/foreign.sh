#!/usr/bin/env bash
# Portals of other people, unmodified, each in namespaces of its own with real ports 53, 67 and 80: crates, packages of
# PyPI (some on MicroPython's unix port), and Debian's comitup and openNDS. All phones check them over a link and over
# sockets, owners set them up, and some are devices of scenarios with power cuts. What comes of it must be what
# fixtures/foreign says (VESTIBULE_UPDATE=1 writes it anew); docs/foreign.md is about it. Arguments: names of devices, of
# ci/foreign/devices.toml, or `all`; a few of each
# kind without, for it is run at every change. ci/long/foreign.sh runs all.
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
python_environment "$target/python" ci/foreign/requirements.txt
if ! cmp -s ci/foreign/micropython.txt "$target/micropython/requirements.txt"; then
    rm -rf "$target/micropython"
    "$target/python/bin/pip" --quiet --disable-pip-version-check install --no-deps --no-compile --target "$target/micropython" \
        -r ci/foreign/micropython.txt || fail "packages of PyPI could not be installed: ci/foreign/micropython.txt"
    cp ci/foreign/micropython.txt "$target/micropython/requirements.txt"
fi

names=("$@")
case ${names[*]} in
"") names=(picoserve circuitpython-httpserver phew pi-wifi-setup) ;;
all) names=() ;;
esac
# Debian's comitup and openNDS are unpacked and not installed: installed they manage the machine's networks.
# unpack FOLDER PACKAGE=VERSION...
unpack() {
    local folder=$target/packages/$1 wanted=${*:2}
    [ "$(cat "$folder/version" 2>/dev/null)" = "$wanted" ] && return
    rm -rf "$folder"
    mkdir -p "$folder"
    # Names without blanks.
    # shellcheck disable=SC2086
    (cd "$folder" && apt-get update -qq && apt-get download -qq $wanted && for package in *.deb; do dpkg-deb -x "$package" .; done) \
        || fail "packages of Debian could not be fetched: $wanted"
    echo "$wanted" >"$folder/version"
}
wants() { [ ${#names[@]} = 0 ] || [[ " ${names[*]} " = *" $1 "* ]]; }
if wants comitup; then unpack comitup comitup=1.38-2~deb12u1; fi
if wants opennds; then
    unpack opennds opennds=9.10.0-1 opennds-daemon=9.10.0-1 opennds-daemon-common=9.10.0-1 libmicrohttpd12=0.9.75-6
fi

began=$SECONDS
python3 ci/foreign/main.py "$target" "$PWD/target/debug/vestibule" "${names[@]}"
echo "foreign: $((SECONDS - began)) s"
