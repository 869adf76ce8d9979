# The whole portal of micro-wifi-manager, on MicroPython: DNS, page, form, and what it stores.
from microwifimanager.manager import WifiManager

WifiManager(ssid="Lamp").get_connection()
