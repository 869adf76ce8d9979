# What the other scripts share: sourced, not run. Every check fails loudly; none passes by being
# skipped.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Says why and ends with a failure.
fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# Makes sure that a program is there, from Debian's package of that name if it is not.
need() {
    local program=$1 package=${2:-$1}
    command -v "$program" >/dev/null && return
    command -v apt-get >/dev/null || fail "$program is not installed, and this is no Debian machine"
    echo "installing $package for $program"
    [ "$(id -u)" = 0 ] || fail "$program is not installed; as root: apt-get install $package"
    apt-get update -qq && apt-get install -y -qq --no-install-recommends "$package" >/dev/null \
        || fail "$package could not be installed"
}

# The same for several, each a program or PROGRAM=PACKAGE, with one run of apt-get. Of what it installs
# nothing is started: Debian asks policy-rc.d.
need_all() {
    local packages=() wanted
    for wanted in "$@"; do
        command -v "${wanted%=*}" >/dev/null || packages+=("${wanted#*=}")
    done
    [ ${#packages[@]} = 0 ] && return
    command -v apt-get >/dev/null || fail "${packages[*]}: not installed, and this is no Debian machine"
    [ "$(id -u)" = 0 ] || fail "not installed; as root: apt-get install ${packages[*]}"
    echo "installing ${packages[*]}"
    local policy=/usr/sbin/policy-rc.d is_ours=false done=0
    if [ ! -e $policy ]; then
        is_ours=true
        printf '#!/bin/sh\nexit 101\n' >$policy
        chmod +x $policy
    fi
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"; } \
        >/dev/null || done=$?
    if $is_ours; then rm -f $policy; fi
    [ $done = 0 ] || fail "${packages[*]} could not be installed"
}

# Makes a folder with a Python of its own and the packages of a requirements file, unless they are there.
python_environment() {
    local folder=$1 requirements=$2
    cmp -s "$requirements" "$folder/requirements.txt" && return
    echo "installing packages of PyPI: $requirements"
    rm -rf "$folder"
    python3 -c 'import ensurepip' 2>/dev/null || need_all venv-is-missing=python3-venv
    python3 -m venv "$folder"
    "$folder/bin/pip" --quiet --disable-pip-version-check install --no-deps -r "$requirements" \
        || fail "packages of PyPI could not be installed: $requirements"
    cp "$requirements" "$folder/requirements.txt"
}

# Starts a device of its own that waits for its owner, as $demo; its page is at $portal, $1 is a file for what it says, and
# the rest are options of the demo.
start_device() {
    "$target/debug/vestibule" demo --ready-json --skip-journey "${@:2}" >"$1" &
    demo=$!
    for _ in $(seq 60); do
        [ -s "$1" ] && break
        kill -0 "$demo" 2>/dev/null || fail "the device ended"
        sleep 1
    done
    portal=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["portal"])' "$1")
}

command -v cargo >/dev/null || fail "cargo is not installed: see https://rustup.rs"
need cc gcc
