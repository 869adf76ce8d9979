# The whole portal of micro-wifi-manager, on MicroPython: DNS, page, form, and what it stores.
import os
import time

if os.getenv("VESTIBULE_CONTROL"):
    import flash
from microwifimanager import manager

manager.WifiManager(ssid="Lamp-4F2A").get_connection()
while True:
    # Its application.
    time.sleep(1)
    manager.wlan_sta.isconnected()
