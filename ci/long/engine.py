"""What engines showed of the built-in device's page, phone by phone, as a page of docs/measured."""

import collections
import datetime
import json
import statistics
import sys

told = json.load(open(sys.argv[1]))
by_engine = collections.defaultdict(list)
for phone in told["phones"]:
    for view in phone["views"]:
        by_engine[view["engine"]].append((phone["phone"], view))

print("# The built-in device's page in real engines")
print()
print(f"Made by `ci/long/engine.sh` on {datetime.date.today()}: every phone whose sheet opens, in every engine, over the")
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
