"""Avahi: whether it finds the device by the name that it says on the home network, and its page."""

import os
import subprocess

from place import INTERFACE, wait_for

CONFIGURATION = f"""[server]
use-ipv4=yes
use-ipv6=no
allow-interfaces={INTERFACE}
enable-dbus=yes
[publish]
disable-publishing=yes
"""


class Avahi:
    def __init__(self, folder, environment):
        """`environment` names the bus that it is to be found on."""
        self.environment = environment
        with open(f"{folder}/avahi.conf", "w") as file:
            file.write(CONFIGURATION)
        self.daemon = subprocess.Popen(
            ["avahi-daemon", "--file", f"{folder}/avahi.conf", "--no-drop-root", "--no-chroot", "--no-rlimits"],
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        wait_for("Avahi", 10, lambda: os.path.exists("/run/avahi-daemon/pid"))

    def run(self, *command):
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=30)
        return done.stdout.strip()

    def address(self, name):
        """The address of a name, or nothing."""
        return wait_for(f"Avahi finds {name}", 20, lambda: self.run("avahi-resolve", "-4", "-n", name)).split()[-1]

    def pages(self):
        """The hosts, addresses and ports of pages that are announced."""
        found = self.run("avahi-browse", "--resolve", "--parsable", "--terminate", "_http._tcp")
        lines = [line.split(";") for line in found.splitlines() if line.startswith("=")]
        return [(line[6], line[7], line[8]) for line in lines]

    def stop(self):
        self.daemon.terminate()
        self.daemon.wait(10)
