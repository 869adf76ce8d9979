"""A device's radio for a Python program, by Vestibule's device protocol: a stand-in for MicroPython's `network`.

Put this file where the program finds it (PYTHONPATH), and run the program by `vestibule run SCENARIO --device
'python3 program.py'`. The program has `network.WLAN` as on a chip, and ordinary sockets: a socket that is bound to a
port of the device (80, 53) listens at a free port of 127.0.0.1 instead, and the world's phones reach it there. Its
present folder is the device's file system, which survives power cuts. `docs/device-protocol.md` says what passes.

It runs under CPython 3.8 or newer, and under MicroPython's unix port with the folder micropython beside it in its path;
there the radio goes on while the program asks it something. It shares no code with the simulator.
"""

import os
import select
import socket
import sys
import threading
import time

VERSION = 9

STA_IF, AP_IF = 0, 1
AUTH_OPEN, AUTH_WPA2_PSK, AUTH_WPA_WPA2_PSK, AUTH_WPA3_PSK, AUTH_WPA2_WPA3_PSK = 0, 3, 4, 6, 7
STAT_IDLE, STAT_CONNECTING, STAT_GOT_IP = 1000, 1001, 1010
STAT_NO_AP_FOUND, STAT_WRONG_PASSWORD, STAT_CONNECT_FAIL = 201, 202, 203
PM_NONE, PM_PERFORMANCE, PM_POWERSAVE = 0, 1, 2

_SECURITY = {"Open": 0, "Wpa2": 3, "Wpa3": 6, "Wpa2Wpa3": 7, "Enterprise": 5}
_FAILURES = {"NotFound": STAT_NO_AP_FOUND, "WrongPassphrase": STAT_WRONG_PASSWORD}
# Reason codes of ESP-IDF for a passphrase that the router did not accept, and for a network that was not heard.
_WRONG, _NOT_FOUND = {"2", "15", "204"}, {"201", "210", "211", "212"}


def _hex(value):
    data = value.encode() if isinstance(value, str) else bytes(value or b"")
    return data.hex() or "-"


def _unhex(word):
    return b"" if word == "-" else bytes.fromhex(word)


class _Host:
    """The control channel: what it says is read whenever something of the radio is asked, and in the background too."""

    def __init__(self):
        where = os.getenv("VESTIBULE_CONTROL")
        if not where:
            raise OSError("VESTIBULE_CONTROL is not set: this program is a device of `vestibule run --device`")
        address, port = where.rsplit(":", 1)
        os.chdir(os.getenv("VESTIBULE_FOLDER"))
        self.control = _plain_socket(socket.AF_INET, socket.SOCK_STREAM)
        self.control.connect((address, int(port)))
        self.readable = select.poll()
        self.readable.register(self.control, select.POLLIN)
        self.lock = threading.RLock()
        self.buffer, self.welcome = b"", None
        self.attempt, self.status, self.link = 0, STAT_IDLE, None
        self.reconnects, self.rejoins_at = False, None
        self.is_up, self.answers_up, self.found, self.is_scanned = False, 0, [], False
        self.say("ready %d sockets" % VERSION)
        self.wait(lambda: self.welcome)
        if self.welcome != ["welcome", str(VERSION)]:
            raise OSError("the host speaks another version of the device protocol than %d" % VERSION)
        threading.Thread(target=self.wait, args=[lambda: False], daemon=True).start()

    def say(self, line):
        self.control.sendall((line + "\n").encode())

    def pump(self):
        """Takes what the host has said, and joins again when it is time to."""
        with self.lock:
            while self.readable.poll(0):
                more = self.control.recv(4096)
                if not more:
                    # Without its host the device has no power.
                    getattr(os, "_exit", sys.exit)(0)
                *lines, self.buffer = (self.buffer + more).split(b"\n")
                for line in lines:
                    self.handle(line.decode().split())
            if self.rejoins_at is not None and time.time() >= self.rejoins_at:
                self.join(*self.joins)
                self.reconnects = True

    def wait(self, is_done):
        self.pump()
        while not is_done():
            time.sleep(0.02)
            self.pump()

    def handle(self, words):
        what, rest = words[0], words[1:]
        if self.welcome is None:
            self.welcome = words
        elif what == "network-found":
            self.found.append(rest)
        elif what == "scan-finished":
            self.is_scanned = True
        elif what in ("access-point-up", "access-point-down"):
            self.is_up = what == "access-point-up"
            self.answers_up += 1
        elif what == "factory-reset":
            for handler in factory_reset_handlers:
                handler()
        elif what in ("joined", "join-failed", "join-aborted", "disconnected") and rest[0] == str(self.attempt):
            # A network that was joined and is gone is joined again and again, as chips do by default.
            self.reconnects = what != "joined" and (self.reconnects or self.link is not None)
            self.rejoins_at = time.time() + 1 if self.reconnects else None
            self.link = None
            if what == "joined":
                self.link, self.status = rest[1:4], STAT_GOT_IP
            elif what == "join-failed":
                self.status = _FAILURES.get(rest[1], STAT_CONNECT_FAIL)
            elif what == "join-aborted":
                wrong, not_found = rest[1] in _WRONG, rest[1] in _NOT_FOUND
                self.status = STAT_WRONG_PASSWORD if wrong else STAT_NO_AP_FOUND if not_found else STAT_CONNECT_FAIL
            else:
                self.status = STAT_IDLE

    def scan(self):
        self.found, self.is_scanned = [], False
        self.say("scan")
        self.wait(lambda: self.is_scanned)
        return [
            (_unhex(name), _unhex(bssid), int(channel), int(signal), _SECURITY[security], name == "-")
            for name, bssid, channel, signal, security in self.found
        ]

    def join(self, ssid, key):
        with self.lock:
            self.attempt += 1
            self.joins, self.reconnects, self.rejoins_at = (ssid, key), False, None
            self.link, self.status = None, STAT_CONNECTING
            self.say("join %d %s %s" % (self.attempt, _hex(ssid), _hex(key)))

    def leave(self):
        with self.lock:
            self.attempt += 1
            self.reconnects, self.rejoins_at = False, None
            self.link, self.status = None, STAT_IDLE
            self.say("leave")

    def access_point(self, line):
        answers = self.answers_up
        self.say(line)
        self.wait(lambda: self.answers_up > answers)

    def listen(self, transport, port, local_port):
        self.say("listen %s %d %d" % (transport, port, local_port))


_host = None

# What the program wants called when the device's owner has it forget everything.
factory_reset_handlers = []


def _the_host():
    global _host
    if _host is None:
        _host = _Host()
    _host.pump()
    return _host


class WLAN:
    """An interface of the radio, as MicroPython's `network.WLAN`."""

    IF_STA, IF_AP = STA_IF, AP_IF
    PM_NONE, PM_PERFORMANCE, PM_POWERSAVE = PM_NONE, PM_PERFORMANCE, PM_POWERSAVE
    _settings = {"essid": b"device", "password": b"", "channel": 6, "authmode": None, "address": "192.168.4.1"}
    _is_active = {STA_IF: False, AP_IF: False}

    def __init__(self, interface_id=STA_IF):
        self.interface = interface_id
        _the_host()

    @property
    def host(self):
        return _the_host()

    def active(self, is_active=None):
        if is_active is None:
            return self.host.is_up if self.interface == AP_IF else self._is_active[self.interface]
        was, self._is_active[self.interface] = self._is_active[self.interface], bool(is_active)
        if self.interface == AP_IF:
            if is_active and not self.host.is_up:
                self._raise()
            elif not is_active and self.host.is_up:
                self.host.access_point("drop-access-point")
        elif was and not is_active:
            self.host.leave()

    def _raise(self):
        of = self._settings
        mode = of["authmode"]
        if mode is None:
            mode = AUTH_WPA2_PSK if of["password"] else AUTH_OPEN
        word = {AUTH_OPEN: "Open", AUTH_WPA3_PSK: "Wpa3", AUTH_WPA2_WPA3_PSK: "Wpa2Wpa3"}.get(mode, "Wpa2")
        key = "-" if word == "Open" else _hex(of["password"])
        self.host.access_point(
            "raise-access-point %s %d %s %s %s" % (_hex(of["essid"]), of["channel"], of["address"], word, key)
        )

    def scan(self):
        return self.host.scan()

    def connect(self, ssid=None, key=None, *, bssid=None):
        self._is_active[STA_IF] = True
        self.host.join(ssid, key)

    def disconnect(self):
        self.host.leave()

    def isconnected(self):
        if self.interface == AP_IF:
            return self.host.is_up
        return self.host.link is not None

    def status(self, param=None):
        if param == "rssi":
            return -50
        if param == "stations":
            return []
        return self.host.status

    def ifconfig(self, config=None):
        if self.interface == AP_IF:
            if config:
                self._settings["address"] = config[0]
            address = self._settings["address"]
            return (address, "255.255.255.0", address, address)
        if not self.host.link:
            return ("0.0.0.0", "0.0.0.0", "0.0.0.0", "0.0.0.0")
        address, prefix, gateway = self.host.link
        mask = (0xFFFFFFFF << (32 - int(prefix))) & 0xFFFFFFFF
        return (address, ".".join(str(byte) for byte in mask.to_bytes(4, "big")), gateway, gateway)

    def ipconfig(self, *names, **settings):
        address, mask, gateway, dns = self.ifconfig()
        return {"addr4": (address, mask), "gw4": gateway, "dns": dns}.get(names[0]) if names else None

    def config(self, *names, **settings):
        if names:
            name = {"ssid": "essid", "key": "password", "security": "authmode"}.get(names[0], names[0])
            if name == "mac":
                word = "VESTIBULE_ACCESS_POINT_MAC" if self.interface == AP_IF else "VESTIBULE_HOME_MAC"
                return bytes.fromhex(os.getenv(word).replace(":", ""))
            value = None if name == "password" else self._settings.get(name)
            return value.decode() if isinstance(value, bytes) else value
        for name, value in settings.items():
            name = {"ssid": "essid", "key": "password", "security": "authmode"}.get(name, name)
            self._settings[name] = value.encode() if isinstance(value, str) else value
        if settings and self.interface == AP_IF and self.host.is_up:
            self._raise()


def country(code=None):
    return code


def hostname(name=None):
    return name or "device"


# Sockets: what is bound to a port of the device listens on loopback, and the host is told where.

_plain_socket = socket.socket


class _DeviceSocket(_plain_socket):
    """A socket of the device."""

    _port = None

    def bind(self, address):
        port = address[1] if isinstance(address, tuple) else 0
        # 127.0.0.1 is the program's own; a port of 0 is one that it sends from.
        if self.family != socket.AF_INET or port == 0 or address[0].startswith("127."):
            return super().bind(address)
        super().bind(("127.0.0.1", 0))
        self._port = port
        if self.type & socket.SOCK_DGRAM == socket.SOCK_DGRAM:
            _the_host().listen("udp", port, self.getsockname()[1])

    def listen(self, *backlog):
        super().listen(*backlog)
        if self._port is not None:
            _the_host().listen("tcp", self._port, self.getsockname()[1])
            self._port = None


socket.socket = _DeviceSocket
