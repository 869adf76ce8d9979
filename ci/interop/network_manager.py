"""NetworkManager's daemon, with a bus and a configuration of its own, and what its connectivity check
says."""

import os
import subprocess

from place import ADDRESS, INTERFACE, wait_for

# What each distribution has it ask, and which body it expects; None is its own default.
ADDRESSES = {
    "nm-gnome-46": ("http://nmcheck.gnome.org/check_network_status.txt", None),
    "nm-gnome": ("http://nmcheck.gnome.org/check_network_status.txt", None),
    "nm-fedora": ("http://fedoraproject.org/static/hotspot.txt", "OK"),
    "nm-fedora-kde": ("http://fedoraproject.org/static/hotspot.txt", "OK"),
    "nm-ubuntu-24.04": ("http://connectivity-check.ubuntu.com/", ""),
    "nm-ubuntu": ("http://connectivity-check.ubuntu.com/", ""),
    "nm-debian": ("http://network-test.debian.org/nm", None),
    "nm-phosh": ("http://network-test.debian.org/nm", None),
    "nm-elementary": ("http://connectivity-check.ubuntu.com/", ""),
    "nm-arch": ("http://ping.archlinux.org/nm-check.txt", None),
    "nm-manjaro": ("http://ping.manjaro.org/check_network_status.txt", None),
}

# Its words, and the models'.
VERDICTS = {"portal": "portal", "full": "online", "limited": "no-internet", "none": "no-internet"}

BUS = """<busconfig><type>system</type><listen>unix:path={folder}/bus</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/>
<allow send_type="method_call"/><allow receive_type="method_call"/><allow receive_type="method_return"/>
<allow receive_type="signal"/><allow receive_type="error"/></policy></busconfig>
"""

CONFIGURATION = """[main]
plugins=keyfile
auth-polkit=root-only
dns=none
rc-manager=unmanaged
dhcp=internal
no-auto-default=*
[connectivity]
enabled=true
interval=300
uri={uri}
{response}
"""


class NetworkManager:
    def __init__(self, folder):
        self.folder = folder
        self.log = open(f"{folder}/log", "w")
        self.environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={folder}/bus"}
        with open(f"{folder}/bus.conf", "w") as file:
            file.write(BUS.format(folder=folder))
        self.asks("nm-gnome")
        for own in ("conf.d", "connections"):
            os.mkdir(f"{folder}/{own}")
        self.bus = self.start("dbus-daemon", f"--config-file={folder}/bus.conf", "--nofork", "--nopidfile")
        wait_for("the bus", 10, lambda: os.path.exists(f"{folder}/bus"))
        self.daemon = self.start(
            "NetworkManager", "--no-daemon", f"--config={folder}/nm.conf", f"--config-dir={folder}/conf.d",
            f"--system-config-dir={folder}/none", f"--intern-config={folder}/intern.conf",
            f"--state-file={folder}/state", f"--pid-file={folder}/pid",
        )
        wait_for("NetworkManager", 10, lambda: INTERFACE in self.nmcli("-g", "DEVICE", "device", check=False))

    def start(self, *command):
        return subprocess.Popen(command, env=self.environment, stdout=self.log, stderr=self.log)

    def nmcli(self, *arguments, check=True):
        done = subprocess.run(
            ["nmcli", *arguments], env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        if check and done.returncode:
            raise RuntimeError(f"nmcli {' '.join(arguments)}: {done.stdout.strip()}")
        return done.stdout.strip()

    def version(self):
        return subprocess.run(["NetworkManager", "--version"], capture_output=True, text=True).stdout.strip()

    def asks(self, model):
        uri, response = ADDRESSES[model]
        with open(f"{self.folder}/nm.conf", "w") as file:
            response = "" if response is None else f"response={response}"
            file.write(CONFIGURATION.format(uri=uri, response=response))

    def joins_by_dhcp(self):
        """Takes an address from the portal; returns what it was given."""
        self.nmcli("connection", "add", "type", "ethernet", "ifname", INTERFACE, "con-name", "lent",
                   "ipv4.method", "auto", "ipv6.method", "disabled")
        self.nmcli("--wait", "20", "connection", "up", "lent")
        fields = self.nmcli("-g", "IP4.ADDRESS,IP4.GATEWAY,IP4.DNS", "device", "show", INTERFACE)
        return fields.split("\n")

    def has_an_address(self):
        """From here on without DHCP: the stand-ins have none."""
        self.nmcli("connection", "add", "type", "ethernet", "ifname", INTERFACE, "con-name", "fixed",
                   "ipv4.method", "manual", "ipv4.addresses", "10.42.0.9/24", "ipv4.gateway", ADDRESS,
                   "ipv6.method", "disabled")
        self.nmcli("--wait", "20", "connection", "up", "fixed")

    def decides(self, model):
        """What it says of the network when it asks as this model's distribution has it ask."""
        self.asks(model)
        self.nmcli("general", "reload", "conf")
        return VERDICTS.get(self.nmcli("networking", "connectivity", "check"), "unknown")

    def stop(self):
        for program in (self.daemon, self.bus):
            program.terminate()
            program.wait(10)
        self.log.close()
