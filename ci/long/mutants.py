"""All mutants of the core in one build, each behind a switch; the tests of its file run once for each; what came of them as a page.

    mutants.py COPY [FILE...]    COPY/tree is the source, COPY/mutants.json what cargo-mutants lists, COPY/found is kept between runs
"""

import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import time

TABLE, ARGUED = pathlib.Path("ci/long/mutants.tsv"), pathlib.Path("ci/long/mutants-argued.txt")
PAGE = pathlib.Path("docs/measured/mutants.md")
BEGIN, END = "<!-- ci/long/mutants.sh writes from here -->\n", "<!-- to here -->\n"
HEAD = "| file | mutants | noticed | not noticed | not built | not reached | at | on |\n|---|---|---|---|---|---|---|---|\n"
MACHINE = "firmware-core/src/provisioning.rs"
# Of the edges; those of cargo-mutants begin at 1.
FIRST_EDGE = 1_000_000
SWITCH = """extern crate std;

/// Which mutant is on.
pub fn mutant() -> u32 {
    static ON: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
    *ON.get_or_init(|| std::env::var("MUTANT").ok().and_then(|on| on.parse().ok()).unwrap_or(0))
}
"""
LOOKUP = "EDGES.iter().find(|edge| edge.from == from && edge.on == on)"
LOOKUP_WITHOUT = f"""EDGES
        .iter()
        .enumerate()
        .filter(|(place, _)| crate::mutant() != {FIRST_EDGE} + *place as u32)
        .map(|(_, edge)| edge)
        .find(|edge| edge.from == from && edge.on == on)"""


class Text:
    """A file, in which cargo-mutants names places by lines and columns."""

    def __init__(self, text):
        self.text = text
        self.begins = [0]
        for line in text.splitlines(keepends=True):
            self.begins.append(self.begins[-1] + len(line))

    def span(self, span):
        at = lambda place: self.begins[place["line"] - 1] + place["column"] - 1
        return at(span["start"]), at(span["end"])

    def body(self, function):
        """Where the body of a function is, without its braces; None of one that runs while the program is built."""
        begin, end = self.begins[function["start"]["line"] - 1], self.span(function)[1]
        head = re.compile(r"^(?!\s*(?://|#)).*?\bfn\s+\w+", re.MULTILINE).search(self.text, begin, end)
        opened = self.text.index("{", head.end())
        is_const = re.search(r"\bconst\s+(?:unsafe\s+)?fn\b", head.group())
        return None if is_const else (opened + 1, end - 1)


def weave(text, mutants):
    """The file with every mutant in it, as an arm of a match in its function. Those that cannot be there are left out."""
    file = Text(text)
    bodies = {}
    for mutant in mutants:
        body = mutant["function"] and file.body(mutant["function"]["span"])
        if body:
            bodies.setdefault(body, []).append(mutant)
    # What is in a function within another is in the outer one.
    for inner in sorted(bodies, key=lambda body: body[1] - body[0]):
        outer = [body for body in bodies if body != inner and body[0] <= inner[0] and inner[1] <= body[1]]
        if outer:
            bodies[max(outer, key=lambda body: body[1] - body[0])] += bodies.pop(inner)
    for (begin, end), within in sorted(bodies.items(), reverse=True):
        numbers = ", ".join(str(mutant["number"]) for mutant in within)
        arms = f"\n//mutant 0\nmutant_on if ![{numbers}].contains(&mutant_on) => {{{text[begin:end]}\n}}"
        for mutant in within:
            place, behind = file.span(mutant["span"])
            mutated = text[begin:place] + mutant["replacement"] + " " + text[behind:end]
            arms += f"\n//mutant {mutant['number']}\n{mutant['number']} => {{{mutated}\n}}"
        text = f"{text[:begin]}\nmatch crate::mutant() {{{arms}\n//mutant 0\n_ => core::unreachable!()\n}}\n{text[end:]}"
    return text


def build(tree, mutants):
    """Weaves and builds, without those that do not compile. The test programs by their names."""
    originals = {name: (tree / name).read_text() for name in {mutant["file"] for mutant in mutants} | {MACHINE}}
    library = tree / "firmware-core/src/lib.rs"
    library.write_text(re.sub(r"#\[cfg\(test\)\]\s*extern crate std;\n", lambda _: SWITCH, library.read_text()))
    (tree / ".cargo").mkdir(exist_ok=True)
    (tree / ".cargo/config.toml").write_text("[profile.dev.package.vestibule-core]\nopt-level = 0\ndebug = 0\n")
    # Which do not compile is known from the last run, as long as they are the same.
    kept = COPY / "found/not-built.json"
    names = {mutant["number"]: mutant["name"] for mutant in mutants}
    known = set(json.loads(kept.read_text())) if kept.exists() else set()
    broken = {number for number, name in names.items() if name in known}
    while True:
        for name, text in originals.items():
            woven = weave(text, [m for m in mutants if m["file"] == name and m["number"] not in broken])
            (tree / name).write_text(woven.replace(LOOKUP, LOOKUP_WITHOUT) if name == MACHINE else woven)
        built = subprocess.run(["cargo", "test", "--locked", "--no-run", "-p", "vestibule-core", "--lib", "--test", "worn",
                                "--message-format=json"], cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        told = [json.loads(line) for line in built.stdout.splitlines()]
        if built.returncode == 0:
            return {line["target"]["name"]: line["executable"] for line in told if line.get("executable")}, broken
        errors = [line["message"] for line in told if line["reason"] == "compiler-message" and line["message"]["level"] == "error"]
        found = {number for error in errors for number in at_fault(tree, error)}
        if not found - broken:
            raise SystemExit("FAILED: " + "\n".join(error["rendered"] for error in errors) + built.stderr[-2000:])
        broken |= found
        kept.write_text(json.dumps(sorted(names[number] for number in broken)))
        print(f"{len(broken)} do not compile", flush=True)


def at_fault(tree, error):
    """The mutants in which an error is."""
    for span in error["spans"]:
        before = (tree / span["file_name"]).read_text().splitlines()[: span["line_start"]]
        marks = [line for line in before if line.startswith("//mutant ")]
        if marks and marks[-1] != "//mutant 0":
            yield int(marks[-1].split()[1])


def passes(programs, filters, number, limit):
    """Whether the tests notice nothing: no test fails, and they end."""
    for program in programs:
        asked = filters if program is programs[0] else []
        skipped = ["--skip", "the_table_reads_like_this"] if number >= FIRST_EDGE else []
        try:
            run = subprocess.run([program, "--quiet", *asked, *skipped], env=os.environ | {"MUTANT": str(number)}, timeout=limit,
                                 cwd=TREE / "firmware-core", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            return False
        if run.returncode:
            return False
    return True


def try_all(file, mutants, programs, filters, until):
    """Tries those of a file that were not tried, or that nobody noticed; what is known of each then."""
    state = git("log", "-1", "--format=%h", "--", MACHINE if file == "edges" else file)
    kept = COPY / "found" / (file.replace("/", "-") + ".json")
    known = json.loads(kept.read_text()) if kept.exists() else {}
    known = known if known.get("state") == state else {"state": state, "noticed": {}}
    began = time.monotonic()
    if not passes(programs, filters, 0, 1800):
        raise SystemExit(f"FAILED: the tests of {file} fail without a mutant")
    took = time.monotonic() - began
    for mutant in mutants:
        if known["noticed"].get(mutant["name"]):
            continue
        if time.monotonic() > until:
            break
        known["noticed"][mutant["name"]] = not passes(programs, filters, mutant["number"], 20 + 5 * took)
        kept.write_text(json.dumps(known))
    print(f"{file}: {took:.1f} s without a mutant", flush=True)
    return known["noticed"]


def write_page(file, everything, not_built, noticed):
    """Puts what is known of one file onto the page; what is known of the others stays."""
    order = [row[0] for row in table()]
    explained = set(ARGUED.read_text().splitlines())
    before, rest = PAGE.read_text().split(BEGIN)
    written, after = rest.split(END)
    rows = dict(re.findall(r"^\| `([^`]*)` (\|.*)$", written, re.MULTILINE))
    survivors = re.findall(r"^- (?:not explained|explained): (.*)$", written, re.MULTILINE)
    # Without lines and columns, which move.
    missed = [re.sub(r":\d+:\d+: ", ": ", name) for name, was_noticed in noticed.items() if not was_noticed]
    left = everything - not_built - len(noticed)
    rows[file] = (f"| {everything} | {len(noticed) - len(missed)} | {len(missed)} | {not_built} | {left} "
                  f"| {git('rev-parse', '--short', 'HEAD')} | {datetime.date.today()} |")
    survivors = [line for line in survivors if not line.startswith(f"{file}: ")] + missed
    text = HEAD + "".join(f"| `{name}` {rows[name]}\n" for name in order if name in rows)
    never = [f"`{name}`" for name in order if name not in rows]
    text += f"\nNot looked at yet: {', '.join(never) if never else 'none'}.\n"
    text += "\nWhat no test noticed" + (":\n\n" if survivors else ": nothing.\n")
    text += "".join(f"- {'explained' if line in explained else 'not explained'}: {line}\n" for line in sorted(survivors))
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")
    print(f"{file} {rows[file]}", flush=True)


def table():
    return [line.split("\t") for line in TABLE.read_text().splitlines() if not line.startswith("#")]


def git(*arguments):
    return subprocess.run(["git", *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def main():
    until = time.monotonic() + float(os.environ.get("MUTANTS_SECONDS", 3600))
    mutants = json.loads((COPY / "mutants.json").read_text())
    for number, mutant in enumerate(mutants, start=1):
        mutant["number"] = number
    names = re.findall(r"^    edge\((\w*), *(\w*),", (TREE / MACHINE).read_text(), re.MULTILINE)
    edges = [{"file": "edges", "name": f"edges: {state} + {on} left out", "number": FIRST_EDGE + place}
             for place, (state, on) in enumerate(names)]
    if LOOKUP not in (TREE / MACHINE).read_text():
        raise SystemExit("FAILED: the machine is not as this script knows it")
    woven = {mutant["number"] for mutant in mutants if mutant["function"]
             and Text((TREE / mutant["file"]).read_text()).body(mutant["function"]["span"])}
    programs, broken = build(TREE, [mutant for mutant in mutants if mutant["number"] in woven])
    tried = [mutant for mutant in mutants if mutant["number"] in woven - broken] + edges
    for file, filters, *others in table():
        if (len(sys.argv) > 2 and file not in sys.argv[2:]) or time.monotonic() > until:
            continue
        asked = [programs[name] for name in ["vestibule_core", *" ".join(others).split()]]
        own = [mutant for mutant in tried if mutant["file"] == file]
        noticed = try_all(file, own, asked, filters.split(), until)
        everything = len(edges) if file == "edges" else sum(mutant["file"] == file for mutant in mutants)
        write_page(file, everything, everything - len(own), noticed)


COPY = pathlib.Path(sys.argv[1])
TREE = COPY / "tree"
if __name__ == "__main__":
    main()
