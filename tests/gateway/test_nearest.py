"""What somebody may have meant."""

from __future__ import annotations

import pytest

from gateway.contract.nearest import LONGEST, nearest

UNITS = ["km/h", "mph", "m/s", "°C", "kPa"]


@pytest.mark.parametrize(
    ("word", "meant"),
    [("mhp", "mph"), ("kmh", "km/h"), ("kpa", "kPa"), ("Vehicle.Speed", None), ("", None), ("m" * 1_000_000, None)],
)
def test_a_slip_is_mended_and_no_more(word: str, meant: str | None) -> None:
    """What is like none of ours, or longer than any, is left alone."""
    assert nearest(word, UNITS, 0.6) == meant


def test_the_most_alike_is_meant() -> None:
    """Not the first that will do; and a word that is there is meant itself."""
    known = ["dial_attempts", "dial_attempt_s", "dial"]
    assert nearest("dial_attemts", known, 0.5) == "dial_attempts"
    assert nearest("dial", known, 0.5) == "dial"
    assert nearest("x" * LONGEST, [], 0.5) is None
