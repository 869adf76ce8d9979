"""openNDS with its rules of iptables, and dnsmasq for leases and for names, which on the internet would be others'. The
argument is where Debian's packages were unpacked."""

import os
import subprocess
import sys
from pathlib import Path

unpacked = Path(sys.argv[1])
link = os.environ["FOREIGN_LINK"]
# It knows its files, and the leases of dnsmasq, by their places. This process has a mount namespace of its own.
for folder in ("/var/lib", "/tmp", "/usr/lib/opennds", "/etc/opennds"):
    os.makedirs(folder, exist_ok=True)
for folder in ("/var/lib", "/tmp"):
    subprocess.run(["mount", "-t", "tmpfs", "none", folder], check=True)
os.mkdir("/var/lib/misc")
for folder in ("/usr/lib/opennds", "/etc/opennds"):
    subprocess.run(["mount", "--bind", f"{unpacked}{folder}", folder], check=True)
# A router that was switched on has no rules of before.
for table in ("nat", "mangle", "filter"):
    for command in ("-F", "-X"):
        subprocess.run(["iptables", "-t", table, command], check=True)
os.environ["PATH"] = f"{unpacked}/usr/bin:{os.environ['PATH']}"
os.environ["LD_LIBRARY_PATH"] = ":".join(map(str, (unpacked / "usr/lib").glob("*-linux-gnu")))
configuration = Path("opennds.conf")
given = (unpacked / "etc/opennds/opennds.conf").read_text()
configuration.write_text(f"GatewayInterface {link}\n{given}")
dnsmasq = ["dnsmasq", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", f"--interface={link}", "--user=root", "--pid-file="]
# Every name has an address of the internet's (RFC 5737), which the rules lead to openNDS.
dnsmasq += ["--dhcp-range=192.168.4.10,192.168.4.250,2h", "--address=/#/203.0.113.7"]
subprocess.run(dnsmasq, check=True)
os.execvp("opennds", ["opennds", "-f", "-d", "1", "-c", str(configuration)])
