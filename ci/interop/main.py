"""Runs the clients against the portals and prints what they decide beside what their models do. To be run
by interop.sh in the client's namespace. Arguments: the program `vestibule`, and where ConnMan's package is unpacked."""

import concurrent.futures
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import leases
import network_manager
import place
import transports
from avahi import Avahi
from browsers import Chromedriver, Chromium, Firefox
from connman import ConnMan
from network_manager import NetworkManager

HERE = pathlib.Path(__file__).parent
PORTALS = sorted((HERE / "../../sim/portals").resolve().glob("*.toml"))
OTHERS = sorted((HERE / "portals").glob("*.toml"))
DISTRIBUTIONS = list(network_manager.ADDRESSES)
# Where nothing is answered NetworkManager waits for 20 s, whoever it asks, and Firefox for 30 s.
SILENT = {"silence", "micropython-wifimgr"}
# What one client does to these another would feel. The first ends at Firefox's check, which its model shows; the
# second serves one connection at a time.
ENDS_AT_FIREFOX = {"esp8266-captive-portal"}
ONE_AT_A_TIME = {"micropython-wifi-setup"}
# What the programs of this system are known to conclude otherwise, and why.
KNOWN = json.loads((HERE / "known.json").read_text())

failures = []


def expect(what, found, wanted):
    right = found == wanted
    print(f"  {'same' if right else 'DIFFERS'}  {what}: {found}{'' if right else f', not {wanted}'}", flush=True)
    if not right:
        failures.append(what)


def models(vestibule, names, at_once=4):
    """What the models decide of the portal that stands there now, and by which exchange."""
    command = [vestibule, "check", place.ADDRESS, "--phones", ",".join(names), "--at-once", str(at_once), "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    return {checked["phone"]: checked for checked in json.loads(done.stdout)["phones"]}


def side_by_side(portal, vestibule, manager, connman, firefox, chromium):
    """Every client of one portal, and its model: rows of the table. `chromium` is one that is being
    started."""
    distributions = DISTRIBUTIONS[-1:] if portal in SILENT else DISTRIBUTIONS
    browsers = ["chromium"] if portal in SILENT | ENDS_AT_FIREFOX else ["firefox", "chromium"]
    in_turn = portal in ONE_AT_A_TIME
    with concurrent.futures.ThreadPoolExecutor(1 if in_turn else None) as pool:
        names = [*distributions, "connman", *browsers]
        modelled = pool.submit(models, vestibule, names, 1 if in_turn else 4)
        decide = {"firefox": firefox.decides, "chromium": lambda: decides(chromium)}
        deciding = {browser: pool.submit(decide[browser]) for browser in browsers}
        meanwhile = pool.submit(connman.decides)
        if in_turn:
            meanwhile.result()
        real = {model: manager.decides(model) for model in distributions} | {"connman": meanwhile.result()}
        real |= {browser: decided.result() for browser, decided in deciding.items()}
        modelled = modelled.result()
    for model, verdict in real.items():
        checked = modelled[model]
        says = checked["verdict"]
        if model == "chromium" and says != "portal":
            # Its page says no more.
            says = "no portal"
        known = KNOWN.get(model, {}).get(portal, says)
        if verdict != known:
            failures.append(f"{portal}: {model} decides {verdict}, its model {says}")
        row(portal, model, verdict, says, checked, known)


def decides(chromium):
    with chromium.result() as browser:
        return browser.decides()


def row(portal, model, real, modelled, checked, known):
    decided = checked["decided_by"] or {"asked": "-", "came": "-"}
    carried = transports.agrees(decided["asked"], decided["came"])
    if carried is False:
        failures.append(f"{portal}: curl or dig does not get what {model} got: {decided}")
    carried = {True: "same", False: "DIFFERS", None: "-"}[carried]
    rule = checked["rule"]["id"] if checked["rule"] else "-"
    same = "same" if real == modelled else "known" if real == known else "DIFFERS"
    print(f"{portal:24} {model:12} {real:13} {modelled:13} {same:8} {carried:8} {rule}", flush=True)


def the_portal_itself(vestibule, unpacked, driver, manager_folder):
    """`vestibule serve` on the namespace's interface; leaves NetworkManager and ConnMan running."""
    print("vestibule serve, with DHCP on portal0:")
    with place.device(vestibule) as lines:
        for client in (leases.dhclient, leases.udhcpc):
            address, *rest = client()
            expect(f"{client.__name__}'s address", address.rpartition(".")[0], "10.42.0")
            expect(f"{client.__name__}'s router, resolver, mask, seconds", rest,
                   [place.ADDRESS, place.ADDRESS, "255.255.255.0", "600"])
        manager = NetworkManager(manager_folder)
        print(f"  NetworkManager {manager.version()}")
        address, gateway, resolver = manager.joins_by_dhcp()
        expect("NetworkManager's address", address.rpartition(".")[0], "10.42.0")
        expect("NetworkManager's router and resolver", [gateway, resolver], [place.ADDRESS, place.ADDRESS])
        connman = ConnMan(manager_folder, unpacked)
        print(f"  ConnMan {connman.version}")
        address, gateway, resolver, real = connman.joins_by_dhcp()
        expect("ConnMan's address", address.rpartition(".")[0], "10.42.0")
        expect("ConnMan's router and resolver", [gateway, resolver], [place.ADDRESS, place.ADDRESS])
        modelled = models(vestibule, ["connman"])["connman"]["verdict"]
        expect("ConnMan, as its model", real, modelled)
        names()
        pages()
        for model, checked in models(vestibule, DISTRIBUTIONS).items():
            real = manager.decides(model)
            expect(f"{model}, as its model", real, checked["verdict"])
        with Chromium(driver) as browser:
            print(f"  Chromium {browser.version}")
            expect("Chromium's detector", browser.decides(), "portal")
            sets_up(browser)
        place.wait_for("the device joins", 20, lambda: any('remembers "Home"' in line for line in lines))
        avahi = Avahi(manager_folder, manager.environment)
        expect("Avahi, the device's name", avahi.address("vestibule-4f2a.local"), place.HOME)
        expect("Avahi, its page", avahi.pages(), [("Vestibule-4F2A.local", place.HOME, "80")])
        expect("curl, its page", transports.curl(f"http://{place.HOME}/"), (200, ""))
        avahi.stop()
    return manager, connman


def names():
    expect("dig, an address", transports.dig("example.org"), ("NOERROR", [place.ADDRESS]))
    expect("dig, an address of IPv6", transports.dig("example.org", "AAAA"), ("NOERROR", []))
    expect("dig, HTTPS", transports.dig("captive.apple.com", "TYPE65"), ("NOERROR", []))
    expect("dig without EDNS", transports.dig("example.org", "A", "+noedns"), ("NOERROR", [place.ADDRESS]))
    expect("dig, Private Relay", transports.dig("mask.icloud.com"), ("NXDOMAIN", []))


def pages():
    probe = "http://connectivitycheck.gstatic.com/generate_204"
    expect("curl, a probe", transports.curl(probe), (302, f"http://{place.ADDRESS}/"))
    expect("curl, HTTP/1.0", transports.curl(probe, "--http1.0"), (302, f"http://{place.ADDRESS}/"))
    expect("curl, where that leads", transports.curl(probe, "--location"), (200, ""))
    expect("curl, HTTPS", transports.curl("https://example.org/"), (0, ""))


def sets_up(browser):
    """What an owner does: any address, the page, the network, its passphrase, the answer."""
    browser.go("http://example.org/")
    place.wait_for("the portal's page", 20, lambda: browser.run("return document.querySelector('form') !== null"))
    expect("Chromium's page", browser.run("return [location.href, document.title]"),
           [f"http://{place.ADDRESS}/", "Set up Vestibule-4F2A"])
    browser.run(
        "document.querySelector('input[value=\"486f6d65\"]').click();"
        "document.querySelector('input[type=password]').value = arguments[0];"
        "document.querySelector('form').requestSubmit();",
        "four green lanterns",
    )
    said = "return document.body && document.body.innerText.includes('It has joined Home')"
    expect("Chromium, after the form", place.wait_for("the answer", 30, lambda: browser.run(said)), True)


def main():
    vestibule, unpacked, began = *sys.argv[1:], time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = f"{folder}/key.pem", f"{folder}/certificate.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=nobody",
             "-keyout", key, "-out", certificate], check=True, capture_output=True,
        )
        untrusted = place.running(
            sys.executable, str(HERE / "untrusted.py"), "10.42.0.2", certificate, key, until="listens"
        )
        driver = Chromedriver()
        with untrusted:
            manager, connman = the_portal_itself(vestibule, unpacked, driver, folder)
            manager.has_an_address()
            connman.has_an_address()
            firefox = Firefox()
            print(f"Firefox {firefox.version}; clients and their models:")
            print(f"{'portal':24} {'client':12} {'decides':13} {'its model':13} {'':8} {'dig/curl':8} rule of the model")
            with concurrent.futures.ThreadPoolExecutor(1) as beforehand:
                chromium = beforehand.submit(Chromium, driver)
                for profile in [*PORTALS, *OTHERS]:
                    # The next portal's browser starts while this one's decides.
                    this, chromium = chromium, beforehand.submit(Chromium, driver)
                    with place.stand_in(vestibule, profile):
                        side_by_side(profile.stem, vestibule, manager, connman, firefox, this)
                chromium.result().stop()
        for client in (firefox, driver, manager, connman):
            client.stop()
    print(f"{len(PORTALS) + len(OTHERS)} portals in {time.monotonic() - began:.0f} s")
    if failures:
        sys.exit("FAILED: " + "\n        ".join(failures))


main()
