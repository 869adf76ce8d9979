"""ConnMan's daemon in a namespace of its own, with connmanctl as its agent, and what it makes of a network.

ConnMan keeps /etc/resolv.conf, sets the clock, the name of the machine and its radios. None of this is the machine's
here: see `ISOLATED`."""

import contextlib
import itertools
import os
import re
import subprocess
import threading
import time

from network_manager import BUS
from place import ADDRESS, wait_for

NAMESPACE = "vestibule-connman"
INTERFACE = "connman0"

CONFIGURATION = """[General]
AllowHostnameUpdates=false
AllowDomainnameUpdates=false
FallbackTimeservers=
"""

# `ip netns exec` has bound the namespace's own file over /etc/resolv.conf: without it, nothing starts. /run and /var/lib
# are empty and private, so nothing on the machine's bus, nor a log, can be reached; and the capabilities to set the clock
# and to load modules are gone.
ISOLATED = """set -e
mountpoint -q "$(realpath /etc/resolv.conf)" || { echo "/etc/resolv.conf is the machine's" >&2; exit 1; }
[ ! -e /dev/rfkill ] || mount --bind /dev/null /dev/rfkill
mount -t tmpfs none /run && mount -t tmpfs none /var/lib
mkdir -p /run/connman /var/lib/connman
exec setpriv --bounding-set -sys_time,-sys_module,-sys_boot -- "$@"
"""

# What a request of the check ends with, in the daemon's log of src/wispr.c.
STATUS = re.compile(r"wispr_portal_web_result_success\(\) status: (\d+)")
REDIRECTED = re.compile(r"wispr_portal_web_result_success\(\) Redirect URL: ")
WITHOUT_REPLY = re.compile(r"wispr_portal_web_result\(\) error 0x")
# The request is over here whatever was said before: with nothing said, the check has concluded nothing.
OVER = re.compile(r"context_unref_debug\(\) .* by \S+:wispr_portal_web_result\(\)")
# After what src/wispr.c says that the check has failed.
FAILED = (400, 404, 408, "failed")
# After what it says something else, however busy the machine is.
SPEAKS = (200, 300, 301, 302, 303, 307, 308, 505, "lost")


class ConnMan:
    def __init__(self, folder, unpacked):
        """`unpacked`: where Debian's packages are, with the two programs that start it; it is not installed."""
        self.folder, self.unpacked, self.ctl = folder, unpacked, f"{unpacked}/connmanctl"
        self.environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={folder}/connman-bus"}
        with open(f"{folder}/connman-bus.conf", "w") as file:
            file.write(BUS.format(folder=folder).replace("/bus<", "/connman-bus<"))
        with open(f"{folder}/connman.conf", "w") as file:
            file.write(CONFIGURATION)
        self.bus = self.start("dbus-daemon", f"--config-file={folder}/connman-bus.conf", "--nofork", "--nopidfile")
        wait_for("ConnMan's bus", 10, lambda: os.path.exists(f"{folder}/connman-bus"))
        # What the daemon and the agent wrote, and the page that the agent was asked to open last.
        self.lines, self.told, self.page = [], [], ""
        self.version = subprocess.run(
            [f"{unpacked}/connmand", "--version"], capture_output=True, text=True
        ).stdout.strip()
        self.begin()

    def begin(self):
        """Starts the daemon and its agent."""
        self.daemon = self.start(
            "ip", "netns", "exec", NAMESPACE, "unshare", "--uts", "sh", "-c", ISOLATED, "-",
            f"{self.unpacked}/connmand", "--nodaemon", f"--config={self.folder}/connman.conf",
            f"--device={INTERFACE}", "--debug=*wispr.c", lines=self.lines,
        )
        wait_for("ConnMan", 10, lambda: "State" in self.run("state"))
        # connmanctl is an agent for as long as it is not told to leave.
        asked = len(self.told)
        self.agent = self.start(self.ctl, lines=self.told, stdin=subprocess.PIPE)
        self.tell("agent on")
        wait_for("ConnMan's agent", 10, lambda: any("Agent registered" in line for line in self.told[asked:]))
        self.service = wait_for("ConnMan's wired network", 10, self.wired)

    def start(self, *command, lines=None, **options):
        output = subprocess.DEVNULL if lines is None else subprocess.PIPE
        program = subprocess.Popen(
            command, env=self.environment, stdout=output, stderr=subprocess.STDOUT, text=True, bufsize=1, **options
        )
        if lines is not None:
            threading.Thread(target=lambda: lines.extend(iter(program.stdout.readline, "")), daemon=True).start()
        return program

    def tell(self, line):
        self.agent.stdin.write(line + "\n")
        self.agent.stdin.flush()

    def run(self, *command):
        done = subprocess.run(
            [self.ctl, *command], env=self.environment, capture_output=True, text=True, timeout=30
        )
        return done.stdout + done.stderr

    def wired(self):
        found = re.search(r"ethernet_\w+_cable", self.run("services"))
        return found and found.group()

    def field(self, name, said):
        found = re.search(rf"^  {name} = \[ (.*) \]$", said, re.MULTILINE)
        return found.group(1).strip() if found else ""

    def joins_by_dhcp(self):
        """Takes an address from the portal, as it does by itself; returns what it was given, and what it decided."""
        said = wait_for("ConnMan's lease", 20, self.lent)
        ipv4 = dict(one.strip().split("=", 1) for one in self.field("IPv4", said).split(",") if "=" in one)
        lent = ipv4.get("Address", ""), ipv4.get("Gateway"), self.field("Nameservers", said).strip(", ")
        # Its first check may have come before its agent was there.
        self.run("disconnect", self.service)
        return *lent, self.decides()

    def lent(self):
        said = self.run("services", self.service)
        return said if re.search(r"IPv4 = \[.*Method=dhcp.*Gateway=", said) else None

    def has_an_address(self):
        """From here on without DHCP: the stand-ins have none."""
        self.run("config", self.service, "ipv4", "manual", "10.42.0.8", "255.255.255.0", ADDRESS)
        self.run("config", self.service, "nameservers", ADDRESS)
        self.run("config", self.service, "ipv6", "off")
        self.run("disconnect", self.service)

    def decides(self):
        """Joins, and says what it decided of the network; leaves it again, or it would ask again soon. A portal may
        have ended it: then it begins anew with the next one."""
        if self.daemon.poll() is not None:
            self.agent.terminate()
            self.begin()
            self.has_an_address()
        logged, asked, self.page = len(self.lines), len(self.told), ""
        self.run("connect", self.service)
        try:
            return self.concluded(logged, asked)
        finally:
            self.run("disconnect", self.service)

    def concluded(self, logged, asked):
        try:
            status = wait_for("ConnMan's check", 20, lambda: self.last_status(logged))
        except RuntimeError:
            return "inconclusive"
        if status in ("none", "ended"):
            return "inconclusive"
        if status in FAILED:
            return "no-internet"
        # The agent is asked, or the state is another one, at once or not at all.
        with contextlib.suppress(RuntimeError):
            return wait_for("what comes of it", 5 if status in SPEAKS else 0.5, lambda: self.said(asked))
        return "inconclusive"

    def last_status(self, logged):
        """The status that the check ended with: a number, "lost" for a reply without one, "failed" for none, "none"
        where it ended without a word, "ended" if the daemon did. One that redirected does not end it."""
        last, follows = "none", False
        for line in self.lines[logged:]:
            if status := STATUS.search(line):
                last, follows = int(status.group(1)) or "lost", False
            elif REDIRECTED.search(line):
                follows = True
            elif WITHOUT_REPLY.search(line):
                last, follows = "failed", False
            elif OVER.search(line) and not follows:
                return last
        return "ended" if self.daemon.poll() is not None else None

    def said(self, asked):
        # The page is on the line after it.
        for line, page in itertools.pairwise(self.told[asked:]):
            if "RequestBrowser" in line:
                self.page = page.strip()
                self.tell("no")
                return "portal"
        return "online" if "State = online" in self.run("state") else None

    def stop(self):
        for program in (self.agent, self.daemon, self.bus):
            program.terminate()
            program.wait(10)
