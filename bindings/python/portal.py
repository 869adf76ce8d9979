"""A small captive portal as one writes it for MicroPython, to see a device of one's own in a scenario:

    PYTHONPATH=bindings/python vestibule run fixtures/devices/first-join.toml --device 'python3 bindings/python/portal.py'

It runs under CPython and, as it is, under MicroPython. It stores the network in a file, and anew after each join, with how
often it has joined. With the argument `in-place` it writes over the file that it has, as many do: a power cut in the
middle loses the network.
"""

import json
import os
import select
import socket
import sys
import time

import network

NAME = "Lamp-4F2A"
ADDRESS = "192.168.4.1"
FILE = "wifi.json"
# A chip erases a sector of its flash before it writes one: that takes up to so many seconds.
ERASE_TIME = 0.3
IN_PLACE = "in-place" in sys.argv[1:]

PAGE = "<!DOCTYPE html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'><title>%s</title>%s"
FORM = """<h1>Set up the lamp</h1>%s<form method=post action=/connect><p><label>Network
<input name=ssid list=networks required></label><datalist id=networks>%s</datalist>
<p><label>Password <input type=password name=password></label><p><button>Connect</button></form>"""


def load():
    try:
        with open(FILE) as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def store(stored):
    text = json.dumps(stored)
    place = FILE if IN_PLACE else FILE + ".new"
    with open(place, "w") as file:
        time.sleep(ERASE_TIME)
        file.write(text)
    if not IN_PLACE:
        # The old file is whole until this moment, and the new one from then on.
        os.rename(place, FILE)


def forget():
    try:
        os.remove(FILE)
    except OSError:
        pass  # there is none


def join(station, stored):
    """Joins a network and stores it; whether that worked."""
    station.connect(stored["ssid"], stored["password"])
    while station.status() == network.STAT_CONNECTING:
        time.sleep(0.05)
    if not station.isconnected():
        return False
    store(dict(stored, joins=stored.get("joins", 0) + 1))
    return True


def dns_answer(question):
    """An A record with the portal's address, for every name."""
    end = 12
    while end < len(question) and question[end]:
        end += question[end] + 1
    asked = question[12 : end + 5]
    if len(asked) < 5 or asked[-4:] != b"\x00\x01\x00\x01":
        return question[:2] + b"\x81\x80\x00\x01" + bytes(6) + asked
    answer = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x0a\x00\x04" + bytes(int(byte) for byte in ADDRESS.split("."))
    return question[:2] + b"\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00" + asked + answer


def text(name):
    """A network's name, whose bytes need not be text."""
    try:
        return name.decode()
    except UnicodeError:
        return ""


def escaped(text):
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
        text = text.replace(sign, entity)
    return text


def decoded(value):
    """A field of a form, as it was typed."""
    first, *pieces = value.replace("+", " ").encode().split(b"%")
    return b"".join([first] + [bytes([int(piece[:2], 16)]) + piece[2:] for piece in pieces]).decode()


def read_request(client):
    """The method, host, path and form of a request; None where it is none."""
    client.settimeout(2)
    data = b""
    while b"\r\n\r\n" not in data:
        more = client.recv(1024)
        if not more or len(data) > 8192:
            return None
        data += more
    head, body = data.split(b"\r\n\r\n", 1)
    lines = head.decode().split("\r\n")
    fields = {line.split(":", 1)[0].strip().lower(): line.split(":", 1)[1].strip() for line in lines[1:] if ":" in line}
    while len(body) < int(fields.get("content-length", "0")):
        more = client.recv(1024)
        if not more:
            return None
        body += more
    method, path = lines[0].split(" ")[:2]
    pairs = [pair.split("=", 1) for pair in body.decode().split("&") if "=" in pair]
    form = {name: decoded(value) for name, value in pairs}
    return method, fields.get("host", ""), path, form


def reply(client, status, body, location=None):
    body = body.encode()
    head = "HTTP/1.1 %s\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n" % (status, len(body))
    head += "Cache-Control: no-store\r\nConnection: close\r\n"
    if location:
        head += "Location: %s\r\n" % location
    client.sendall(head.encode() + b"\r\n" + body)


class Portal:
    def __init__(self, station):
        self.station = station
        self.wanted = None
        self.result = None
        self.closes_at = None
        access_point = network.WLAN(network.AP_IF)
        access_point.config(essid=NAME)
        self.networks = sorted({text(entry[0]) for entry in station.scan() if entry[0]})
        access_point.active(True)
        self.http = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.http.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.http.bind(("", 80))
        self.http.listen(5)
        self.dns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.dns.bind(("", 53))
        self.access_point = access_point
        self.asked = select.poll()
        self.asked.register(self.http, select.POLLIN)
        self.asked.register(self.dns, select.POLLIN)

    def serve(self):
        while self.closes_at is None or time.time() < self.closes_at:
            # CPython says which by number, MicroPython by socket.
            ready = [socket for socket, _ in self.asked.poll(100)]
            if self.dns in ready or self.dns.fileno() in ready:
                question, sender = self.dns.recvfrom(512)
                self.dns.sendto(dns_answer(question), sender)
            if self.http in ready or self.http.fileno() in ready:
                client, _ = self.http.accept()
                try:
                    request = read_request(client)
                    if request:
                        self.answer(client, *request)
                except (OSError, ValueError):
                    pass
                client.close()
            if self.wanted:
                wanted, self.wanted = self.wanted, None
                self.result = join(self.station, wanted)
        self.access_point.active(False)

    def answer(self, client, method, host, path, form):
        if host.split(":")[0] != ADDRESS:
            return reply(client, "302 Found", "", "http://%s/" % ADDRESS)
        if method == "POST" and path == "/connect" and form.get("ssid"):
            self.wanted = {"ssid": form["ssid"], "password": form.get("password", "")}
            self.ssid, self.result = form["ssid"], None
            return reply(client, "303 See Other", "", "http://%s/result" % ADDRESS)
        if path == "/result" and self.result:
            address = self.station.ifconfig()[0]
            words = "<p>The lamp is on %s now, at <a href='http://%s/'>%s</a>." % (escaped(self.ssid), address, address)
            self.closes_at = self.closes_at or time.time() + 2
            return reply(client, "200 OK", PAGE % ("Connected", words))
        if path == "/result" and self.result is None:
            return reply(client, "200 OK", PAGE % ("Connecting", "<meta http-equiv=refresh content=2><p>Connecting …"))
        options = "".join("<option>%s</option>" % escaped(name) for name in self.networks)
        alert = "<p role=alert>The password is wrong.</p>" if self.result is False else ""
        self.result = None
        return reply(client, "200 OK", PAGE % ("Lamp", FORM % (alert, options)))


def main():
    network.factory_reset_handlers.append(forget)
    station = network.WLAN(network.STA_IF)
    station.active(True)
    stored = load()
    while not (stored and join(station, stored)):
        if not stored:
            Portal(station).serve()
            break
        time.sleep(2)
    while True:
        time.sleep(1)


main()
