# The flash of a chip, for a device in a scenario: before a file is written over, its sector is erased, which takes up to so
# many milliseconds.
import builtins
import time

ERASE = 300
_open = builtins.open


def opened(name, mode="r", *more):
    file = _open(name, mode, *more)
    if "w" in mode:
        time.sleep_ms(ERASE)
    return file


builtins.open = opened
