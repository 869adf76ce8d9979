"""A portal as `vestibule profile` finds it, beside its profile in sim/portals: which phones' rows differ in a matrix of
the two, and which answers and header lines do."""

import subprocess
import tempfile
import tomllib
from pathlib import Path

PORTALS = Path(__file__).parents[2] / "sim/portals"
# What is asked of each, and a path that nobody has.
ASKED = [(host, path) for host in ("portal", "other") for path in ("/", "/vestibule-asks-for-nothing")]
# Of which version of which library it is, is no matter of the portal's.
NOT_COMPARED = {"server"}


def differences(vestibule, live, name, not_its_own):
    """`not_its_own`: facts that other programs bring here, as `dns.other`."""
    ours = PORTALS / f"{name}.toml"
    seen, said = (tomllib.loads(Path(file).read_text()) for file in (live, ours))
    return {"portal": name, "phones": rows(vestibule, live, ours), "facts": facts(seen, said, not_its_own)}


def rows(vestibule, live, ours):
    """The phones whose cells differ."""
    with tempfile.NamedTemporaryFile("r", suffix=".md") as file:
        command = [vestibule, "matrix", str(live), str(ours), "--markdown", file.name]
        subprocess.run(command, check=True, capture_output=True, timeout=100)
        table = file.read().split("\n\n")
    cells = [[cell.strip(" *") for cell in row.split("|")[1:-1]] for part in table[:4] for row in part.splitlines()]
    phones = {row[0]: row[2:] for row in cells if len(row) == 4 and row[0] not in ("", "---", "show the page")}
    if len(phones) < 50:
        raise RuntimeError(f"a matrix with {len(phones)} phones: {command}")
    return [f"{phone}: {live}, and by its profile {ours}" for phone, (live, ours) in phones.items() if live != ours]


def facts(seen, said, not_its_own):
    found = {}
    for table, key in (("dns.address", "answer"), ("dns.other", "answer"), ("https", "answer"), ("dhcp", "lease")):
        pair = [fact(profile, table, key) for profile in (seen, said)]
        if table not in not_its_own and pair[0] != pair[1]:
            found[f"{table} {key}"] = pair
    for host, path in ASKED:
        pair = [reply(profile, host, path) for profile in (seen, said)]
        if pair[0] != pair[1]:
            found[f"{path} of {host}"] = pair
    return [f"{what}: {live}, and by its profile {ours}" for what, (live, ours) in found.items()]


def fact(profile, table, key):
    for part in table.split("."):
        profile = profile.get(part, {})
    return profile.get(key)


def reply(profile, host, path):
    """The status and the header lines of what is answered. Tokens behind a question mark are new each time."""
    for rule in profile["http"]:
        fits = rule.get("host", host) == host and rule.get("path", path) == path
        if fits and "query" not in rule and "when" not in rule:
            break
    given = rule["reply"]
    if isinstance(given, str):
        return given
    lines = {name.lower(): value.partition("?")[0] for name, value in given.get("headers", {}).items()}
    told = [f"{name}: {value}" for name, value in sorted(lines.items()) if name not in NOT_COMPARED]
    return f"{given['status']} with {', '.join(told) or 'no header lines'}"
