"""comitup's web service and its DNS and DHCP, with a stand-in for its D-Bus service. The argument is where Debian's
package was unpacked."""

import os
import subprocess
import sys
import types
from pathlib import Path

from page import told

unpacked = Path(sys.argv[1])
share = unpacked / "usr/share/comitup"
sys.path[:0] = [str(share)]


def connect(ssid, password):
    """As its daemon does in its mode for one radio: the web service ends and the access point goes away."""
    told(ssid, bytes(password).decode())
    subprocess.run(["ip", "link", "set", os.environ["FOREIGN_LINK"], "down"], check=True)
    os.kill(web, 15)


METHODS = {
    "get_info": lambda: {"version": "1.38", "apname": "comitup-1", "hostnames": ["comitup-1.local"], "imode": "single"},
    "state": lambda: ["HOTSPOT", "comitup-1"],
    "access_points": lambda: [
        {"ssid": "Home", "strength": "88", "security": "encrypted"},
        {"ssid": "Neighbour", "strength": "41", "security": "encrypted"},
    ],
    "connect": connect,
}
service = types.SimpleNamespace(get_dbus_method=lambda name, interface: METHODS[name])
dbus = types.ModuleType("dbus")
dbus.SystemBus = lambda: types.SimpleNamespace(get_object=lambda name, path: service)
dbus.exceptions = types.SimpleNamespace(DBusException=Exception)
sys.modules["dbus"] = dbus

from web import comitupweb  # noqa: E402 (its folder is known only now)

# Where its files are, unpacked and not installed.
comitupweb.TEMPLATE_PATH = str(share / "web/templates")
comitupweb.LOG_PATH = os.path.join(os.environ["FOREIGN_OUT"], "comitup-web.log")
web = os.getpid()
# Its configuration names folders that only an installed one has: these are this mount namespace's own.
for folder in ("/var/lib", "/run"):
    subprocess.run(["mount", "-t", "tmpfs", "none", folder], check=True)
os.mkdir("/var/lib/comitup")
subprocess.run(
    ["dnsmasq", f"--conf-file={share / 'dns/dns-hotspot.conf'}", f"--interface={os.environ['FOREIGN_LINK']}"], check=True
)
comitupweb.main()
