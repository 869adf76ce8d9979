"""Campaigns: scenarios under many seeds, each with faults of its own."""

import json
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence, Tuple, Union

from .program import NOT_LIVE, NOT_SO, UNSAFE, WELL, call


@dataclass(frozen=True)
class CampaignRun:
    """A run of a scenario under a seed."""

    scenario: str
    seed: int
    #: The invariant that was broken and what was found, or `None`.
    violation: Optional[Mapping[str, Any]]
    #: Virtual time, in seconds.
    took: float
    #: Of the trace and every frame: the same seed has the same.
    hash: str
    raw: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class CampaignReport:
    """What came of a campaign. True if no invariant was broken."""

    runs: Tuple[CampaignRun, ...] = field(repr=False)
    #: The failures as scenarios, made as small as they go where `minimise` was asked for: name of the file, text.
    scenarios: Mapping[str, str] = field(repr=False)
    #: How many runs took each edge of the provisioning machine, and how often each invariant was broken.
    raw: Mapping[str, Any] = field(repr=False)
    said: str = field(repr=False)

    def __bool__(self) -> bool:
        return not self.violations

    @property
    def violations(self) -> Tuple[CampaignRun, ...]:
        """The runs in which an invariant was broken."""
        return tuple(run for run in self.runs if run.violation)

    def __str__(self) -> str:
        return self.said


class Campaign:
    """A campaign over scenario files or folders of them.

        Campaign("fixtures/scenarios/first-join-ios.toml", seeds=100).run()
    """

    def __init__(
        self,
        *scenarios: Union[str, "os.PathLike[str]"],
        seeds: int = 100,
        first: int = 1,
        minimise: bool = False,
        device: Optional[str] = None,
        options: Sequence[str] = (),
    ) -> None:
        """`seeds` for each scenario, from `first` on. `minimise` makes each failure a scenario as small as it goes. `device` is a
        command that is the device under test, by the device protocol."""
        self.scenarios, self.seeds, self.first = scenarios, seeds, first
        self.minimise, self.device, self.options = minimise, device, options

    def run(self, *, timeout: Optional[float] = None) -> CampaignReport:
        """Runs it. `timeout` is in seconds of the clock. Raises `VestibuleError` where a scenario cannot be read."""
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out"
            arguments = ["campaign", "--from", str(self.first), "--seeds", str(self.seeds), "--out", str(out)]
            arguments += ["--minimise"] * self.minimise
            if self.device is not None:
                arguments += ["--device", self.device]
            ended = call([*arguments, *self.options, "--", *(os.fspath(path) for path in self.scenarios)], good=(WELL, NOT_SO, UNSAFE, NOT_LIVE), within=timeout)
            with open(out / "results.jsonl", encoding="utf-8") as lines:
                runs = tuple(_run(json.loads(line)) for line in lines)
            small = {path.name: path.read_text(encoding="utf-8") for path in sorted(out.glob("*.toml"))}
            raw = json.loads((out / "report.json").read_text(encoding="utf-8"))
        return CampaignReport(runs, small, raw, ended.stdout.strip())


def _run(said: Mapping[str, Any]) -> CampaignRun:
    return CampaignRun(said["scenario"], said["seed"], said["violation"], said["took_ms"] / 1000, said["hash"], said)
