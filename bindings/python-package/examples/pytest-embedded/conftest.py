"""The board that pytest-embedded has flashed is the portal: this machine's adapter has joined its access point, or is its cable."""

import pytest


@pytest.fixture()
def lamp(dut):
    """The board, once its access point is up. The words are those of its log."""
    dut.expect("access point is up", timeout=60)
    return dut
