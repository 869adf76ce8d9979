"""MicroPython's `machine` beside network.py, as far as portals use it."""

import os
import time

PWRON_RESET, HARD_RESET, SOFT_RESET = 1, 2, 5


def reset():
    from network import _the_host

    _the_host().say("restart")
    while True:
        time.sleep(60)


soft_reset = reset


def unique_id():
    return bytes.fromhex(os.getenv("VESTIBULE_HOME_MAC").replace(":", ""))


def reset_cause():
    return PWRON_RESET
