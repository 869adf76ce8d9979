"""What came of driver faults on the boards' layer: runs and violations, as a page of docs/measured."""

import collections
import datetime
import json
import pathlib
import sys

folder, commit, profile, seeds, at_home = sys.argv[1:]
runs = []
for results in pathlib.Path(folder).glob("*/results.jsonl"):
    # The last line of a round that was stopped may be half a line.
    lines = results.read_text(encoding="utf-8").split("\n")[:-1]
    runs += [json.loads(line) for line in lines]
broken = sorted((run for run in runs if run["violation"]), key=lambda run: (run["scenario"], run["seed"]))
of_scenario = collections.Counter(run["scenario"] for run in runs)
kinds = collections.Counter(kind for run in runs for kind in run["covers"]["faults"])
rare = min(kinds.values(), default=0)

print("# Driver faults on the boards' layer\n")
print(f"Made by `ci/long/firmware-faults.sh` on {datetime.date.today()}, the profile {profile}, on a machine that others used.\n")
print("| | |\n|---|---|")
print(f"| commit | {commit} |")
settled = "each device settled" if at_home == "0" else "a device did NOT settle"
print(f"| seeds at a home network of its own | {seeds}: {settled} |")
print(f"| runs under the simulator's air | {len(runs):,} of {seeds} |")
print(f"| scenarios | {len(of_scenario)}, {min(of_scenario.values(), default=0)} to {max(of_scenario.values(), default=0)} seeds each |")
print(f"| kinds of faults | {len(kinds)}, the rarest in {rare:,} runs |")
print(f"| violations | {len(broken)} |")
if broken:
    print("\n| scenario | seed | invariant |\n|---|---|---|")
for run in broken:
    name = pathlib.Path(run["scenario"]).stem
    print(f"| {name} | {run['seed']} | {run['violation']['invariant']} |")
