"""Proves that a device's Wi-Fi setup works on every phone.

    >>> import vestibule
    >>> report = vestibule.check("192.168.4.1")      # doctest: +SKIP
    >>> [phone.id for phone in report.failing]       # doctest: +SKIP
    ['samsung-6']

Everything is done by the program `vestibule`, which the wheel brings; this package calls it and gives its answers as objects.
"""

from .campaign import Campaign, CampaignReport, CampaignRun
from .capture import Recording, import_capture
from .check import Change, CheckReport, Lease, Phone, PhoneResult, Rule, check, phones
from .program import VestibuleError
from .scenario import ScenarioResult, run_scenario

__all__ = [
    "Campaign",
    "CampaignReport",
    "CampaignRun",
    "Change",
    "CheckReport",
    "Lease",
    "Phone",
    "PhoneResult",
    "Recording",
    "Rule",
    "ScenarioResult",
    "VestibuleError",
    "check",
    "import_capture",
    "phones",
    "run_scenario",
]
