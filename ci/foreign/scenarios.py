"""Runs a portal of devices.toml as a device of scenarios, by the device protocol: a first set-up, power cuts, a campaign.
What came of it is what is the same each time."""

import os
import re
import subprocess
import xml.etree.ElementTree as xml
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FIXTURES = "fixtures/devices"
SCENARIOS = ["first-join", "awkward-passphrase", "power-cuts"]
SEEDS = 6
COMMAND = 280


class Device:
    def __init__(self, vestibule, command, environment, out):
        self.vestibule, self.command, self.out = vestibule, command, out
        self.environment = {**os.environ, **environment}

    def ask(self, kind, *arguments):
        """One command of vestibule: the failures in its JUnit file."""
        junit = self.out / f"{kind}.xml"
        command = [self.vestibule, *arguments, "--device", " ".join(self.command), "--junit", str(junit)]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=COMMAND, check=False, cwd=ROOT, env=self.environment
        )
        (self.out / f"{kind}.log").write_text(done.stdout + done.stderr)
        if not junit.exists():
            raise SystemExit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}")
        return list(xml.parse(junit).iter("testcase"))

    def run(self, name):
        cases = self.ask(name, "run", f"{FIXTURES}/{name}.toml")
        failures = [failure.get("message") for case in cases for failure in case.iter("failure")]
        return {name: [timeless(failure) for failure in failures] or "passed"}

    def campaign(self):
        cases = self.ask("campaign", "campaign", f"{FIXTURES}/power-cuts.toml", "--seeds", str(SEEDS))
        violated = sorted({case.get("name") for case in cases if case.find("failure") is not None})
        return {f"campaign of {SEEDS} seeds": [f"violated: {name}" for name in violated] or "no violation"}


def timeless(failure):
    """Without what differs each time: seconds, and the state at the end of a run that has failed."""
    return re.sub(r" after \d+\.\d+ s", "", re.sub(r"(state to be [\w-]+, found) [\w-]+", r"\1 another", failure))


def results(*of):
    device = Device(*of)
    with ThreadPoolExecutor(4) as pool:
        parts = [*map(lambda scenario: pool.submit(device.run, scenario), SCENARIOS), pool.submit(device.campaign)]
        return {name: came for part in parts for name, came in part.result().items()}
