"""Plays the cases of fixtures/agreement in the portal's namespace, to each client its own: names and port 80 of an
address for each. A client that follows redirects has an address as long as the one in the files, and the replies name
that one to it. Lines on standard input say which case: `PLAYER FILE ID`; a line on standard output says that it is so.
Arguments: the address of the resolver, then for each PLAYER=ADDRESS, and @CLIENT where that address asks no other."""

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
        self.first_request = None

    def play(self, case):
        if self.listener:
            # A close alone would leave the thread in accept().
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
        self.case, self.asked, self.listener, self.first_request = case, 0, None, None
        if case["then"] == "refused":
            return
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((self.address, 80))
        self.listener.listen(16)
        threading.Thread(target=self.accept, args=(self.listener, case), daemon=True).start()

    def accept(self, listener, case):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection, case), daemon=True).start()

    def serve(self, connection, case):
        try:
            connection.settimeout(OPEN)
            request = b""
            while b"\r\n\r\n" not in request:
                piece = connection.recv(4096)
                if not piece:
                    return
                request += piece
            led = "led_to" in case and not self.is_first(request)
            if not led:
                time.sleep(OPEN if case["then"] == "silent" else case.get("delay", 0))
            connection.sendall(self.reply(case, led))
            if case["then"] == "open" and not led:
                time.sleep(OPEN)
            elif case["then"] == "rst" and not led:
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

    def is_first(self, request):
        """Whether it is the check's own, and not the one to which a redirect led."""
        if self.first_request is None:
            self.first_request = request
        return request == self.first_request

    def reply(self, case, led):
        if led:
            reply = case["led_to"].encode()
        else:
            reply = bytes.fromhex(case["reply_hex"]) if "reply_hex" in case else case.get("reply", "").encode()
        if len(self.address) == len(PORTAL):
            reply = reply.replace(PORTAL.encode(), self.address.encode())
        return reply

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


def resolve(sock, players, clients):
    """Each client asks names of its own, or has an address of its own."""
    while True:
        question, client = sock.recvfrom(1500)
        end = question.index(b"\0", 12)
        name, (kind,) = question[12:end], struct.unpack(">H", question[end + 1:end + 3])
        known = [player for player in players if player.encode() in name]
        player = clients.get(client[0]) or (known[0] if known else next(iter(players)))
        answer = players[player].answer(kind)
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
    players, clients = {}, {}
    for name, _, addresses in (one.partition("=") for one in given):
        address, _, client = addresses.partition("@")
        players[name] = Player(address)
        if client:
            clients[client] = name
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((resolver, 53))
    threading.Thread(target=resolve, args=(sock, players, clients), daemon=True).start()
    files = {}
    print("plays", flush=True)
    for line in sys.stdin:
        player, file, case = line.split()
        if file not in files:
            files[file] = {one["id"]: one for one in json.loads((AGREEMENT / file).read_text())["cases"]}
        players[player].play(files[file][case])
        print(f"plays {player} {case}", flush=True)


main()
