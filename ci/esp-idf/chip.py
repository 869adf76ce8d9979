"""A chip of the stand-in, in its network namespace, and a phone beside it. Nothing here is Vestibule's: the phone speaks DNS, DHCP
and HTTP of its own."""

import http.client
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from pathlib import Path

DEVICE = "192.168.4.1"
HOME = "10.0.0.7"
WRONG, RIGHT = "wrong horse battery", "correct horse battery"


class Chip:
    """A program on a chip whose time runs `speed` times as fast."""

    def __init__(self, program, speed=5):
        self.program, self.speed = program, speed
        self.folder = Path(tempfile.mkdtemp(prefix="stand-in-"))
        self.process, self.reader, self.lines, self.seen = None, None, [], 0

    def start(self):
        """Gives it power."""
        environment = dict(os.environ, STAND_IN=str(self.folder), STAND_IN_SPEED=str(self.speed))
        self.process = subprocess.Popen(
            [*shlex.split(os.environ["CHIP"]), self.program],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", env=environment,
        )
        self.lines, self.seen = [], 0
        self.reader = threading.Thread(target=self.read, args=(self.process,), daemon=True)
        self.reader.start()

    def read(self, process):
        for line in process.stdout:
            self.lines.append(line.rstrip())

    def waits_for(self, pattern, seconds=30):
        """Until it says so, after what was waited for before."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            while self.seen < len(self.lines):
                line = self.lines[self.seen]
                self.seen += 1
                if found := re.search(pattern, line):
                    return found
            if self.process.poll() is not None:
                self.fails(f"it has ended with {self.process.returncode} before it said {pattern!r}")
            time.sleep(0.02)
        self.fails(f"it did not say {pattern!r} within {seconds} s")

    def stop(self):
        """Takes its power; what a sanitizer has found fails the test."""
        if self.process is None:
            return
        if self.process.poll() is None:
            # nsenter has become the program: it is the one that is told.
            self.process.terminate()
        code = self.process.wait(30)
        self.process = None
        check(code == 0, f"it ended with {code}", self)

    def tell(self, name):
        (self.folder / name).touch()

    def tell_no_more(self, name):
        (self.folder / name).unlink()

    def flash(self):
        return (self.folder / "flash").read_bytes()

    def forget(self):
        """A test is over."""
        self.stop()
        shutil.rmtree(self.folder)

    def fails(self, why):
        print("\n".join(self.lines[-60:]), file=sys.stderr)
        sys.exit(f"FAILED: {why}")


def check(holds, what, chip=None):
    if holds:
        return
    if chip:
        chip.fails(what)
    sys.exit(f"FAILED: {what}")


class Answer:
    def __init__(self, response):
        self.status, self.location = response.status, response.getheader("Location")
        self.text = response.read().decode()


def ask(method, path, host=DEVICE, address=DEVICE, form=None, interface=None):
    """A request of a phone on a connection of its own."""
    connection = http.client.HTTPConnection(address, 80, timeout=15)
    if interface:
        connection.sock = socket.socket()
        connection.sock.settimeout(3)
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        connection.sock.connect((address, 80))
    body = None if form is None else urllib.parse.urlencode(form)
    headers = {"Host": host, "Connection": "close"}
    if body is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    connection.request(method, path, body, headers)
    answer = Answer(connection.getresponse())
    connection.close()
    return answer


def submit(passphrase, network=b"Home", **fields):
    """Fills the form in, and returns where the phone is sent."""
    page = page_with("/", 'name="token"')
    token = re.search(r'name="token" value="([0-9a-f]+)"', page).group(1)
    form = {"token": token, "network": network.hex(), "passphrase": passphrase, **fields}
    taken = ask("POST", "/setup", form=form)
    check(taken.status == 303, f"the form was answered with {taken.status}: {taken.text}")
    # With its query, by which the device knows whose result it is.
    return taken.location.removeprefix(f"http://{DEVICE}")


def page_with(path, text, seconds=15):
    """Asks for a page until there is this text."""
    until = time.monotonic() + seconds
    while True:
        page = ask("GET", path)
        if text in page.text:
            return page.text
        check(time.monotonic() < until, f"{path} does not say {text!r}: {page.text}")
        time.sleep(0.2)


def name_is(name, address=DEVICE):
    """The address of a name, as the access point's DNS has it."""
    question = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0\0\1\0\1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.settimeout(3)
        own.sendto(b"\x12\x34\1\0\0\1\0\0\0\0\0\0" + question, (address, 53))
        answer = own.recv(512)
    check(answer[:2] == b"\x12\x34" and answer[7] == 1, f"DNS has answered {answer!r}")
    return socket.inet_ntoa(answer[-4:])


def lease():
    """The address that DHCP offers to a phone that has none: asked of everybody, answered to everybody."""
    hardware = b"\x02\0\0\0\0\x09"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.settimeout(3)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"phone")
        own.bind(("", 68))
        discover = b"\1\1\6\0\7\7\7\7" + bytes(20) + hardware + bytes(202) + b"\x63\x82\x53\x63\x35\1\1\xff"
        own.sendto(discover.ljust(300, b"\0"), ("255.255.255.255", 67))
        offer = own.recv(1500)
    check(offer[4:8] == b"\7\7\7\7" and offer[242] == 2, f"DHCP has answered {offer!r}")
    return socket.inet_ntoa(offer[16:20])
