"""Pages over TLS with a certificate of nobody's, on an address beside the portal's. Arguments: the address,
the certificate, its key."""

import http.server
import ssl
import sys

address, certificate, key = sys.argv[1:]
server = http.server.ThreadingHTTPServer((address, 443), http.server.BaseHTTPRequestHandler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print("listens", flush=True)
server.serve_forever()
