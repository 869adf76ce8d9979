from pathlib import Path

import pytest

import vestibule
from test_scenario import FIRST_JOIN


def test_a_campaign_has_a_run_for_each_seed(repository: Path) -> None:
    report = vestibule.Campaign(repository / "fixtures/scenarios/first-join-ios.toml", seeds=3, first=11).run()
    assert report and [run.seed for run in report.runs] == [11, 12, 13]
    assert report.raw["runs"] == 3 and not report.scenarios
    assert all(run.took > 0 and len(run.hash) == 64 for run in report.runs)


def test_a_device_that_breaks_an_invariant_is_found(tmp_path: Path) -> None:
    scenario = tmp_path / "says-online.toml"
    # It tells every check that there is internet, so nobody's sheet opens.
    scenario.write_text(FIRST_JOIN + '[device]\nmutant = "says-online"\n')
    report = vestibule.Campaign(scenario, seeds=2, minimise=True).run()
    assert not report and report.violations[0].violation
    assert any(name.endswith(".toml") for name in report.scenarios) and all("[[" in text for text in report.scenarios.values())


def test_no_seeds_are_a_mistake(repository: Path) -> None:
    with pytest.raises(vestibule.VestibuleError):
        vestibule.Campaign(repository / "fixtures/scenarios/first-join-ios.toml", seeds=0).run()
