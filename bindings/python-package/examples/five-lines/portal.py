"""A captive portal in forty lines, in place of yours: every name is this machine, and every page but its own leads there."""

import http.server
import socketserver
import struct
import threading

ADDRESS, HTTP_PORT, DNS_PORT = "127.0.0.1", 8080, 15353
PAGE = b"<!doctype html><title>Lamp</title><form method=post><input name=ssid><input name=passphrase type=password><button>Join</button></form>"


class Names(socketserver.BaseRequestHandler):
    def handle(self):
        message, reply = self.request
        end = message.index(b"\0", 12) + 5
        kind = struct.unpack(">H", message[end - 4 : end - 2])[0]
        # An address for who asks for one of IPv4, nothing for who asks for anything else.
        answer = b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4" + bytes(map(int, ADDRESS.split("."))) if kind == 1 else b""
        head = message[:2] + b"\x84\0\0\1" + (b"\0\1" if answer else b"\0\0") + b"\0\0\0\0"
        reply.sendto(head + message[12:end] + answer, self.client_address)


class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.headers.get("Host", "").split(":")[0] == ADDRESS and self.path == "/":
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(PAGE)))
            self.end_headers()
            self.wfile.write(PAGE)
        else:
            self.send_response(302)
            self.send_header("Location", f"http://{ADDRESS}/")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, *_):
        pass


socketserver.ThreadingUDPServer.allow_reuse_address = True
threading.Thread(target=socketserver.ThreadingUDPServer((ADDRESS, DNS_PORT), Names).serve_forever, daemon=True).start()
http.server.ThreadingHTTPServer((ADDRESS, HTTP_PORT), Pages).serve_forever()
