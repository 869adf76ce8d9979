#!/bin/sh
# What udhcpc calls with what it was given: sets the address, and says it.
[ "$1" = bound ] || exit 0
# udhcpc sets these.
# shellcheck disable=SC2154
ip address add "$ip/24" dev "$interface" && echo "address=$ip"
