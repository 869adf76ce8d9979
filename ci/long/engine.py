"""What engines showed of the built-in device's page, phone by phone, and setups in them, as a page of docs/measured."""

import collections
import datetime
import json
import statistics
import sys

by_engine = collections.defaultdict(list)
journeys = []
for file in sys.argv[1:]:
    told = json.load(open(file))
    journeys += told.get("journeys", [])
    for phone in told.get("phones", []):
        for view in phone["views"]:
            by_engine[view["engine"]].append((phone["phone"], view))

print("# The built-in device's page in real engines")
print()
print(f"Made by `ci/long/engine.sh` on {datetime.date.today()}: each phone whose sheet opens, in an engine, over the")
print("proxy that leads to the portal and nowhere else. *Usable* is the time from the request until a person sees something;")
print("*whole* has the engine's start and end in it, two at a time on two cores.")
print()
print("| engine | pages | usable to a person | usable after, median (most) | whole, median (most) | warnings |")
print("|---|---|---|---|---|---|")
for engine, views in sorted(by_engine.items()):
    usable = [view["usable_after"] for _, view in views if view["usable_after"] is not None]
    whole = [view["took"] for _, view in views]
    good = sum(view["unusable"] is None for _, view in views)
    after = f"{statistics.median(usable):.1f} s ({max(usable):.1f} s)" if usable else "-"
    warnings = sum(len(view["warnings"]) for _, view in views)
    print(f"| {engine} | {len(views)} | {good} | {after} | {statistics.median(whole):.1f} s ({max(whole):.1f} s) | {warnings} |")
others = collections.defaultdict(list)
for engine, views in sorted(by_engine.items()):
    for phone, view in views:
        for what in ([view["unusable"]] if view["unusable"] else []) + view["warnings"]:
            others[f"{engine}: {what}"].append(phone)
if others:
    print()
    print("What was said of them:")
    print()
    for what, phones in sorted(others.items()):
        print(f"- {what} ({', '.join(phones)})")

print()
print("A whole setup in the engine, from its start to the result that the owner reads, the device's own join included:")
print()
print("| engine | phone | ending | from the sheet on |")
print("|---|---|---|---|")
for one in journeys:
    last = one["story"][-1]["at"] if one["story"] else 0
    print(f"| {one['engine']} | {one['phone']} | {one['ending']} | {last:.1f} s |")
