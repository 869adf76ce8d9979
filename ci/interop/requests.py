"""Prints each request that comes to port 80 of an interface: a line of JSON with its URL and its user agent. It sees
what arrives, whoever answers."""

import json
import socket
import sys

IPV4, TCP, PORT = 0x0800, 6, 80


def request(frame):
    """The first bytes of a segment to the port, if it begins a request."""
    packet = frame[14:]
    if packet[9] != TCP:
        return None
    segment = packet[(packet[0] & 15) * 4 : int.from_bytes(packet[2:4], "big")]
    if int.from_bytes(segment[2:4], "big") != PORT:
        return None
    payload = segment[(segment[12] >> 4) * 4 :]
    return payload if payload.startswith((b"GET ", b"POST ", b"HEAD ")) else None


def main():
    taken = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(IPV4))
    taken.bind((sys.argv[1], 0))
    print("listens", flush=True)
    while True:
        payload = request(taken.recv(65536))
        if payload is None:
            continue
        line, *headers = payload.split(b"\r\n\r\n")[0].decode(errors="replace").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (header.partition(":") for header in headers)}
        url = f"http://{fields.get('host', '')}{line.split(' ')[1]}"
        print(json.dumps({"url": url, "agent": fields.get("user-agent", "")}), flush=True)


main()
