# Sockets as boards have them, on MicroPython's unix port: there an address is a tuple for bind and sendto too, and a
# broadcast is allowed by lwIP's number.
import usocket
from usocket import *

IPPROTO_UDP = 17
LWIP_BROADCAST, LINUX_BROADCAST = 0x20, 6


def _address(given):
    return getaddrinfo(*given)[0][-1] if isinstance(given, tuple) else given


class socket(usocket.socket):
    def bind(self, address):
        # A board that was switched on has no connection of before.
        super().setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        super().bind(_address(address))

    def sendto(self, data, address):
        return super().sendto(data, _address(address))

    def setsockopt(self, level, option, value):
        super().setsockopt(level, LINUX_BROADCAST if option == LWIP_BROADCAST else option, value)
