import pytest

import vestibule
from conftest import DNS, HTTP


def test_a_portal_that_fails_says_on_which_phones_and_what_to_change(nodemcu: None) -> None:
    report = vestibule.check(HTTP, dns=DNS, phones=["ios-17", "android-14"], wait=20)
    assert not report and (report.shown, report.of) == (0, 2)
    assert {phone.id for phone in report.failing} == {"ios-17", "android-14"}
    iphone = report["ios-17"]
    assert iphone.rule is not None and iphone.rule.id.startswith("apple.") and iphone.rule.source
    assert iphone.asked == "GET http://captive.apple.com/hotspot-detect.html" and "404" in (iphone.came or "")
    assert iphone.change and iphone.change in str(iphone)
    assert any("ios-17" in change.phones and "hotspot-detect" in change.says for change in report.changes)
    assert str(report).startswith(f"{HTTP} opens on 0 of 2 phones.")
    with pytest.raises(KeyError):
        report["nokia-3310"]


def test_a_report_is_true_as_long_as_no_phone_fails() -> None:
    good = vestibule.CheckReport("portal", 1, 1, (), (), (), {})
    assert good and not good.failing


def test_where_nobody_is_it_says_so() -> None:
    with pytest.raises(vestibule.VestibuleError, match="(?i)nothing|nobody") as error:
        vestibule.check("127.0.0.1:18099", dns="127.0.0.1:15399", phones="ios-17")
    assert error.value.exit_code == 2


def test_an_option_that_is_wrong_is_named() -> None:
    with pytest.raises(vestibule.VestibuleError, match="nokia"):
        vestibule.check(HTTP, phones="nokia-3310")
    with pytest.raises(vestibule.VestibuleError):
        vestibule.check(HTTP, options=["--no-such-option"])


def test_phones_are_listed_whole_or_as_they_are_meant() -> None:
    everything = vestibule.phones()
    samsung = vestibule.phones("samsung")
    assert len(everything) > 50 and {phone.id for phone in samsung} < {phone.id for phone in everything}
    assert all(phone.id.startswith("samsung") for phone in samsung) and samsung


def test_a_program_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VESTIBULE", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("sysconfig.get_path", lambda *_, **__: "/nowhere")
    with pytest.raises(vestibule.VestibuleError, match="install the wheel"):
        vestibule.phones()
