"""dhclient and udhcpc: each takes an address from the portal over the namespace's interface and says what
it was given. Neither changes anything: the scripts that they run only write down what they are told."""

import os
import subprocess
import tempfile

from place import INTERFACE

SCRIPT = """#!/bin/sh
[ "$reason$1" = BOUND ] || [ "$1" = bound ] || exit 0
echo "${new_ip_address:-$ip} ${new_routers:-$router} ${new_domain_name_servers:-$dns} \
${new_subnet_mask:-$subnet} ${new_dhcp_lease_time:-$lease}" >"$TOLD"
"""


def lease(command):
    with tempfile.TemporaryDirectory() as folder:
        script, told = f"{folder}/script", f"{folder}/told"
        with open(script, "w") as file:
            file.write(SCRIPT)
        os.chmod(script, 0o755)
        command = [argument.format(folder=folder, script=script) for argument in command]
        done = subprocess.run(command, env={**os.environ, "TOLD": told}, capture_output=True, text=True, timeout=30)
        # dhclient stays; it is told to stop, and keeps what it has.
        if os.path.exists(f"{folder}/pid"):
            subprocess.run(["kill", open(f"{folder}/pid").read().strip()], check=False)
        if not os.path.exists(told):
            raise RuntimeError(f"{command[0]} has no lease: {done.stderr}")
        with open(told) as file:
            return file.read().split()


def dhclient():
    # Without -e its script would see an empty environment.
    return lease(["dhclient", "-1", "-e", "TOLD={folder}/told", "-sf", "{script}", "-lf", "{folder}/leases",
                  "-pf", "{folder}/pid", INTERFACE])


def udhcpc():
    return lease(["udhcpc", "-f", "-n", "-q", "-i", INTERFACE, "-s", "{script}"])
