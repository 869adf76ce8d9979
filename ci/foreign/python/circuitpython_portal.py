"""A portal of adafruit-circuitpython-httpserver on CPython, with names of its own: CircuitPython has no DNS server."""

import socket
import threading

from adafruit_httpserver import FOUND_302, GET, POST, Redirect, Request, Response, Server

from page import PAGE, PORTAL, result, told


def answer_names():
    """Every question for an address with the portal's."""
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.bind(("0.0.0.0", 53))
    while True:
        question, client = names.recvfrom(512)
        end = question.index(0, 12) + 5
        is_address = question[end - 4 : end - 2] == b"\0\1"
        head = question[:2] + b"\x85\x80\0\1" + (b"\0\1" if is_address else b"\0\0") + b"\0\0\0\0"
        record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + bytes([192, 168, 4, 1])
        names.sendto(head + question[12:end] + (record if is_address else b""), client)


server = Server(socket, debug=False)


@server.route("/", GET)
def root(request: Request):
    return Response(request, PAGE, content_type="text/html")


@server.route("/save", POST)
def save(request: Request):
    ssid, password = request.form_data.get("ssid"), request.form_data.get("password")
    told(ssid, password)
    return Response(request, result(ssid), content_type="text/html")


@server.route("/....", GET)
def elsewhere(request: Request):
    return Redirect(request, PORTAL, status=FOUND_302)


threading.Thread(target=answer_names, daemon=True).start()
server.serve_forever("0.0.0.0", 80)
