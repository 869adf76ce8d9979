# The page of the portals that bring a server and no page, and what they do with what is typed. No type and no import that
# only one of CPython and MicroPython has.
import os
from binascii import hexlify

PORTAL = "http://192.168.4.1/"
PAGE = (
    "<!doctype html><title>Set up</title><meta name=viewport content='width=device-width'><h1>Set up</h1>"
    "<form method=post action=/save><label>Network <select name=ssid><option>Home<option>Neighbour</select></label>"
    "<label>Password <input type=password name=password></label><button>Save</button></form>"
)


def result(ssid):
    ssid = ssid.replace("&", "&amp;").replace("<", "&lt;")
    address = joined_at()
    if address:
        return "<!doctype html><title>Set up</title><h1>Joined {}</h1><p>The device is at {} there.".format(ssid, address)
    return "<!doctype html><title>Set up</title><h1>Not joined</h1><p role=alert>The password is wrong.</p><p><a href=/>Again</a>"


if os.getenv("VESTIBULE_CONTROL"):
    # In a scenario: a device with a radio and with files.
    from device import joined_at, told
else:
    # In a line that the runner compares with what was typed.
    def told(ssid, password):
        print("told", hexlify(ssid.encode()).decode(), hexlify(password.encode()).decode())

    def joined_at():
        return "192.168.1.23"
