# A portal of phew: its own server and its own DNS, on MicroPython.
from phew import dns, server

from page import PAGE, PORTAL, result, told


@server.route("/", methods=["GET"])
def root(request):
    return PAGE


@server.route("/save", methods=["POST"])
def save(request):
    told(request.form["ssid"], request.form["password"])
    return result(request.form["ssid"])


@server.catchall()
def elsewhere(request):
    return server.redirect(PORTAL, 302)


dns.run_catchall("192.168.4.1")
server.run("0.0.0.0", 80)
