"""journey.py PROGRAM [short|CALL]: the example on the chip of the stand-in goes through a whole setup, and through what may
fail; `short` leaves out the calls that fail, and CALL is one of them alone."""

import signal
import socket
import sys
import time

from chip import DEVICE, HOME, RIGHT, WRONG, Chip, ask, check, lease, name_is, page_with, submit

ACCESS_POINT = r"access point Lamp, channel \d+, protection 0"
OPEN, FAILED, CONNECTED, IDLE = r"state 5\b", r"state 11\b", r"state 14\b", r"state 0\b"


def phone_arrives():
    offered = lease()
    check(offered.startswith("192.168.4.") and offered != DEVICE, f"DHCP offers {offered}")
    check(name_is("connectivitycheck.gstatic.com") == DEVICE, "DNS does not send a phone to the device")
    captured = ask("GET", "/generate_204", host="connectivitycheck.gstatic.com")
    check(captured.status == 302 and captured.location == f"http://{DEVICE}/", "the check is not sent to the page")
    page = ask("GET", "/").text
    for text in ["<bdi>Home</bdi>", "<bdi>Cafe</bdi>", "<bdi>Office</bdi>", 'name="broker"', "Set up <bdi>Lamp</bdi>"]:
        check(text in page, f"the page has no {text}")


def home_network_has_no_portal():
    """Neither by the device's address there nor by that of the access point, which it would take from any network."""
    for address in [HOME, DEVICE]:
        try:
            answer = ask("GET", "/", address=address, interface="home")
            check(False, f"{address} serves the home network before it is joined: {answer.status}")
        except OSError:
            pass
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.settimeout(0.5)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"home")
        own.sendto(b"\x12\x34\1\0\0\1\0\0\0\0\0\0\4home\0\0\1\0\1", (DEVICE, 53))
        try:
            check(not own.recv(512), "DNS answers the home network")
        except OSError:
            pass


def many_clients():
    """More phones than there are numbers, all of whom stay: each is served at last."""
    stay = []
    for _ in range(9):
        own = socket.create_connection((DEVICE, 80), timeout=15)
        own.sendall(b"GET /portal.js HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n")
        answer = own.recv(4096)
        check(answer.startswith(b"HTTP/1.1 200 "), f"a phone among many gets {answer[:60]!r}")
        stay.append(own)
    # One that sends its request in pieces, and one that goes in the middle of its own.
    slow = socket.create_connection((DEVICE, 80), timeout=15)
    for piece in [b"GET / HT", b"TP/1.1\r\nHost: 192.", b"168.4.1\r\n\r\n"]:
        slow.sendall(piece)
        time.sleep(0.05)
    check(slow.recv(12) == b"HTTP/1.1 200", "a request in pieces is not answered")
    half = socket.create_connection((DEVICE, 80), timeout=15)
    half.sendall(b"POST /setup HTTP/1.1\r\nHost: 192.168.4.1\r\nContent-Length: 100\r\n\r\nnetw")
    for own in [*stay, slow, half]:
        own.close()


def owner_sets_up(chip):
    path = submit(WRONG, broker="10.0.0.8")
    chip.waits_for(r"join failed: 0")
    chip.waits_for(FAILED)
    page_with(path, "did not accept the password")
    check(WRONG.encode() not in chip.flash() if (chip.folder / "flash").exists() else True, "what failed is stored", chip)
    path = submit(RIGHT, broker="10.0.0.9")
    chip.waits_for(r"broker 10\.0\.0\.9")
    chip.waits_for(r"joined, address 10\.0\.0\.7")
    page_with(path, HOME)
    # Read: the access point goes, and the page is on the home network.
    chip.waits_for(r"state 13\b")
    chip.waits_for(CONNECTED)
    chip.waits_for(r"mode 1")
    check(ask("GET", "/", host=HOME, address=HOME).status == 200, "there is no page on the home network", chip)
    check(not any(secret in line for line in chip.lines for secret in (WRONG, RIGHT)), "a secret is in the log", chip)


def setup(chip):
    chip.start()
    chip.waits_for(OPEN)
    chip.waits_for(ACCESS_POINT)
    time.sleep(0.2)
    phone_arrives()
    home_network_has_no_portal()
    many_clients()
    owner_sets_up(chip)
    chip.stop()


def restarts_and_loses(chip):
    chip.start()
    chip.waits_for(r"broker 10\.0\.0\.9")
    chip.waits_for(r"joined, address 10\.0\.0\.7")
    check(not any("access point" in line for line in chip.lines), "it opens its portal though it can join", chip)
    for silently in [False, True]:
        if silently:
            chip.tell("silently")
        chip.tell("home-is-off")
        # The network has ended; a driver that does not say so is asked.
        chip.waits_for(r"has ended or refused")
        chip.waits_for(r"join failed: 1")
        chip.tell_no_more("home-is-off")
        chip.waits_for(r"joined, address 10\.0\.0\.7")
    # A scan while the owner opens the portal beside the joined network, by a short press.
    chip.tell("button")
    time.sleep(0.1)
    chip.tell_no_more("button")
    chip.waits_for(ACCESS_POINT)
    chip.tell("button")
    chip.waits_for(IDLE)
    chip.waits_for("forgotten")
    chip.tell_no_more("button")
    check(RIGHT.encode() not in chip.flash(), "what was forgotten is in the flash", chip)
    chip.stop()
    chip.start()
    chip.waits_for(OPEN)
    chip.waits_for(ACCESS_POINT)
    chip.stop()


def fails_and_recovers(program, what, until):
    """Power with a call that fails: `until` waits for what comes of it."""
    print(f"  {what}", flush=True)
    # Where the portal would tell the owner in the end by itself, it has to be the call's failure that is told.
    chip = Chip(program, speed=1 if until in (owner_is_told, many_at_once) else 5)
    chip.tell(what)
    chip.start()
    until(chip)
    chip.forget()


def opens_all_the_same(chip):
    chip.waits_for(ACCESS_POINT)
    time.sleep(0.2)
    check(ask("GET", "/").status == 200, "there is no page", chip)


def many_at_once(chip):
    """Whoever was answered and stays makes room at once, before the portal closes it after five seconds."""
    opens_all_the_same(chip)
    began = time.monotonic()
    many_clients()
    check(time.monotonic() - began < 4.5, "phones wait for those that have been answered", chip)


def opens_later(chip):
    chip.waits_for(r"could not (raise|serve)")
    chip.waits_for(r"could not (raise|serve)")
    for told in chip.folder.glob("fail-*"):
        told.unlink()
    chip.waits_for(OPEN if not any("state 5" in line for line in chip.lines) else ACCESS_POINT)
    until = time.monotonic() + 20
    while True:
        try:
            check(ask("GET", "/").status == 200, "there is no page", chip)
            return
        except OSError:
            check(time.monotonic() < until, "the access point does not come back", chip)
            time.sleep(0.2)


def joins_all_the_same(chip):
    opens_all_the_same(chip)
    submit(RIGHT)
    chip.waits_for(r"joined, address 10\.0\.0\.7")


def owner_is_told_in_time(chip):
    """The driver never says what has become of the join."""
    opens_all_the_same(chip)
    path = submit(WRONG)
    chip.waits_for(r"join failed: 5")
    page_with(path, "<bdi>Home</bdi>")
    chip.tell_no_more("says-nothing")
    submit(RIGHT)
    chip.waits_for(r"joined, address 10\.0\.0\.7")


def owner_is_told(chip):
    opens_all_the_same(chip)
    path = submit(RIGHT)
    chip.waits_for(r"join failed: 5", seconds=12)
    chip.waits_for(FAILED)
    page_with(path, "<bdi>Home</bdi>")


def is_not_started(why):
    """The start is refused, which the example does not go on after."""

    def until(chip):
        code = chip.process.wait(20)
        chip.reader.join(5)
        check(code == -signal.SIGABRT, f"it ended with {code}", chip)
        check(not why or any(why in line for line in chip.lines), f"it did not say {why!r}", chip)
        chip.process = None

    return until


CALLS = {
    "many-clients": many_at_once,
    "fail-esp_wifi_scan_start": opens_all_the_same,
    "scan-does-not-end": joins_all_the_same,
    "says-nothing": owner_is_told_in_time,
    "fail-esp_wifi_set_config": opens_later,
    "fail-esp_netif_dhcps_stop": opens_later,
    "fail-esp_wifi_connect": owner_is_told,
    "fail-esp_partition_find_first": is_not_started("no partition is called vestibule"),
    "encrypted": is_not_started("must not be encrypted"),
    "fail-esp_wifi_init": is_not_started("the radio cannot be started: error 0x102"),
    "fail-xTaskCreate": is_not_started(""),
}


def main():
    program = sys.argv[1]
    if sys.argv[2:] and sys.argv[2] in CALLS:
        return fails_and_recovers(program, sys.argv[2], CALLS[sys.argv[2]])
    chip = Chip(program)
    print("a setup", flush=True)
    setup(chip)
    print("a restart, a network that goes, the button", flush=True)
    restarts_and_loses(chip)
    chip.forget()
    if sys.argv[2:] == ["short"]:
        return
    print("calls that fail", flush=True)
    for what, until in CALLS.items():
        fails_and_recovers(program, what, until)


main()
