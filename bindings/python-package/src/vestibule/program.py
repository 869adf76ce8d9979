"""The program `vestibule`: where it is, and what it says when it is called.

Must not know what any command answers; that is the other modules'.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Optional, Sequence

# Exit codes of the program (docs/exit-codes.md): what was asked for is so; it is not; nobody is there or the use is wrong; an
# safety invariant was broken; something that must come about did not.
WELL, NOT_SO, WRONG_USE, UNSAFE, NOT_LIVE = 0, 1, 2, 3, 4


class VestibuleError(Exception):
    """What was asked for could not be done: nobody answers, a file is not there, an option is wrong.

    `exit_code` is the program's; the text is what it said.
    """

    def __init__(self, said: str, exit_code: int) -> None:
        super().__init__(said)
        self.exit_code = exit_code


def find() -> Path:
    """The program: that of the environment variable VESTIBULE, that which was installed with this package, or that on PATH.

    Raises `VestibuleError` where there is none.
    """
    named = os.environ.get("VESTIBULE")
    if named:
        return Path(named)
    name = "vestibule.exe" if sys.platform == "win32" else "vestibule"
    user = sysconfig.get_path("scripts", scheme=sysconfig.get_preferred_scheme("user")) if sys.version_info >= (3, 10) else None
    for folder in (sysconfig.get_path("scripts"), user):
        if folder and (Path(folder) / name).is_file():
            return Path(folder) / name
    on_path = shutil.which("vestibule")
    if on_path:
        return Path(on_path)
    raise VestibuleError("the program `vestibule` is not there: install the wheel, or name it in VESTIBULE", WRONG_USE)


def call(arguments: Sequence[str], *, good: Sequence[int] = (WELL,), within: Optional[float] = None) -> "subprocess.CompletedProcess[str]":
    """Calls the program without the defaults of any `vestibule.toml`, and gives what it has said.

    `within` is in seconds. Raises `VestibuleError` at any exit code that is not in `good`, and after that time.
    """
    command, *rest = arguments
    try:
        ended = subprocess.run(
            [str(find()), command, "--no-config", "--color", "never", *rest],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            timeout=within,
        )
    except subprocess.TimeoutExpired as late:
        raise VestibuleError(f"`vestibule {command}` has not ended within {within} s", WRONG_USE) from late
    if ended.returncode not in good:
        said = ended.stderr.strip() or ended.stdout.strip() or f"`vestibule {command}` ended with {ended.returncode}"
        raise VestibuleError(said, ended.returncode)
    return ended
