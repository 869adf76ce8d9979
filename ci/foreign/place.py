"""Runs one portal of devices.toml, in a network namespace of its own, before the command: all phones over a link and
over sockets, and journeys. Says what came of it as JSON on standard output. Everything else goes to files in the folder
that it is given."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import profiles
import scenarios

HERE = Path(__file__).parent
PLAIN = "four green lanterns"
# Every character that a form must escape, and one that a URL has for a blank.
AWKWARD = "a+b & 100% <\"'>;,="
JOURNEYS = [
    ("journey-android", PLAIN, "android-14"),
    ("journey-ios", PLAIN, "ios-17"),
    ("journey-awkward", AWKWARD, "android-14"),
]
# What depends on chance (which addresses a server picks, how busy the machine is) is not compared.
CHANCE = ("declines", "hardware address number", "the portal was away")
# Seconds until a portal must be up, and for each command.
STARTS, COMMAND = 30, 200


class Place:
    """The namespace with the portal and, at the other end of a wire, its phones."""

    def __init__(self, name, target, vestibule):
        self.name, self.target, self.vestibule = name, Path(target).resolve(), vestibule
        self.device = tomllib.loads((HERE / "devices.toml").read_text())[name]
        self.at, self.link = self.device.get("at", "192.168.4.1"), self.device.get("link", "portal")
        self.out = self.target / "out" / name
        self.out.mkdir(parents=True, exist_ok=True)
        self.log = self.out / "device.log"
        self.processes = []

    def wire(self):
        for command in (
            "link set lo up",
            f"link add {self.link} type veth peer name phones",
            f"address add {self.at}/24 dev {self.link}",
            f"link set {self.link} up",
            "link set phones up",
            # Broadcasts of DHCP leave by the access point.
            f"route add 255.255.255.255/32 dev {self.link}",
        ):
            subprocess.run(["ip", *command.split()], check=True)
        # The kernel leaves checksums on a virtual pair to a card that is not there.
        subprocess.run(["ethtool", "-K", self.link, "tx", "off"], check=True, stdout=subprocess.DEVNULL)

    def start(self, passphrase):
        """The portal as it is after it was switched on, with nothing stored."""
        files = self.out / "files"
        subprocess.run(["rm", "-rf", files, self.out / "nmcli"], check=True)
        files.mkdir()
        subprocess.run(["ip", "link", "set", self.link, "up"], check=True)
        subprocess.run(["ip", "route", "replace", "255.255.255.255/32", "dev", self.link], check=True)
        self.log.write_text("")
        environment = {
            **os.environ,
            "PATH": f"{HERE / 'stands'}:{os.environ['PATH']}",
            **self.paths(HERE / "chip"),
            "PYTHONUNBUFFERED": "1",
            # Looking names up for one takes a second, in which the other threads go on.
            "RUST_BACKTRACE": "0",
            "FOREIGN_PASSPHRASE": passphrase,
            "FOREIGN_LINK": self.link,
            "FOREIGN_OUT": str(self.out),
        }
        commands = [self.filled("run")]
        if self.device.get("dhcp"):
            base = self.at.rpartition(".")[0]
            commands.append(
                ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", f"--interface={self.link}"]
                + [f"--dhcp-range={base}.2,{base}.250,2h", f"--dhcp-option=6,{self.at}", "--pid-file="]
                + ["--dhcp-leasefile=" + str(files / "leases"), "--leasefile-ro"]
            )
        for command in commands:
            log = self.log.open("a")
            self.processes.append(
                subprocess.Popen(
                    command, cwd=files, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                    start_new_session=True,
                )
            )
        self.wait()

    def filled(self, key):
        """A command of devices.toml."""
        fill = {
            "python": self.target / "python/bin/python3",
            "micropython": self.target / "python/bin/micropython",
            "crates": self.target / "crates/debug",
            "packages": self.target / "packages",
            "portals": HERE / "micropython",
            "glue": HERE / "python",
        }
        return [part.format(**fill) for part in self.device[key]]

    def paths(self, radio):
        """Where both Pythons find their modules; `radio` is the folder with the one for `network`."""
        glue = HERE.parents[1] / "bindings/python"
        micropython = (radio, glue / "micropython", HERE / "ours", self.target / "micropython")
        return {
            "PYTHONPATH": f"{HERE / 'ours'}:{radio}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "MICROPYPATH": ":".join([".frozen", *map(str, micropython)]),
        }

    def in_scenarios(self):
        """As a device of scenarios, with the radio of the device protocol."""
        radio = self.paths(HERE.parents[1] / "bindings/python")
        return scenarios.results(self.device.get("by_chance", []), self.vestibule, self.filled("run"), radio, self.out)

    def wait(self):
        until = time.monotonic() + STARTS
        port = f":{self.device.get('port', 80):04X}"
        while True:
            listening = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
            sockets = [line.split() for line in listening.splitlines()]
            if any(socket[1].endswith(port) and socket[3] == "0A" for socket in sockets):
                # The names and leases beside it.
                return time.sleep(0.5)
            if time.monotonic() > until or self.processes[0].poll() is not None:
                sys.exit(f"{self.name} does not come up:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.1)

    def stop(self):
        """Ends the portal, and what it has started besides (dnsmasq leaves its session)."""
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(3)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.processes = []
        # The namespace of process numbers is this script's own: whoever is left was started by the portal.
        for left in (int(entry) for entry in os.listdir("/proc") if entry.isdigit()):
            if left not in (1, os.getpid(), os.getppid()):
                try:
                    os.kill(left, signal.SIGKILL)
                except ProcessLookupError:
                    pass

    def ask(self, kind, *arguments):
        """One command of vestibule, as JSON; its JUnit file stays in the folder."""
        command = [self.vestibule, *arguments, "--json", "--junit", str(self.out / f"{kind}.xml")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=COMMAND, check=False)
        (self.out / f"{kind}.json").write_text(done.stdout)
        if done.returncode not in (0, 1):
            sys.exit(f"{self.name}: {' '.join(command)} ended with {done.returncode}: {done.stderr}")
        return json.loads(done.stdout)

    def check(self, kind, *arguments):
        self.start(PLAIN)
        told = self.ask(kind, "check", *arguments)
        is_up = self.processes[0].poll() is None
        self.stop()
        if is_up:
            return {"portal": "still up", **checked(told)}
        # Which phone it was is a matter of milliseconds.
        said = "said so" if any("the portal has gone" in odd for odd in told["odd"]) else "did not say so"
        return {"portal": f"ended under the check, which {said}"}

    def profiled(self):
        """What differs between the portal and its profile."""
        self.start(PLAIN)
        live = self.out / "profile.toml"
        command = [self.vestibule, "profile", "--link", "interface:phones", "--output", str(live)]
        subprocess.run(command, check=True, capture_output=True, timeout=COMMAND)
        self.stop()
        return profiles.differences(self.vestibule, live, self.device["profile"], self.device.get("not_its_own", []))

    def journey(self, kind, passphrase, phone):
        self.start(passphrase)
        typed = self.out / "typed"
        typed.write_text(passphrase + "\n")
        told = self.ask(
            kind, "journey", "--link", "interface:phones", "--phones", phone, "--ssid", "Home", "--passphrase-file", str(typed)
        )["journeys"][0]
        # What it does beside its answer.
        time.sleep(2)
        device = [line.removeprefix("told ") for line in self.log.read_text().splitlines() if line.startswith("told ")]
        self.stop()
        wanted = " ".join(text.encode().hex() for text in ("Home", passphrase))
        same = [given == wanted for given in device]
        joins = "nothing" if not device else "what was typed" if all(same) else "something else than what was typed"
        return {
            "phone": phone, "good": told["good"], "ending": told["ending"], "odd": told["odd"],
            "change": told["change"], "device was told": joins,
        }


def addressless(words):
    """Without the addresses that a server has picked."""
    return re.sub(r"\d+\.\d+\.\d+\.\d+", "ADDRESS", words)


def checked(told):
    """What of a check is the same each time."""
    odd = [addressless(odd) for odd in told["odd"] if not any(word in odd for word in CHANCE)]
    if told["shown"] == 0:
        # Of nobody's own: the advice without the names that differ.
        return {"shown": 0, "of": told["of"], "odd": odd, "first": told["phones"][0]["change"]}
    others = {}
    for phone in told["phones"]:
        if phone["sheet"] != "yes" or phone["findings"]:
            finding = [str(each if isinstance(each, str) else each.get("says", each)) for each in phone["findings"]]
            words = " | ".join([phone["sheet"], *filter(None, [phone["change"], *finding])])
            others.setdefault(words, []).append(phone["phone"])
    leases = {
        " ".join(f"{key} {lease[key]}" for key in ("router", "dns", "prefix", "lease_seconds", "captive_portal_api"))
        for lease in (phone.get("lease") for phone in told["phones"]) if lease
    }
    dhcp = {answer["asked"]: addressless(answer["came"]) for answer in told.get("dhcp") or []}
    return {
        "shown": told["shown"], "of": told["of"], "failed": told["failed"], "disputed": told["disputed"],
        "odd": odd, "leases": sorted(leases),
        **({"dhcp": dhcp} if dhcp else {}),
        "others": [{"phones": phones, "says": words} for words, phones in sorted(others.items())],
    }


def main():
    name, target, vestibule = sys.argv[1:]
    place = Place(name, target, vestibule)
    place.wire()
    results = {"over the link": place.check("link", "--link", "interface:phones")}
    if place.device.get("sockets", True):
        results["over sockets"] = place.check("check", place.at)
    results["journeys"] = [place.journey(*journey) for journey in JOURNEYS[: place.device.get("journeys")]]
    if "profile" in place.device:
        results["beside its profile"] = place.profiled()
    if place.device.get("scenarios"):
        results["scenarios"] = place.in_scenarios()
    print(json.dumps(results))


if __name__ == "__main__":
    main()
