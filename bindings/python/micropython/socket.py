"""Sockets for network.py under MicroPython's unix port, as boards have them: an address is a tuple, SO_BROADCAST is lwIP's
number. Of CPython's they have what network.py asks them. No name is looked up, so nothing waits for one."""

import os
import usocket
from usocket import *

IPPROTO_UDP = 17
_LWIP_BROADCAST, _LINUX_BROADCAST = 0x20, 6
# Ports that no system gives away by itself.
_FIRST, _LAST = 20000, 32000


def getaddrinfo(host, port, *_):
    return [(AF_INET, SOCK_STREAM, 0, "", (host, port))]


def _address(given):
    return usocket.getaddrinfo(given[0] or "0.0.0.0", given[1])[0][-1] if isinstance(given, tuple) else given


def _tuple(address):
    _, host, port = sockaddr(address)[:3]
    return (inet_ntop(AF_INET, host), port)


class socket(usocket.socket):
    _name = None

    def __init__(self, family=AF_INET, type=SOCK_STREAM, proto=0):
        super().__init__(family, type, proto)
        self.family, self.type = family, type

    def bind(self, address):
        if address[1] != 0:
            # A board that was switched on has no connection of before.
            super().setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
            return super().bind(_address(address))
        # The port cannot draw a port and tell it: it is drawn here.
        while True:
            number = int.from_bytes(os.urandom(2), "big")
            self._name = (address[0], _FIRST + number % (_LAST - _FIRST))
            try:
                return super().bind(_address(self._name))
            except OSError:
                pass

    def getsockname(self):
        return self._name

    def connect(self, address):
        return super().connect(_address(address))

    def accept(self):
        client, address = super().accept()
        return client, _tuple(address)

    def recvfrom(self, length):
        data, address = super().recvfrom(length)
        return data, _tuple(address)

    def sendto(self, data, address):
        return super().sendto(data, _address(address))

    def setsockopt(self, level, option, value):
        super().setsockopt(level, _LINUX_BROADCAST if option == _LWIP_BROADCAST else option, value)
