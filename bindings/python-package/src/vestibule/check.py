"""Checks of any portal with every phone, and the phones that there are."""

import json
from dataclasses import dataclass, field
from typing import Any, Mapping, Optional, Sequence, Tuple, Union

from .program import NOT_SO, WELL, call

Phones = Union[str, Sequence[str]]


@dataclass(frozen=True)
class Phone:
    """A model of a phone, as `vestibule phones` lists it."""

    id: str
    name: str
    family: str
    versions: str
    presents: str


@dataclass(frozen=True)
class Rule:
    """Why a phone decides as it does: what is known, from where, and how well (grade A is source code that was read, E unverified)."""

    id: str
    says: str
    source: str
    grade: str


@dataclass(frozen=True)
class Lease:
    """What a phone was given by DHCP, where it was checked over a link. `raw` has everything."""

    address: Optional[str]
    router: Optional[str]
    raw: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, repr=False)
class PhoneResult:
    """What one phone made of the portal."""

    id: str
    name: str
    #: `yes`, `no`, or how the sheet comes otherwise, in the program's words.
    sheet: str
    #: Whether it has failed: no sheet, or a page that nobody can use. A phone that does not count has not failed.
    failed: bool
    #: Whether it counts: a phone that shows nobody anything does not.
    counts: bool
    #: What its system concludes, `captive` or `not-captive` say.
    verdict: str
    #: What to change, where it has failed.
    change: Optional[str]
    #: By which rule it decided.
    rule: Optional[Rule]
    #: The request that decided, as "GET http://…", and what came.
    asked: Optional[str]
    came: Optional[str]
    lease: Optional[Lease]
    #: Everything that is known, as `check --json` has it.
    raw: Mapping[str, Any] = field(repr=False)

    def __bool__(self) -> bool:
        return not self.failed

    def __repr__(self) -> str:
        # What pytest prints of a failed `assert`.
        return f"<{self}>"

    def __str__(self) -> str:
        if not self.failed:
            return f"{self.name}: {self.sheet}"
        decided = f" ({self.asked}: {self.came})" if self.asked else ""
        return f"{self.name} shows no page that its owner could use{decided}. {self.change or self.raw.get('why') or ''}".rstrip()


@dataclass(frozen=True)
class Change:
    """What to change at the portal, and the phones that it repairs."""

    says: str
    phones: Tuple[str, ...]


@dataclass(frozen=True, repr=False)
class CheckReport:
    """What all phones made of the portal. True if it opens on every phone that counts."""

    portal: str
    #: On how many phones it opens, of how many that count.
    shown: int
    of: int
    phones: Tuple[PhoneResult, ...]
    changes: Tuple[Change, ...]
    #: What is odd about the portal and stops no phone.
    odd: Tuple[str, ...]
    raw: Mapping[str, Any] = field(repr=False)

    def __bool__(self) -> bool:
        return not self.failing

    @property
    def failing(self) -> Tuple[PhoneResult, ...]:
        """The phones on which it does not open."""
        return tuple(phone for phone in self.phones if phone.failed)

    def __getitem__(self, phone: str) -> PhoneResult:
        for result in self.phones:
            if result.id == phone:
                return result
        raise KeyError(phone)

    def __repr__(self) -> str:
        return f"<{self}>"

    def __str__(self) -> str:
        lines = [f"{self.portal} opens on {self.shown} of {self.of} phones."]
        lines += [f"{change.says} ({', '.join(change.phones)})" for change in self.changes]
        return "\n".join(lines)


def phones(only: Optional[Phones] = None) -> Tuple[Phone, ...]:
    """The models that there are, or those that are meant: ids, patterns (`android-*`), families (`samsung`, `iphone`)."""
    listed = json.loads(call(["phones", "--json", *_named(only)]).stdout)
    return tuple(Phone(each["id"], each["name"], each["family"], each["versions"], each["presents"]) for each in listed)


def check(
    portal: Optional[str] = None,
    *,
    link: Optional[str] = None,
    dns: Optional[str] = None,
    phones: Optional[Phones] = None,
    wait: Optional[float] = None,
    timeout: Optional[float] = None,
    strict: bool = False,
    options: Sequence[str] = (),
) -> CheckReport:
    """Checks a portal with every phone: at `portal`, as HOST[:PORT], or behind `link`, as `interface:wlan1` or `unix:PATH`.

    `dns` is HOST[:PORT]. `phones` are ids, patterns or families. `wait` (seconds) is for how long to wait for the portal, `timeout`
    (seconds) ends a check that takes longer. `strict` counts what sources contradict each other about. `options` are further
    options of `vestibule check`, as on the command line.

    Raises `VestibuleError` where nobody answers, or an option is wrong.
    """
    arguments = ["check", "--json"]
    for name, value in (("--link", link), ("--dns", dns), ("--wait", _time(wait)), ("--timeout", _time(timeout))):
        if value is not None:
            arguments += [name, value]
    named = ",".join(_named(phones))
    if named:
        arguments += ["--phones", named]
    if strict:
        arguments.append("--strict")
    arguments += options
    if portal is not None:
        arguments += ["--", portal]
    return _report(json.loads(call(arguments, good=(WELL, NOT_SO)).stdout))


def _named(phones: Optional[Phones]) -> Sequence[str]:
    if phones is None:
        return []
    if isinstance(phones, str):
        phones = phones.split(",")
    return [phone.strip() for phone in phones if phone.strip()]


def _time(seconds: Optional[float]) -> Optional[str]:
    return None if seconds is None else f"{round(seconds * 1000)}ms"


def _report(said: Mapping[str, Any]) -> CheckReport:
    return CheckReport(
        portal=said["portal"],
        shown=said["shown"],
        of=said["of"],
        phones=tuple(_phone(each) for each in said["phones"]),
        changes=tuple(Change(each["says"], tuple(each["phones"])) for each in said["changes"]),
        odd=tuple(said["odd"]),
        raw=said,
    )


def _phone(said: Mapping[str, Any]) -> PhoneResult:
    decided, rule, lease = said.get("decided_by") or {}, said.get("rule"), said.get("lease")
    return PhoneResult(
        id=said["phone"],
        name=said["name"],
        sheet=said["sheet"],
        failed=said["failed"],
        counts=said["counts"],
        verdict=said["verdict"],
        change=said["change"],
        rule=Rule(rule["id"], rule["says"], rule["source"], rule["grade"]) if rule else None,
        asked=decided.get("asked"),
        came=decided.get("came"),
        lease=Lease(lease.get("address"), lease.get("router"), lease) if lease else None,
        raw=said,
    )
