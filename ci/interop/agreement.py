"""NetworkManager, ConnMan, Chromium and Firefox meet the cases of fixtures/agreement, and must conclude what the files
say. To be run by interop.sh in the client's namespace. Arguments: every how many of the cases (1 is all of them), a seed
that draws which, and where ConnMan's package is unpacked. With VESTIBULE_UPDATE=1 what ConnMan concludes is written into
its file, of which it is the source."""

import base64
import contextlib
import json
import os
import pathlib
import queue
import random
import re
import subprocess
import sys
import tempfile
import threading
import time

import place
from browsers import Chromedriver, Chromium, Firefox
from connman import ConnMan
from network_manager import NetworkManager

HERE = pathlib.Path(__file__).parent
AGREEMENT = HERE / "../../fixtures/agreement"
# Which part of a name is whose. The first has all others too but those that ConnMan asks, who has an address of its own:
# these two go where a redirect leads.
PLAYERS = {
    "gstatic": "10.42.0.13", "firefox": "10.42.0.12", "check": "10.42.0.11", "connman": "192.168.4.9@10.42.0.8",
}
# The address in the files, and ConnMan's.
PORTAL, CONNMAN_S = "192.168.4.1", "192.168.4.9"
TELLS_THE_PAGE = {"connman"}
# What takes longer is met only where all are. ConnMan waits for a connection's end for ever.
LONG = 8.0
# What the programs of this system are known to conclude otherwise, and why.
KNOWN = json.loads((HERE / "known.json").read_text())


class Cases:
    """The program that plays them, spoken to by several threads."""

    def __init__(self):
        players = [f"{name}={address}" for name, address in PLAYERS.items()]
        self.program = place.in_portal(
            sys.executable, str(HERE / "cases.py"), place.ADDRESS, *players,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )
        self.ready = {name: queue.Queue() for name in PLAYERS}
        self.lock = threading.Lock()
        if not self.program.stdout.readline():
            raise RuntimeError("nobody plays the cases")
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.program.stdout:
            self.ready[line.split()[1]].put(line)

    def play(self, player, file, case):
        with self.lock:
            print(player, file, case["id"], file=self.program.stdin, flush=True)
        self.ready[player].get(timeout=10)

    def stop(self):
        self.program.terminate()
        self.program.wait(10)


def load(file):
    return json.loads((AGREEMENT / file).read_text())


def chosen(file, share, generator):
    cases = load(file)["cases"]
    if share > 1:
        endless = ("silent", "open") if file == "connman.json" else ("silent",)
        short = [case for case in cases if case["then"] not in endless and case.get("delay", 0) < LONG
                 and all(one.get("seconds", 0) < LONG for one in case["concluded"])]
        cases = generator.sample(short, len(short) // share)
    return cases


def meets(cases, player, file, share, generator, clients):
    """One client after the other meets each case; yields what does not agree, and how many there were."""
    wrong, count = [], 0
    for case in chosen(file, share, generator):
        for said in case["concluded"]:
            for model in said["by"]:
                if model not in clients:
                    continue
                cases.play(player, file, case)
                try:
                    found = clients[model](case)
                except OSError as problem:  # a client that does not answer any more
                    return count, [*wrong, f"{file}, {case['id']}: {model}: {problem}"]
                if found is None:
                    continue
                count += 1
                expected = KNOWN.get(model, {}).get(case["id"], said["verdict"])
                if model in TELLS_THE_PAGE and "url" in said:
                    expected += " " + said["url"]
                if found != expected:
                    wrong.append(f"{file}, {case['id']}: {model} concludes {found}, not {expected}")
    return count, wrong


def connman_decides(connman):
    """What ConnMan concludes, and where its agent is asked to open a page, as the file says it."""
    verdict = connman.decides()
    page = connman.page.replace(CONNMAN_S, PORTAL)
    return f"{verdict} {page}" if verdict == "portal" and page else verdict


def record(cases, file, connman):
    """What it concludes of every case, for the file that says so. The words of a list stand on one line."""
    kept = load(file)
    for case in kept["cases"]:
        cases.play("connman", file, case)
        verdict, _, page = connman_decides(connman).partition(" ")
        case["concluded"] = [{"by": ["connman"], "verdict": verdict} | ({"url": page} if page else {})]
    text = json.dumps(kept, indent=1, ensure_ascii=False)
    lists = re.compile(r"\[\s+([^][{}]*?)\s+\]")
    text = lists.sub(lambda found: "[" + re.sub(r",\s+", ", ", found.group(1)) + "]", text)
    (AGREEMENT / file).write_text(text + "\n")


class Fetching:
    """Chromium's network stack, and what its detector makes of it. Names are new each time: it keeps answers."""

    def __init__(self, driver):
        self.browser = Chromium(driver, "LocalNetworkAccessChecks,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable")
        self.browser.go("about:blank")
        self.number = 0

    def call(self, command, **arguments):
        body = {"cmd": command, "params": arguments}
        return self.browser.driver.call("POST", self.browser.path + "/goog/cdp/execute", body)

    def decides(self, case):
        if case["then"] in ("open", "silent") or case.get("delay"):
            # The stack waits for as long as the detector lets it, for ever.
            return None
        self.number += 1
        frame = self.call("Page.getFrameTree")["frameTree"]["frame"]["id"]
        got = self.call(
            "Network.loadNetworkResource", frameId=frame,
            url=f"http://connectivitycheck{self.number}.gstatic.com/generate_204",
            options={"disableCache": True, "includeCredentials": False},
        )["resource"]
        error, status = got.get("netErrorName"), int(got.get("httpStatusCode") or 0)
        if error not in (None, "net::OK", "net::ERR_HTTP_RESPONSE_CODE_FAILURE"):
            return "inconclusive"
        if status == 204 or status == 200 and self.length(got) <= 1:
            return "online"
        return "portal" if status == 511 or 200 <= status < 400 else "inconclusive"

    def length(self, got):
        length, over = 0, "stream" not in got
        while not over:
            piece = self.call("IO.read", handle=got["stream"])
            data = piece["data"]
            length += len(base64.b64decode(data) if piece.get("base64Encoded") else data.encode())
            over = piece["eof"]
        return length


def far_away_is_unreachable():
    """A redirect that leads out of the namespaces fails at once instead of after minutes; the address beside the portal's
    that some cases name swallows packets."""
    for command in (
        ["sysctl", "-qw", "net.ipv4.ip_forward=1"],
        ["ip", "route", "replace", "unreachable", "default"],
        ["ip", "route", "replace", "blackhole", "10.9.9.9"],
    ):
        place.in_portal(*command).wait(10)


def main():
    share, seed, unpacked, began = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], time.monotonic()
    far_away_is_unreachable()
    cases, results = Cases(), {}
    with tempfile.TemporaryDirectory() as folder:
        manager = NetworkManager(folder)
        manager.has_an_address()
        connman = ConnMan(folder, unpacked)
        connman.has_an_address()
        if os.environ.get("VESTIBULE_UPDATE"):
            record(cases, "connman.json", connman)
        firefox, driver = Firefox(), Chromedriver()
        chromium = Fetching(driver)
        print(f"NetworkManager {manager.version()}, ConnMan {connman.version}, Firefox {firefox.version}, "
              f"Chromium {chromium.browser.version}")
        distributions = {model: lambda case, model=model: manager.decides(model) for model in ("nm-gnome", "nm-ubuntu")}
        asked = [
            ("check", "networkmanager.json", distributions),
            ("connman", "connman.json", {"connman": lambda case: connman_decides(connman)}),
            ("firefox", "firefox.json", {"firefox": lambda case: firefox.decides()}),
            ("gstatic", "chromium.json", {"chromium": chromium.decides}),
        ]

        def run(player, file, clients):
            try:
                results[file] = meets(cases, player, file, share, random.Random(seed), clients)
            except Exception as problem:  # whatever it is, it is told below
                results[file] = 0, [f"{file}: {type(problem).__name__}: {problem}"]

        threads = [threading.Thread(target=run, args=one) for one in asked]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with contextlib.suppress(OSError):
            chromium.browser.stop()
        for client in (firefox, driver, manager, connman, cases):
            client.stop()
    wrong = [line for _, lines in results.values() for line in lines]
    for file, (count, lines) in sorted(results.items()):
        print(f"  {file}: {count} conclusions, {count - len(lines)} as the file says")
    print(f"cases in {time.monotonic() - began:.0f} s, one in {share}, seed {seed}")
    if wrong:
        sys.exit("FAILED: " + "\n        ".join(wrong))


main()
