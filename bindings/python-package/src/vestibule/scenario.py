"""Runs of scenarios: a world, a script, and what must come of it (docs/scenarios.md)."""

import json
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence, Tuple, Union

from .program import NOT_LIVE, NOT_SO, UNSAFE, WELL, call


@dataclass(frozen=True)
class ScenarioResult:
    """How a run ended. True if everything came as the scenario expects."""

    passed: bool
    #: What was expected and did not come, or the invariant that was broken, as the program tells it.
    said: str
    #: Everything that happened, a record each, in order: `us` is the time in microseconds.
    trace: Tuple[Mapping[str, Any], ...] = field(repr=False)

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        return self.said


def run_scenario(
    scenario: Union[str, "os.PathLike[str]"],
    *,
    driver: str = "virtual",
    seed: int = 1,
    device: Optional[str] = None,
    timeout: Optional[float] = None,
    options: Sequence[str] = (),
) -> ScenarioResult:
    """Runs a scenario: a path to a file, or the text of one (a `str` with a line break).

    `driver` is `virtual` (simulated frames in virtual time; the same `seed`, the same run), `loopback` or another of `vestibule
    run`. `device` is a command that is the device under test, by the device protocol (docs/device-protocol.md). `timeout` is in
    seconds of the clock.

    Raises `VestibuleError` where the scenario cannot be read or run.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = scenario
        if isinstance(scenario, str) and "\n" in scenario:
            path = Path(folder) / "scenario.toml"
            path.write_text(scenario, encoding="utf-8")
        trace = Path(folder) / "trace.jsonl"
        arguments = ["run", "--trace", str(trace)]
        if device is not None:
            arguments += ["--device", device]
        else:
            arguments += ["--driver", driver]
            if driver == "virtual":
                arguments += ["--seed", str(seed)]
        ended = call([*arguments, *options, "--", os.fspath(path)], good=(WELL, NOT_SO, UNSAFE, NOT_LIVE), within=timeout)
        with open(trace, encoding="utf-8") as lines:
            records = tuple(json.loads(line) for line in lines)
    return ScenarioResult(ended.returncode == WELL, ended.stdout.strip(), records)
