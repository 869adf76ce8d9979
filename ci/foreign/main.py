"""Runs the portals of devices.toml beside each other, each in namespaces of its own (place.py), and holds what came of
them against fixtures/foreign. Arguments: the folder with what was installed, the command, and perhaps names of devices."""

import difflib
import json
import os
import subprocess
import sys
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent
FIXTURES = HERE.parents[1] / "fixtures/foreign"
# They wait for most of their time.
AT_ONCE = 6


def results(name, target, vestibule):
    """What came of one device, or why nothing did."""
    command = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    command += [sys.executable, str(HERE / "place.py"), name, target, vestibule]
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        return None, done.stderr[-3000:], time.monotonic() - began
    return json.loads(done.stdout), "", time.monotonic() - began


def written(name, device, found):
    return json.dumps({"device": name, "packages": device["packages"], "from": device["from"], **found}, indent=1) + "\n"


def main():
    target, vestibule, *wanted = sys.argv[1:]
    devices = tomllib.loads((HERE / "devices.toml").read_text())
    names = wanted or list(devices)
    update = os.environ.get("VESTIBULE_UPDATE") == "1"
    failed = 0

    def run(name):
        return name, results(name, target, vestibule)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        ran = dict(pool.map(run, names))
    for name in names:
        found, why, took = ran[name]
        file = FIXTURES / f"{name}.json"
        known = file.read_text() if file.exists() else ""
        if not update and (found is None or written(name, devices[name], found) != known):
            # Real time on a busy machine is no verdict: once more, alone.
            again, why_again, _ = results(name, target, vestibule)
            if again is not None and written(name, devices[name], again) == known:
                print(f"{name}: flaky, as known when it ran alone")
                found, why = again, ""
            else:
                found, why = again or found, why_again or why
        if found is None:
            print(f"{name}: FAILED: {why}")
            failed += 1
            continue
        text = written(name, devices[name], found)
        link, journeys = found["over the link"], found["journeys"]
        good = sum(journey["good"] for journey in journeys)
        phones = f"{link['shown']} of {link['of']} phones" if "shown" in link else f"the portal {link['portal']}"
        print(f"{name}: over the link {phones}; {good} of {len(journeys)} journeys; {took:.0f} s")
        if update:
            FIXTURES.mkdir(exist_ok=True)
            file.write_text(text)
        elif text != known:
            print("\n".join(difflib.unified_diff(known.splitlines(), text.splitlines(), str(file), "now", lineterm="")))
            print(f"{name}: FAILED: not as {file} says; VESTIBULE_UPDATE=1 writes what came, to be read and accepted")
            failed += 1
    print(f"{len(names) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
