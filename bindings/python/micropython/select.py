"""Waiting for the sockets of socket.py under MicroPython's unix port, which knows a socket of a class of ours by its number
only."""

import uselect
from uselect import *


def _number(given):
    return given if isinstance(given, int) else given.fileno()


class poll:
    def __init__(self):
        self._poll, self._given = uselect.poll(), {}

    def register(self, given, events=POLLIN | POLLOUT):
        self._given[_number(given)] = given
        self._poll.register(_number(given), events)

    def modify(self, given, events):
        self._poll.modify(_number(given), events)

    def unregister(self, given):
        # A socket that was closed has no number any more.
        for number in [number for number, each in self._given.items() if each is given]:
            del self._given[number]
            self._poll.unregister(number)

    def poll(self, *wait):
        return [(self._given[number], events) for number, events in self._poll.poll(*wait)]

    ipoll = poll
