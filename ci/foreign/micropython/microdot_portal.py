# A portal of microdot with micropython-captive-dns-server and micropython-captive-dhcp-server, on MicroPython.
import asyncio
import socket

from microdot import Microdot, redirect
from micropython_captive_dhcp_server import server as dhcp
from micropython_captive_dns_server import server as dns

from page import PAGE, PORTAL, result, told

# They name a board's socket module, which is another one here.
dhcp.socket = dns.socket = socket
app = Microdot()
HTML = {"Content-Type": "text/html"}


@app.get("/")
async def root(request):
    return PAGE, HTML


@app.post("/save")
async def save(request):
    told(request.form["ssid"], request.form["password"])
    return result(request.form["ssid"]), HTML


@app.get("/<path:path>")
async def elsewhere(request, path):
    return redirect(PORTAL)


async def main():
    asyncio.create_task(dns.CaptiveDNSServer().run("192.168.4.1"))
    asyncio.create_task(dhcp.CaptiveDhcpServer().run("192.168.4.1", "255.255.255.0"))
    await app.start_server(host="0.0.0.0", port=80)


asyncio.run(main())
