# The page of the portals that bring a server and no page, and the line that says what they were told. No type and no
# import that only one of CPython and MicroPython has.
from binascii import hexlify

PORTAL = "http://192.168.4.1/"
PAGE = (
    "<!doctype html><title>Set up</title><meta name=viewport content='width=device-width'><h1>Set up</h1>"
    "<form method=post action=/save><label>Network <select name=ssid><option>Home<option>Neighbour</select></label>"
    "<label>Password <input type=password name=password></label><button>Save</button></form>"
)


def result(ssid):
    return "<!doctype html><title>Set up</title><h1>Joined {}</h1><p>The device is at 192.168.1.23 there.".format(
        ssid.replace("&", "&amp;").replace("<", "&lt;")
    )


def told(ssid, password):
    print("told", hexlify(ssid.encode()).decode(), hexlify(password.encode()).decode())
