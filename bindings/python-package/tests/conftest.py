"""What the tests share: the repository's files, and the stand-in of somebody's portal."""

import subprocess
from pathlib import Path
from typing import Iterator

import pytest

from vestibule import program

pytest_plugins = ["pytester"]
REPOSITORY = Path(__file__).parents[3]
HTTP, DNS = "127.0.0.1:18093", "127.0.0.1:15393"


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture()
def stand_in() -> Iterator[str]:
    """The command that answers as NodeMCU's portal of 2019 did, which opens on no iPhone."""
    file = REPOSITORY / "sim/portals/nodemcu-2019.toml"
    yield f"{program.find()} stand-in --http-port 18093 --dns-port 15393 {file}"


@pytest.fixture()
def nodemcu(stand_in: str) -> Iterator[None]:
    process = subprocess.Popen(stand_in.split(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield
    process.terminate()
    process.wait()
