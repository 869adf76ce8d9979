"""Compares measured numbers with the table in numbers.md: numbers.py TABLE MEASURED.

MEASURED has a name and a number a line. A row says by how many percent a number may differ from
the one in the table ("any" if it depends on the machine) and the most that it may ever be; a
"goal" is a limit that is not met yet, and only printed. With
VESTIBULE_UPDATE=1 the table's numbers are written anew; the limits never are.
"""

import os
import sys


def main(table_path, measured_path):
    measured = {}
    for line in open(measured_path):
        name, number = line.split()
        measured[name] = int(number)
    update = os.environ.get("VESTIBULE_UPDATE") == "1"
    lines, failures, seen = [], [], set()
    for line in open(table_path):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == 6 and cells[0].startswith("`"):
            name = cells[0].strip("`")
            seen.add(name)
            failure, cells = compare(name, cells, measured, update)
            failures += failure
            line = "| " + " | ".join(cells) + " |\n"
        lines.append(line)
    failures += [f"{name} is measured, but not in the table" for name in measured if name not in seen]
    if update:
        open(table_path, "w").write("".join(lines))
    for failure in failures:
        print("FAILED:", failure)
    return 1 if failures else 0


def compare(name, cells, measured, update):
    """What is wrong with a row, and the row with its number written anew."""
    if name not in measured:
        return [f"{name} is in the table, but was not measured"], cells
    now, before = measured[name], int(cells[1].replace(",", ""))
    tolerance, limit = cells[3], cells[4].replace(",", "")
    print(f"{name:24} {now:>9,} {cells[2]:13} (table: {before:,})")
    failures = []
    if limit.startswith("goal "):
        goal = int(limit.removeprefix("goal "))
        print(f"    {'reaches' if now <= goal else 'MISSES'} its goal, at most {goal:,}")
    elif limit != "-" and now > int(limit):
        failures.append(f"{name} is {now}, and may be at most {limit}")
    if update:
        cells[1] = f"{now:,}"
    elif tolerance != "any" and abs(now - before) * 100 > before * float(tolerance.rstrip(" %")):
        failures.append(f"{name} is {now}, {before} in the table: VESTIBULE_UPDATE=1 if that is meant")
    return failures, cells


sys.exit(main(*sys.argv[1:]))
