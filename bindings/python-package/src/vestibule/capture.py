"""Recordings of phones' traffic, made of what tcpdump, Wireshark or tshark has written."""

import json
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Mapping, Optional, Tuple, Union

from .program import NOT_SO, WELL, call


@dataclass(frozen=True)
class Recording:
    """What one client has asked and was answered: nothing that was typed, no hardware address, no names of strangers' hosts."""

    #: The first line: where it is from.
    head: Mapping[str, Any]
    #: The exchanges, in order.
    exchanges: Tuple[Mapping[str, Any], ...] = field(repr=False)
    text: str = field(repr=False)

    def save(self, path: Union[str, "os.PathLike[str]"]) -> None:
        """Writes it to a file, which `vestibule replay` reads."""
        Path(path).write_text(self.text, encoding="utf-8")


def import_capture(
    capture: Union[str, "os.PathLike[str]"], *, client: Optional[str] = None, all_names: bool = False
) -> Tuple[Recording, ...]:
    """Turns a capture (pcap or pcapng, packed with gzip or not) into recordings, one for each client, the most telling first.

    `client` is the IP or hardware address of the only one that is wanted. `all_names` keeps the names of all hosts.

    Raises `VestibuleError` where the file is no capture or holds nothing of a phone.
    """
    with tempfile.TemporaryDirectory() as folder:
        first = Path(folder) / "recording.jsonl"
        arguments = ["import", "--output", str(first)]
        if client is not None:
            arguments += ["--client", client]
        if all_names:
            arguments.append("--all-names")
        call([*arguments, "--", os.fspath(capture)], good=(WELL,))
        others = sorted((path for path in Path(folder).iterdir() if path != first), key=_number)
        return tuple(_recording(path.read_text(encoding="utf-8")) for path in [first, *others])


def _number(path: Path) -> int:
    return int("".join(letter for letter in path.stem if letter.isdigit()) or 0)


def _recording(text: str) -> Recording:
    head, *exchanges = [json.loads(line) for line in text.splitlines()]
    return Recording(head, tuple(exchanges), text)
