"""Runs the commands of pages as they stand there: python3 tasks.py REPOSITORY PAGE...

Blocks of ```sh are one shell's, one after the other. `# ends with N` is a command's exit code. Lines of the ```text block below
are printed by it, however they are wrapped. A block with file=NAME is that file.
"""

import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"^```(\w+)(?: file=(\S+))?\n(.*?)^```$", re.M | re.S)
MARK = "what is printed ends here, with"


def words(text):
    return " ".join(text.split())


def commands(block):
    """The block as a shell runs it, and the exit code of its last command."""
    code = re.search(r"# ends with (\d+)\s*$", block)
    return re.sub(r"\s+# ends with \d+", "", block), int(code.group(1)) if code else 0


def run(repository, page):
    blocks = BLOCK.findall(page.read_text())
    folder = pathlib.Path(tempfile.mkdtemp())
    (folder / "fixtures").symlink_to(repository / "fixtures")
    for _, name, text in blocks:
        if name:
            (folder / name).write_text(text)
    shell = subprocess.Popen(
        ["bash"], cwd=folder, text=True, start_new_session=True, env={**os.environ, "results": str(folder)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    count, said = 0, ""
    try:
        for language, name, text in blocks:
            if language == "sh":
                block, expected = commands(text)
                # Each line but the last has to be well; what runs beside is the shell's own.
                *before, last = block.strip().splitlines()
                checked = "".join(f"{line}\n" if line.endswith("&") else f"{line} || exit 99\n" for line in before)
                shell.stdin.write(f"{checked}{last}\necho '{MARK}' $?\n")
                shell.stdin.flush()
                said = ""
                for line in shell.stdout:
                    if line.startswith(MARK):
                        ended = int(line.removeprefix(MARK))
                        break
                    said += line
                else:
                    sys.exit(f"{page}: the shell has ended at\n{text}\n{said}")
                if ended != expected:
                    sys.exit(f"{page}: ended with {ended}, not {expected}:\n{text}\n{said}")
                count += 1
            elif language == "text":
                for line in filter(None, map(words, text.splitlines())):
                    if line not in words(said):
                        sys.exit(f"{page}: not said: {line}\n{said}")
    finally:
        os.killpg(shell.pid, signal.SIGKILL)
    if not count:
        sys.exit(f"{page}: no command is found")
    print(f"{page.name}: {count} blocks")


for name in sys.argv[2:]:
    run(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(name))
