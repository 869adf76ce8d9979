"""A device with ordinary sockets at its real address, dnsmasq for DHCP and DNS and udhcpc at home, as on a small computer: runs in
the namespace that bindings/python/namespace.py makes. Of the device protocol it says what its radio is asked for."""

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ADDRESS = "192.168.4.1"
ASK = ["udhcpc", "-i", "wlan0", "-q", "-n", "-f", "-s", sys.argv[1]]
DNSMASQ = ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--interface=ap0"]
DNSMASQ += ["--bind-interfaces", "--user=root", "--dhcp-leasefile=leases", "--pid-file=", "--dhcp-range=192.168.4.10,192.168.4.50,1h"]
DNSMASQ += ["--address=/#/" + ADDRESS]

address, port = os.environ["VESTIBULE_CONTROL"].rsplit(":", 1)
control = socket.create_connection((address, int(port)))
lines = control.makefile("r")
joined = None


def say(line):
    control.sendall((line + "\n").encode())


def join(ssid, password):
    global joined
    name = ssid.encode().hex()
    say("join 1 %s %s" % (name, password.encode().hex() or "-"))
    for line in lines:
        what = line.split()[0]
        if what in ("join-failed", "join-aborted"):
            return
        if what == "associated":
            break
    said = subprocess.run(ASK, capture_output=True, text=True, check=True).stdout
    own = said.split("address=")[1].split()[0]
    say("event joined %s %s 24 192.168.1.1" % (name, own))
    with open("wifi.new", "w") as file:
        file.write(ssid + "\n" + password)
    os.replace("wifi.new", "wifi")
    joined = (ssid, own)


class Portal(BaseHTTPRequestHandler):
    def page(self, title, body):
        page = "<!DOCTYPE html><meta charset=utf-8><meta name=viewport content='width=device-width'><title>%s</title>%s"
        page = (page % (title, body)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def redirect(self, status, path):
        self.send_response(status)
        self.send_header("Location", "http://%s%s" % (ADDRESS, path))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self):
        if self.headers.get("Host") != ADDRESS:
            self.redirect(302, "/")
        elif self.path == "/result" and joined:
            self.page("Connected", "<p>The lamp is on %s now, at <a href='http://%s/'>%s</a>." % (joined[0], joined[1], joined[1]))
        elif self.path == "/result":
            self.page("Connecting", "<meta http-equiv=refresh content=2><p>Connecting …")
        else:
            fields = "<label>Network <input name=ssid></label><label>Password <input type=password name=password></label>"
            self.page("Lamp", "<form method=post action=/connect>%s<button>Connect</button></form>" % fields)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = urllib.parse.parse_qs(body)
        threading.Thread(target=join, args=(form["ssid"][0], form["password"][0])).start()
        self.redirect(303, "/result")

    def log_message(self, *arguments):
        pass


if os.path.exists("wifi"):
    with open("wifi") as file:
        join(*file.read().split("\n"))
    while True:
        time.sleep(1)
subprocess.Popen(DNSMASQ)
ThreadingHTTPServer((ADDRESS, 80), Portal).serve_forever()
