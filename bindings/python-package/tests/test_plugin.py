import pytest

from conftest import DNS, HTTP

TEST = """
def test_the_sign_in_sheet_opens(vestibule_phone):
    assert vestibule_phone, vestibule_phone
"""


def test_each_phone_is_a_test_of_the_portal_that_the_settings_start(pytester: pytest.Pytester, stand_in: str) -> None:
    pytester.makeini(f"[pytest]\nvestibule_command = {stand_in}\nvestibule_portal = {HTTP}\nvestibule_dns = {DNS}\n")
    pytester.makepyfile(TEST)
    result = pytester.runpytest_subprocess("--vestibule-phones", "ios-17,android-14,samsung-6*", "-v")
    # What only one reading of a disputed rule would find is no failure.
    result.assert_outcomes(failed=3, passed=1)
    result.stdout.fnmatch_lines(["*test_the_sign_in_sheet_opens*ios-17* FAILED*", "E*<iOS 17 shows no page*hotspot-detect*"])
    # The portal has ended with the tests.
    again = pytester.runpytest_subprocess("--vestibule-phones", "ios-17", "--vestibule-command", "true", "--vestibule-wait", "0.2")
    again.assert_outcomes(errors=1)
    again.stdout.fnmatch_lines(["*vestibule: *"])


def test_somebody_elses_portal_passes(pytester: pytest.Pytester) -> None:
    """The fixture overridden: a portal that is started otherwise. This one is the built-in device."""
    pytester.makeconftest(
        """
import json, subprocess
import pytest
from vestibule import program
from vestibule.pytest_plugin import Portal

@pytest.fixture(scope="session")
def vestibule_portal():
    demo = subprocess.Popen([program.find(), "demo", "--no-config", "--ready-json", "--skip-journey"], stdout=subprocess.PIPE, text=True)
    ready = json.loads(demo.stdout.readline())
    yield Portal(ready["portal"].removeprefix("http://").rstrip("/"), ready["dns"])
    demo.terminate()
    demo.wait()
"""
    )
    pytester.makepyfile(TEST + "\ndef test_it_opens_on_all(vestibule_check):\n    assert vestibule_check, vestibule_check\n")
    # One that shows nobody anything does not count.
    result = pytester.runpytest_subprocess("--vestibule-phones", "ios-17,android-14,nintendo-*")
    result.assert_outcomes(passed=3, skipped=2)


def test_settings_that_are_missing_or_wrong_are_told(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TEST)
    nowhere = pytester.runpytest_subprocess("--vestibule-phones", "ios-17")
    nowhere.assert_outcomes(errors=1)
    nowhere.stdout.fnmatch_lines(["*say where the portal is*"])
    unknown = pytester.runpytest_subprocess("--vestibule-phones", "nokia-3310")
    unknown.assert_outcomes(errors=1)
    unknown.stdout.fnmatch_lines(["*nokia-3310*"])
