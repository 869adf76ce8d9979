"""What came of the rounds of a campaign: runs, violations and edges never taken, as a page of docs/measured."""

import collections
import datetime
import json
import pathlib
import sys

rounds = sorted(pathlib.Path(sys.argv[1]).glob("*/results.jsonl"))
aim = int(sys.argv[2])
runs, stopped, seconds, names = 0, 0, 0, []
commits, violations, edges, faults, seeds_of = (collections.Counter() for _ in range(5))
broken = []
for results in rounds:
    ended = results.parent / "ended"
    told = json.loads(ended.read_text()) if ended.exists() else {"commit": "the same", "seconds": 0}
    if ended.exists():
        commits[told["commit"]] += 1
        seconds += told["seconds"]
        # In the order in which runs number them.
        names = json.loads((results.parent / "report.json").read_text())["edges"]
    for line in results.read_text().splitlines():
        run = json.loads(line)
        runs += 1
        stopped += not ended.exists()
        seeds_of[run["scenario"]] += 1
        edges.update(run["covers"]["edges"])
        faults.update(run["covers"]["faults"])
        if run["violation"]:
            violations[run["violation"]["invariant"]] += 1
            broken.append((run["scenario"], run["seed"], run["violation"]["invariant"], told["commit"]))
if not names:
    raise SystemExit("FAILED: no round has ended")

few, most = min(seeds_of.values()), max(seeds_of.values())
print("# A long campaign over every scenario")
print()
print(f"Made by `ci/long/campaign.sh` on {datetime.date.today()}, at nice 19 on a machine that others used. What has come of one that")
print(f"was stopped, or still runs, is told by `python3 ci/long/campaign.py target/campaign-rounds {aim}`.")
print()
print("| | |")
print("|---|---|")
print(f"| scenarios | {len(seeds_of)} |")
print(f"| seeds a scenario, from 9,000,000 | {few:,}{'' if few == most else f' to {most:,}'} of {aim:,} |")
print(f"| runs | {runs:,}{f', of which {stopped:,} of a round that was stopped' if stopped else ''} |")
print(f"| seconds, of the rounds that ended | {seconds:,} |")
print(f"| violations | {sum(violations.values()):,} |")
print(f"| kinds of faults | {len(faults)}, the rarest in {min(faults.values()):,} runs |")
print(f"| edges of the provisioning machine that were taken | {len(edges)} of {len(names)} |")
print(f"| commits | {', '.join(f'{commit} ({n} rounds of 10 seeds)' for commit, n in commits.items())} |")
print()
named = [(edges[place], f"{edge['from']} on {edge['on']} to {edge['to']}") for place, edge in enumerate(names)]
never = [edge for n, edge in named if not n]
rare = [(n, edge) for n, edge in named if 0 < n * 10_000 < runs]
print("Edges that no run took: " + ("; ".join(never) if never else "none") + ".")
print("Edges that fewer than one run in ten thousand took: "
      + ("; ".join(f"{edge} ({n})" for n, edge in sorted(rare)) if rare else "none") + ".")
if broken:
    print()
    print("| scenario | seed | invariant | commit |")
    print("|---|---|---|---|")
    for scenario, seed, invariant, commit in broken:
        print(f"| {pathlib.Path(scenario).stem} | {seed} | {invariant} | {commit} |")
