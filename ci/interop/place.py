"""The portals that real clients meet: started in the portal's namespace, one after the other at the same
address. This program itself runs in the client's namespace."""

import contextlib
import subprocess
import threading
import time

ADDRESS = "10.42.0.1"
HOME = "10.42.0.3"
INTERFACE = "client0"
NAMESPACE = "vestibule-portal"


def in_portal(*command, **options):
    return subprocess.Popen(["ip", "netns", "exec", NAMESPACE, *command], **options)


@contextlib.contextmanager
def running(*command, until):
    """A program in the portal's namespace, from when a line that it prints has `until` in it."""
    program = in_portal(*command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1)
    lines, is_up = [], threading.Event()

    def read():
        for line in program.stdout:
            lines.append(line.rstrip())
            if until in line:
                is_up.set()

    threading.Thread(target=read, daemon=True).start()
    try:
        if not is_up.wait(20):
            raise RuntimeError(f"{command[0]} {command[1]} is not up after 20 s: {lines}")
        yield lines
    finally:
        program.terminate()
        program.wait(10)


def device(vestibule):
    """The portal itself, on the namespace's interface: DHCP, DNS on 53, HTTP on 80, and once it has
    joined its name by mDNS."""
    return running(
        vestibule, "serve", "--address", ADDRESS, "--dhcp", "portal0", "--home", HOME,
        until="its access point is up",
    )


def stand_in(vestibule, profile):
    """Another portal, as a profile describes it."""
    return running(
        vestibule, "stand-in", str(profile), "--address", ADDRESS, "--dns-port", "53", "--http-port", "80",
        "--https-port", "443", until="vestibule check",
    )


def wait_for(what, seconds, attempt):
    """What `attempt` returns once that is something."""
    until = time.monotonic() + seconds
    while True:
        found = attempt()
        if found:
            return found
        if time.monotonic() > until:
            raise RuntimeError(f"{what}: not after {seconds} s")
        time.sleep(0.05)
