"""The pytest plugin: starts your portal, checks it once with every phone, and gives each test one phone's result.

    # pytest.ini
    [pytest]
    vestibule_command = python3 portal.py
    vestibule_portal = 127.0.0.1:8080
    vestibule_dns = 127.0.0.1:15353

    # test_portal.py
    def test_the_sign_in_sheet_opens(vestibule_phone):
        assert vestibule_phone, vestibule_phone

Each setting has an option of the same name on the command line, as `--vestibule-portal`. Who starts the portal otherwise (a board
on a cable, pytest-embedded) overrides the fixture `vestibule_portal`.
"""

import shlex
import subprocess
import sys
from dataclasses import dataclass
from typing import Any, Iterator, List, Optional

import pytest

from .check import CheckReport, PhoneResult, check, phones
from .program import VestibuleError

SETTINGS = {
    "command": "the command that starts the portal; it is ended when the tests are over. Without it the portal is there already",
    "portal": "where the portal serves HTTP, as HOST[:PORT]",
    "dns": "where it answers DNS, as HOST[:PORT]: the same host and port 53 unless said",
    "link": "the device behind a link instead of `portal`, as interface:wlan1",
    "phones": "ids, patterns or families of phones, with commas between: all of them unless said",
    "wait": "for how many seconds to wait for the portal: 30 unless said",
}
# A portal that does not end when it is told to is killed after this time, in seconds.
END_WITHIN = 5.0


@dataclass(frozen=True)
class Portal:
    """Where the portal is."""

    address: Optional[str] = None
    dns: Optional[str] = None
    link: Optional[str] = None


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("vestibule", "captive portals on every phone")
    for name, text in SETTINGS.items():
        group.addoption(f"--vestibule-{name}", default=None, help=text)
        parser.addini(f"vestibule_{name}", help=text, default=None)


def _setting(config: pytest.Config, name: str) -> Optional[str]:
    given = config.getoption(f"--vestibule-{name}")
    return given or config.getini(f"vestibule_{name}") or None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `vestibule_phone` runs once for each phone."""
    if "vestibule_phone" not in metafunc.fixturenames:
        return
    try:
        ids: List[str] = [phone.id for phone in phones(_setting(metafunc.config, "phones"))]
    except VestibuleError as error:
        raise pytest.Collector.CollectError(f"vestibule: {error}") from error
    metafunc.parametrize("vestibule_phone", ids, ids=ids, indirect=True, scope="session")


@pytest.fixture(scope="session")
def vestibule_portal(pytestconfig: pytest.Config) -> Iterator[Portal]:
    """The portal of the settings, started by its command if there is one."""
    portal = Portal(_setting(pytestconfig, "portal"), _setting(pytestconfig, "dns"), _setting(pytestconfig, "link"))
    if portal.address is None and portal.link is None:
        pytest.fail("vestibule: say where the portal is: vestibule_portal or vestibule_link in pytest.ini", pytrace=False)
    command = _setting(pytestconfig, "command")
    if command is None:
        yield portal
        return
    words: Any = command if sys.platform == "win32" else shlex.split(command)
    try:
        process = subprocess.Popen(words, cwd=pytestconfig.rootpath, stdin=subprocess.DEVNULL)
    except OSError as error:
        pytest.fail(f"vestibule: {command}: {error.strerror}", pytrace=False)
    try:
        yield portal
    finally:
        process.terminate()
        try:
            process.wait(END_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def vestibule_check(vestibule_portal: Portal, pytestconfig: pytest.Config) -> CheckReport:
    """What all phones make of the portal. It is checked once."""
    wait = float(_setting(pytestconfig, "wait") or 30)
    try:
        return check(
            vestibule_portal.address,
            dns=vestibule_portal.dns,
            link=vestibule_portal.link,
            phones=_setting(pytestconfig, "phones"),
            wait=wait if vestibule_portal.link is None else None,
        )
    except VestibuleError as error:
        pytest.fail(f"vestibule: {error}", pytrace=False)


@pytest.fixture(scope="session")
def vestibule_phone(request: pytest.FixtureRequest, vestibule_check: CheckReport) -> PhoneResult:
    """What one phone makes of it: a test that asks for this runs once for each phone. One that does not count is skipped."""
    result = vestibule_check[request.param]
    if not result.counts:
        pytest.skip(f"{result.name} does not count: {result.raw.get('why') or 'it shows nobody anything'}")
    return result
