"""Plays the cases of fixtures/agreement in the portal's namespace, to each client its own: names and port 80 of an
address for each. Lines on standard input say which: `PLAYER FILE ID`; a line on standard output says that it is so.
Arguments: the address of the resolver, then PLAYER=ADDRESS for each."""

import json
import pathlib
import socket
import struct
import sys
import threading
import time

AGREEMENT = pathlib.Path(__file__).parent / "../../fixtures/agreement"
# The portal's address in the files.
PORTAL = "192.168.4.1"
# How long a connection that stays open does so.
OPEN = 40


class Player:
    """What one client meets now."""

    def __init__(self, address):
        self.address, self.case, self.listener, self.asked = address, {}, None, 0

    def play(self, case):
        if self.listener:
            # A close alone would leave the thread in accept().
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
        self.case, self.asked, self.listener = case, 0, None
        if case["then"] == "refused":
            return
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((self.address, 80))
        self.listener.listen(16)
        threading.Thread(target=self.accept, args=(self.listener, case), daemon=True).start()

    @staticmethod
    def accept(listener, case):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection, case), daemon=True).start()

    def answer(self, kind):
        """The response code and the addresses for a question, or None for silence."""
        if kind != 1:
            way = self.case.get("other_types", "empty")
        else:
            names = self.case.get("names", ["portal"])
            way = names[min(self.asked, len(names) - 1)]
            self.asked += 1
        if way == "silent":
            return None
        code = {"nxdomain": 3, "servfail": 2, "refused": 5}.get(way, 0)
        named = self.case.get("addresses", [PORTAL])
        own = [self.address if address == PORTAL else address for address in named]
        return code, own if way == "portal" and kind == 1 else []


def serve(connection, case):
    try:
        connection.settimeout(OPEN)
        request = b""
        while b"\r\n\r\n" not in request:
            piece = connection.recv(4096)
            if not piece:
                return
            request += piece
        time.sleep(OPEN if case["then"] == "silent" else case.get("delay", 0))
        connection.sendall(bytes.fromhex(case["reply_hex"]) if "reply_hex" in case else case.get("reply", "").encode())
        if case["then"] == "open":
            time.sleep(OPEN)
        elif case["then"] == "rst":
            time.sleep(0.05)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            connection.shutdown(socket.SHUT_WR)
            # Until the client has read it; a close at once would reset.
            connection.recv(1)
    except OSError:
        # The client has gone.
        pass
    finally:
        connection.close()


def resolve(sock, players):
    """Each client asks names of its own."""
    while True:
        question, client = sock.recvfrom(1500)
        end = question.index(b"\0", 12)
        name, (kind,) = question[12:end], struct.unpack(">H", question[end + 1:end + 3])
        known = [player for player in players if player.encode() in name]
        answer = players[known[0] if known else next(iter(players))].answer(kind)
        if answer is None:
            continue
        code, addresses = answer
        records = b"".join(
            b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 0, 4) + socket.inet_aton(address) for address in addresses
        )
        head = struct.pack(">HHHHH", 0x8180 | code, 1, len(addresses), 0, 0)
        sock.sendto(question[:2] + head + question[12:end + 5] + records, client)


def main():
    resolver, *given = sys.argv[1:]
    players = {name: Player(address) for name, address in (one.split("=") for one in given)}
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((resolver, 53))
    threading.Thread(target=resolve, args=(sock, players), daemon=True).start()
    files = {}
    print("plays", flush=True)
    for line in sys.stdin:
        player, file, case = line.split()
        if file not in files:
            files[file] = {one["id"]: one for one in json.loads((AGREEMENT / file).read_text())["cases"]}
        players[player].play(files[file][case])
        print(f"plays {player} {case}", flush=True)


main()
