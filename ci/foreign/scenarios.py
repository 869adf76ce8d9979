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
        """What is violated, each with the seed in which a device was too late, if that is what it was."""
        cases = self.ask("campaign", "campaign", f"{FIXTURES}/power-cuts.toml", "--seeds", str(SEEDS))
        failures = [(case.get("name"), failure.get("message")) for case in cases for failure in case.iter("failure")]
        return {name: re.match(r"seed (\d+): LIVENESS ", message) for name, message in failures}

    def confirmed(self, violated, by_chance):
        """Real time on a busy machine is no verdict on what must happen in time: such a seed once more, alone."""
        for name, late in sorted(violated.items()):
            if name in by_chance:
                continue
            if late:
                seed = late.group(1)
                once_more = ["--from", seed, "--seeds", "1"]
                cases = self.ask(f"campaign-{seed}", "campaign", f"{FIXTURES}/power-cuts.toml", *once_more)
                if not any(case.get("name") == name and case.find("failure") is not None for case in cases):
                    continue
            yield f"violated: {name}"


def timeless(failure):
    """Without what differs each time: seconds, and the state at the end of a run that has failed."""
    return re.sub(r" after \d+\.\d+ s", "", re.sub(r"(state to be [\w-]+, found) [\w-]+", r"\1 another", failure))


def results(by_chance, *of):
    """`by_chance`: invariants of which it is a matter of milliseconds whether this device violates them, and scenarios of which
    it is one how it fails."""
    device = Device(*of)
    with ThreadPoolExecutor(4) as pool:
        parts = [pool.submit(device.run, scenario) for scenario in SCENARIOS]
        violated = pool.submit(device.campaign)
    came = {name: what for part in parts for name, what in part.result().items()}
    came |= {name: ["fails, in one way or another"] for name in by_chance if came.get(name, "passed") != "passed"}
    found = [*device.confirmed(violated.result(), by_chance)]
    return {**came, f"campaign of {SEEDS} seeds": found or "no violation"}
