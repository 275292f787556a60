"""The few samples that are kept say the same of extremes and falls as all of them would."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.devices.history import KEEP, RECENT_S, SPAN_S, Samples, keep

READINGS = st.lists(st.tuples(st.floats(1, 14), st.floats(-50, 50)), min_size=1, max_size=60)


@given(READINGS)
def test_the_extremes_of_the_last_minutes_are_never_lost(readings: list[tuple[float, float]]) -> None:
    """However many samples come within a quarter of an hour, the lowest and the highest are among the kept."""
    samples: Samples = {}
    told: list[tuple[float, float]] = []
    at = 1_000_000.0
    for pause, value in readings:
        at += pause
        told.append((at, value))
        keep(samples, ["volts"], {"volts": value}, at)
        kept = samples["volts"]
        recent = [one for when, one in told if when >= at - RECENT_S]
        kept_recent = [one for when, one in kept if when >= at - RECENT_S]
        assert len(kept) <= KEEP
        assert kept[-1] == (at, value)
        assert (min(kept_recent), max(kept_recent)) == (min(recent), max(recent))
        assert kept == sorted(kept, key=lambda one: one[0])


def test_a_constant_reading_stays_known() -> None:
    """14.2 V each minute, then the engine is off: that it charged a few minutes ago is still known."""
    samples: Samples = {}
    for minute in range(40):
        keep(samples, ["volts"], {"volts": 14.2}, 60.0 * minute)
    keep(samples, ["volts"], {"volts": 12.6}, 60.0 * 43)
    assert max(value for when, value in samples["volts"] if when >= 60.0 * 43 - RECENT_S) == 14.2


def test_a_slow_fall_is_seen_over_its_whole_length() -> None:
    """Of a tyre that loses air for an hour, the beginning is kept."""
    samples: Samples = {}
    for minute in range(0, 100, 2):
        keep(samples, ["tyre"], {"tyre": 240 - minute}, 60.0 * minute)
    first, last = samples["tyre"][0], samples["tyre"][-1]
    assert last[0] - first[0] > SPAN_S * 0.6
    assert last[1] < first[1] - 60


def test_old_news_and_words_are_no_samples() -> None:
    """What is older than the newest, a switch or a text is not kept."""
    samples: Samples = {}
    keep(samples, ["a", "b", "c"], {"a": 1.0, "b": True, "c": "ON"}, 100.0)
    keep(samples, ["a"], {"a": 9.0}, 50.0)
    assert samples == {"a": [(100.0, 1.0)]}


def test_what_does_not_change_costs_two_samples() -> None:
    """A constant reading is a beginning and an end, however long it lasts."""
    samples: Samples = {}
    for minute in range(90):
        keep(samples, ["volts"], {"volts": 14.2}, 60.0 * minute)
    assert samples["volts"] == [(0.0, 14.2), (60.0 * 89, 14.2)]
