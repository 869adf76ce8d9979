"""How many bytes of a program have which names: symbols.py PROGRAM (NAME PATTERN)... prints a name and a number a line.

A function that the compiler has put into another one counts as part of that one.
"""

import re
import subprocess
import sys

program, *questions = sys.argv[1:]
symbols = []
for line in subprocess.run(["nm", "-S", "-C", program], capture_output=True, text=True, check=True).stdout.splitlines():
    # Address, size, kind, name; without a size it is a place and no thing.
    parts = line.split(" ", 3)
    if len(parts) == 4 and re.fullmatch("[0-9a-f]{8}", parts[1]):
        symbols.append((int(parts[1], 16), parts[3]))
for name, pattern in zip(questions[::2], questions[1::2], strict=True):
    size = sum(size for size, symbol in symbols if re.search(pattern, symbol))
    if size == 0:
        sys.exit(f"{program} has nothing called {pattern}")
    print(name, size)
