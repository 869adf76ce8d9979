# What a chip gives MicroPython as `network`: a radio that finds two networks and joins with the right passphrase only.
# It says what it was told, in a line that the runner compares with what was typed.
import os
import time

from page import told

STA_IF, AP_IF = 0, 1
AUTH_OPEN, AUTH_WPA2_PSK = 0, 3
STAT_IDLE, STAT_CONNECTING, STAT_GOT_IP = 0, 1, 3
STAT_WRONG_PASSWORD, STAT_NO_AP_FOUND, STAT_CONNECT_FAIL = -3, -2, -1
JOINS_AFTER = 1000
NETWORKS = [(b"Home", b"\x02\x00\x00\x00\x00\x01", 6, -48, 3, 0), (b"Neighbour", b"\x02\x00\x00\x00\x00\x02", 1, -77, 3, 0)]


class WLAN:
    PM_NONE = 0
    _joins_at = None

    def __init__(self, interface=STA_IF):
        self._interface = interface

    def active(self, is_active=None):
        return True

    def config(self, *names, **settings):
        return "Home" if names == ("essid",) else None

    def ifconfig(self, settings=None):
        address = "192.168.1.23" if self._interface == STA_IF else "192.168.4.1"
        return (address, "255.255.255.0", address, address)

    def scan(self):
        return NETWORKS

    def connect(self, ssid=None, password=None, **_):
        told(ssid, password)
        if ssid == "Home" and password == os.getenv("FOREIGN_PASSPHRASE"):
            WLAN._joins_at = time.ticks_add(time.ticks_ms(), JOINS_AFTER)

    def disconnect(self):
        WLAN._joins_at = None

    def isconnected(self):
        return WLAN._joins_at is not None and time.ticks_diff(time.ticks_ms(), WLAN._joins_at) >= 0

    def status(self, what=None):
        return STAT_GOT_IP if self.isconnected() else STAT_IDLE
