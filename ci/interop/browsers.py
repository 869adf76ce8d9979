"""Firefox and Chromium without a window: what their own portal detectors say, and the portal's page as a
person would use it."""

import json
import os
import socket
import subprocess
import tempfile
import urllib.error
import urllib.request

from place import wait_for

MARIONETTE = 2829
CHROMEDRIVER = 9515

# A page with a certificate of nobody's: what makes Chromium look for a portal.
UNTRUSTED = "https://10.42.0.2/"

PREFERENCES = """user_pref("remote.prefs.recommended", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("marionette.port", %d);
""" % MARIONETTE

# The service would wait for its next turn, so its detector is asked directly. It says "login" of a portal,
# and "complete" otherwise, with whether the page was the expected one.
ASK_DETECTOR = """
const [done] = arguments;
const detector = Cc["@mozilla.org/toolkit/captive-detector;1"].getService(Ci.nsICaptivePortalDetector);
const name = "interop" + Math.random();
const login = { observe() { end("portal"); } };
function end(what) {
  Services.obs.removeObserver(login, "captive-portal-login");
  try { detector.abort(name); } catch (over) {}
  done(what);
}
Services.obs.addObserver(login, "captive-portal-login");
detector.checkCaptivePortal(name, {
  QueryInterface: ChromeUtils.generateQI(["nsICaptivePortalCallback"]),
  prepare() { detector.finishPreparation(name); },
  complete(expected) { end(expected ? "online" : "inconclusive"); },
});
"""


class Firefox:
    """Spoken to by Marionette: a length, a colon, and [0, number, command, arguments] as JSON."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        with open(f"{self.folder.name}/user.js", "w") as file:
            file.write(PREFERENCES)
        command = ["firefox-esr", "--headless", "--marionette", "--remote-allow-system-access", "--no-remote"]
        self.program = subprocess.Popen(
            [*command, "--profile", self.folder.name], env={**os.environ, "HOME": self.folder.name},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        self.socket = wait_for("Firefox", 60, self.connect)
        self.number = 0
        self.read()
        said = self.call("WebDriver:NewSession", {})
        self.version = said["capabilities"]["browserVersion"]
        self.call("Marionette:SetContext", {"value": "chrome"})
        self.call("WebDriver:SetTimeouts", {"script": 90_000})

    @staticmethod
    def connect():
        try:
            return socket.create_connection(("127.0.0.1", MARIONETTE))
        except OSError:
            return None

    def read(self):
        length = b""
        while not length.endswith(b":"):
            length += self.socket.recv(1) or b":"
        message = b""
        while len(message) < int(length[:-1]):
            message += self.socket.recv(65536)
        return json.loads(message)

    def call(self, command, arguments):
        self.number += 1
        message = json.dumps([0, self.number, command, arguments]).encode()
        self.socket.sendall(b"%d:%s" % (len(message), message))
        _, _, error, result = self.read()
        if error:
            raise RuntimeError(f"Firefox, {command}: {error['message']}")
        return result

    def decides(self):
        return self.call("WebDriver:ExecuteAsyncScript", {"script": ASK_DETECTOR, "args": []})["value"]

    def stop(self):
        self.call("Marionette:Quit", {"flags": ["eForceQuit"]})
        self.program.wait(20)
        self.folder.cleanup()


class Chromedriver:
    def __init__(self):
        self.program = subprocess.Popen(
            ["chromedriver", f"--port={CHROMEDRIVER}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        # Whatever this machine's proxy is, it is not in the namespace.
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        wait_for("chromedriver", 20, lambda: self.is_ready())

    def is_ready(self):
        try:
            return self.call("GET", "/status")["ready"]
        except urllib.error.URLError:
            return False

    def call(self, method, path, body=None):
        body = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{CHROMEDRIVER}{path}", method=method, data=body)
        with self.opener.open(request, timeout=60) as reply:
            return json.load(reply)["value"]

    def stop(self):
        self.program.terminate()
        self.program.wait(10)


class Chromium:
    """A browser with an empty profile: a detector that has found something does not look again soon."""

    def __init__(self, driver, without=""):
        """`without`: features that are turned off."""
        self.driver = driver
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        options = {
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     f"--disable-features={without}", f"--user-data-dir={self.folder.name}"],
            # Debian turns it off, and with it the detector.
            "prefs": {"alternate_error_pages.enabled": True},
        }
        asked = {"alwaysMatch": {"pageLoadStrategy": "none", "goog:chromeOptions": options}}
        session = driver.call("POST", "/session", {"capabilities": asked})
        self.path = f"/session/{session['sessionId']}"
        self.version = session["capabilities"]["browserVersion"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.driver.call("DELETE", self.path)
        self.folder.cleanup()

    def go(self, url):
        self.driver.call("POST", self.path + "/url", {"url": url})

    def run(self, script, *arguments):
        try:
            return self.driver.call(
                "POST", self.path + "/execute/sync", {"script": script, "args": list(arguments)}
            )
        except urllib.error.HTTPError:
            # The page went away meanwhile.
            return None

    def decides(self):
        """Whether it takes the network for a portal's: by which page it shows in place of one whose
        certificate is nobody's. It waits for its detector for 3 s, and says so if nothing came."""
        self.go(UNTRUSTED)
        shown = "return document.body && document.body.className"
        pages = {"captive-portal": "portal", "ssl": "no portal"}
        return wait_for("Chromium's own page", 30, lambda: pages.get(self.run(shown)))
