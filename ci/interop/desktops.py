"""GNOME Shell and Plasma's module for networks in a namespace, each on a session bus of its own, and what they open at a
portal that NetworkManager has found, beside what the models open. To be run by ci/long/interop-desktops.sh.
Arguments: the program `vestibule`, and a folder that is empty."""

import json
import os
import pathlib
import queue
import re
import subprocess
import sys
import threading
import time

import place
from network_manager import NetworkManager
from place import wait_for

place.NAMESPACE = "vestibule-desktops"

HERE = pathlib.Path(__file__).parent
PORTALS = sorted((HERE / "../../sim/portals").resolve().glob("*.toml"))
# Where it is met that internet closes the helper, which takes long.
CLOSED = PORTALS[:2]
# How long after a page of the helper has begun GNOME 43 does not check again.
LIMIT = 31.0
INTERNET = HERE / "portals/internet.toml"
GNOME, PLASMA = "nm-gnome-46", "nm-fedora-kde"
HELPER = ("org.gnome.Shell.PortalHelper", "/org/gnome/Shell/PortalHelper")
# The browser of Plasma's session: a script that notes the address and ends.
BROWSER = """[Desktop Entry]
Type=Application
Name=Browser
Exec={script} %u
MimeType=x-scheme-handler/http;x-scheme-handler/https;text/html;
"""

failures = []


class Lines:
    """A program, and the lines that it prints."""

    def __init__(self, program):
        self.program, self.lines = program, queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.program.stdout:
            if line.startswith("{"):
                self.lines.put(json.loads(line))

    def come(self):
        """All that have come since the last time."""
        found = []
        while not self.lines.empty():
            found.append(self.lines.get())
        return found

    def next(self, seconds):
        try:
            return self.lines.get(timeout=seconds)
        except queue.Empty:
            return None


class Session:
    """A session bus and what runs on it."""

    def __init__(self, folder, manager, name, **variables):
        self.home = pathlib.Path(folder) / name
        self.home.mkdir()
        runtime = self.home / "run"
        runtime.mkdir(mode=0o700)
        self.log = open(self.home / "log", "w")
        self.environment = {
            **manager.environment, "HOME": str(self.home), "XDG_RUNTIME_DIR": str(runtime), "GIO_USE_VFS": "local",
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={runtime}/bus", **variables,
        }
        self.programs = []
        self.start("dbus-daemon", "--session", f"--address=unix:path={runtime}/bus", "--nofork")
        wait_for("a session bus", 10, lambda: (runtime / "bus").exists())

    def start(self, *command, **options):
        program = subprocess.Popen(
            command, env=self.environment, text=True, bufsize=1, **{"stdout": self.log, "stderr": self.log, **options}
        )
        self.programs.append(program)
        return program

    def call(self, name, path, method, *arguments):
        done = subprocess.run(
            ["gdbus", "call", "--session", "--dest", name, "--object-path", path, "--method", method, *arguments],
            env=self.environment, capture_output=True, text=True,
        )
        return done.stdout.strip()

    def stop(self):
        for program in reversed(self.programs):
            program.terminate()
            program.wait(10)


class Gnome(Session):
    def __init__(self, folder, manager):
        # The helper's own cage for its pages makes namespaces, which not every machine lets it do.
        super().__init__(folder, manager, "gnome", WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS="1",
                         LIBGL_ALWAYS_SOFTWARE="1")
        self.start("gnome-shell", "--headless", "--virtual-monitor", "1024x768", "--no-x11", "--unsafe-mode")
        wait_for("GNOME Shell", 60, lambda: self.evaluates("1 + 1") == "2")
        self.version = self.evaluates("imports.misc.config.PACKAGE_VERSION").strip('"')

    def evaluates(self, script):
        found = re.match(r"\(true, '(.*)'\)$", self.call("org.gnome.Shell", "/org/gnome/Shell", "org.gnome.Shell.Eval", script))
        return found.group(1) if found else ""

    def shows_helper(self):
        return "portal-helper" in self.evaluates(
            "global.get_window_actors().map(actor => actor.meta_window.get_wm_class()).join()"
        )

    def loads_again(self, connection):
        self.call(*HELPER, "org.gnome.Shell.PortalHelper.Refresh", connection)


class Plasma(Session):
    def __init__(self, folder, manager):
        super().__init__(folder, manager, "plasma", QT_QPA_PLATFORM="offscreen", XDG_CURRENT_DESKTOP="KDE",
                         KDE_FULL_SESSION="true", KDE_SESSION_VERSION="5")
        self.opened = self.home / "opened"
        script = self.home / "browser"
        script.write_text(f'#!/bin/sh\necho "$@" >>"{self.opened}"\n')
        script.chmod(0o755)
        applications = self.home / ".local/share/applications"
        applications.mkdir(parents=True)
        (applications / "browser.desktop").write_text(BROWSER.format(script=script))
        (self.home / ".config").mkdir()
        types = ("x-scheme-handler/http", "x-scheme-handler/https", "text/html")
        (self.home / ".config/mimeapps.list").write_text(
            "[Default Applications]\n" + "".join(f"{one}=browser.desktop\n" for one in types)
        )
        self.notifications = Lines(self.start(
            "gjs", str(HERE / "notifications.js"), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ))
        if self.notifications.next(10) is None:
            raise RuntimeError("nobody takes Plasma's notifications")
        self.there = None
        self.start("kded5")
        # A call before it is there would start another one.
        subprocess.run(["gdbus", "wait", "--session", "--timeout", "20", "org.kde.kded5"], env=self.environment, check=True)
        wait_for("Plasma's module", 30, lambda: "true" in self.call(
            "org.kde.kded5", "/kded", "org.kde.kded5.loadModule", "networkmanagement"
        ))
        self.version = subprocess.run(
            ["dpkg-query", "-f", "${Version}", "-W", "plasma-nm"], capture_output=True, text=True
        ).stdout or os.environ["PLASMA_VERSION"]

    def opens(self):
        """What the first button of the notification opens that is there."""
        shown = wait_for("Plasma's notification", 10, self.asks_to_sign_in)
        self.notifications.program.stdin.write(f"{shown['shown']} {shown['actions'][0]}\n")
        wait_for("Plasma's browser", 20, self.opened.exists)
        time.sleep(0.2)
        return self.opened.read_text().strip()

    def asks_to_sign_in(self):
        """The last notification with a button that was not closed again."""
        for line in self.notifications.come():
            self.there = line if line.get("actions") else self.there
            if self.there and line.get("closed") == self.there["shown"]:
                self.there = None
        return self.there

    def forgets(self):
        self.there = None
        self.opened.unlink(missing_ok=True)
        self.notifications.come()


def modelled(vestibule):
    names = f"{GNOME},{PLASMA}"
    done = subprocess.run(
        [vestibule, "check", place.ADDRESS, "--phones", names, "--json"], capture_output=True, text=True
    )
    return {checked["phone"]: checked for checked in json.loads(done.stdout)["phones"]}


def row(portal, desktop, what, found, wanted):
    same = found == wanted
    print(f"{portal:24} {desktop:7} {what:8} {'same' if same else 'DIFFERS':8} {found or '-'}", flush=True)
    if not same:
        failures.append(f"{portal}: {desktop}, {what}: {found}, its model {wanted}")


def same_address(url):
    """As browsers write it."""
    return re.sub(r"^(https?://[^/]+)$", r"\1/", url or "")


def joins(manager):
    """Joins anew, so that nobody remembers a portal; returns which connection of NetworkManager this is."""
    manager.nmcli("connection", "down", "fixed", check=False)
    manager.nmcli("--wait", "20", "connection", "up", "fixed")
    return manager.nmcli("-g", "GENERAL.DBUS-PATH", "connection", "show", "fixed")


def meets(portal, vestibule, manager, gnome, plasma, requests):
    plasma.forgets()
    with place.stand_in(vestibule, portal):
        models = modelled(vestibule)
        requests.come()
        connection = joins(manager)
        says = manager.decides(GNOME)
        row(portal.stem, "GNOME", "verdict", says, models[GNOME]["verdict"])
        if says != "portal":
            time.sleep(1)
            row(portal.stem, "GNOME", "opens", gnome.shows_helper(), False)
            return
        wait_for("GNOME's portal helper", 20, gnome.shows_helper)
        began = time.monotonic()
        loaded = wait_for("what the helper loads", 20, lambda: pages(requests))
        row(portal.stem, "GNOME", "opens", same_address(loaded[0]["url"]), same_address(models[GNOME]["url"]))
        # Where what is loaded is no page, the model says so in its own way.
        if shown := re.search(r" at (\S+)$", models[GNOME]["page"] or ""):
            row(portal.stem, "GNOME", "shows", same_address(loaded[-1]["url"]), same_address(shown.group(1)))
        row(portal.stem, "Plasma", "opens", same_address(plasma.opens()), same_address(models[PLASMA]["url"]))
    if portal in CLOSED:
        with place.stand_in(vestibule, INTERNET):
            # A page that begins sooner has nobody check again.
            time.sleep(max(0.0, began + LIMIT - time.monotonic()))
            gnome.loads_again(connection)
            row(portal.stem, "GNOME", "closes", comes(lambda: not gnome.shows_helper()), True)


def comes(attempt):
    """Whether it does so within 10 s."""
    try:
        return bool(wait_for("it", 10, attempt))
    except RuntimeError:
        return False


def pages(requests):
    """What the helper has loaded, as soon as it loads no more."""
    time.sleep(3)
    return [one for one in requests.come() if "AppleWebKit" in one["agent"] and not one["url"].endswith(".ico")]


def main():
    vestibule, folder, began = sys.argv[1], sys.argv[2], time.monotonic()
    manager = NetworkManager(folder)
    manager.has_an_address()
    watcher = place.in_portal(
        sys.executable, str(HERE / "requests.py"), "port0", stdout=subprocess.PIPE, text=True, bufsize=1
    )
    requests = Lines(watcher)
    gnome, plasma = Gnome(folder, manager), Plasma(folder, manager)
    print(f"NetworkManager {manager.version()}, GNOME Shell {gnome.version}, Plasma {plasma.version}")
    for portal in PORTALS:
        try:
            meets(portal, vestibule, manager, gnome, plasma, requests)
        except RuntimeError as problem:
            failures.append(f"{portal.stem}: {problem}")
            print(f"{portal.stem:24} FAILED  {problem}", flush=True)
    for session in (plasma, gnome, manager):
        session.stop()
    watcher.terminate()
    print(f"{len(PORTALS)} portals in {time.monotonic() - began:.0f} s")
    if failures:
        sys.exit("FAILED: " + "\n        ".join(failures))


main()
