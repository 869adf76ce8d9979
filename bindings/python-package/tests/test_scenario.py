from pathlib import Path

import pytest

import vestibule

FIRST_JOIN = """
name = "a first join"
[[network]]
ssid = "Home"
[[phone]]
model = "ios-17"
wants = "Home"
expect = { told = true }
[expect]
stored = "Home"
"""


def test_a_scenario_of_text_passes_and_is_the_same_again() -> None:
    result = vestibule.run_scenario(FIRST_JOIN, seed=7)
    assert result and "1 passed" in str(result)
    assert any(record["event"] == "joined" for record in result.trace)
    assert vestibule.run_scenario(FIRST_JOIN, seed=7).trace == result.trace
    assert vestibule.run_scenario(FIRST_JOIN, seed=8).trace != result.trace


def test_what_did_not_come_is_said() -> None:
    # A device that tells every check that there is internet, so that nobody's sheet opens.
    result = vestibule.run_scenario(FIRST_JOIN + '[device]\nmutant = "says-online"\n')
    assert not result and "0 passed, 1 failed" in result.said and "told" in result.said and result.trace


def test_a_file_is_run(repository: Path) -> None:
    assert vestibule.run_scenario(repository / "fixtures/scenarios/first-join-android.toml")


def test_a_mistake_is_told_with_its_line() -> None:
    with pytest.raises(vestibule.VestibuleError, match="ios-99") as error:
        vestibule.run_scenario(FIRST_JOIN.replace("ios-17", "ios-99"))
    assert ":6" in str(error.value) or "6 |" in str(error.value)


def test_a_device_of_ones_own_is_run(repository: Path) -> None:
    device = f"python3 {repository / 'bindings/python/portal.py'}"
    assert vestibule.run_scenario(repository / "fixtures/devices/first-join.toml", device=device, timeout=120)
