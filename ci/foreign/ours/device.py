# What is not a portal's in a device of a scenario: it joins with what was typed, stores that in a file that it replaces as a
# whole, and joins with it again when it is switched on; until it has joined once, its access point is up.
import json
import os
import time

import network

FILE = "wifi.json"
station = network.WLAN(network.STA_IF)


def join(ssid, password):
    station.connect(ssid, password)
    while station.status() == network.STAT_CONNECTING:
        time.sleep(0.05)
    return station.isconnected()


def told(ssid, password):
    if join(ssid, password):
        with open(FILE + ".new", "w") as file:
            file.write(json.dumps([ssid, password]))
        os.rename(FILE + ".new", FILE)


def joined_at():
    return station.ifconfig()[0] if station.isconnected() else None


def power_on():
    try:
        with open(FILE) as file:
            stored = json.load(file)
    except OSError:
        access_point = network.WLAN(network.AP_IF)
        access_point.config(essid="Lamp-4F2A")
        access_point.active(True)
        return
    while not join(*stored):
        time.sleep(2)
    while True:
        # Its application.
        time.sleep(1)
        station.isconnected()


power_on()
