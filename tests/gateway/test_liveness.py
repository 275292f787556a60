"""Online, offline, silent, unknown; and how a device's clock goes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.devices.clock_skew import LIMIT_S, MOMENTS, DeviceClock
from gateway.devices.liveness import MISSED, Cadence, Liveness
from gateway.devices.twin import Twin
from gateway.kinds.registry import kinds

NOW = 1_768_197_600.0


def cadence(kind: str) -> Cadence:
    """Return how often a kind of device reports."""
    return kinds().named(kind).cadence


def reporting(kind: str, every: float, times: int = 20) -> tuple[Twin, float]:
    """Return the twin of a device that reported so many times, and when it did last."""
    twin = Twin("v/d")
    at = NOW
    for seq in range(times):
        at = NOW + seq * every
        twin.hear(cadence(kind), 1, seq, at, at)
    return twin, at


def state(twin: Twin, at: float, kind: str = "truck") -> Liveness:
    """Return how the device stands."""
    return twin.standing(cadence(kind), at).state


def test_a_device_never_heard_is_unknown() -> None:
    """Registered and nothing more: no age, no state."""
    assert Twin("v/d").standing(cadence("car"), NOW).since is None
    assert state(Twin("v/d"), NOW) is Liveness.UNKNOWN


@pytest.mark.parametrize("every", [10.0, 60.0, 1_800.0])
def test_a_device_is_held_to_its_own_habit(every: float) -> None:
    """Three missed reports make it silent, whatever the interval; the next report makes it online, since then."""
    twin, last = reporting("truck", every)
    assert state(twin, last + 2.9 * every) is Liveness.ONLINE
    silent = twin.standing(cadence("truck"), last + 3.1 * every)
    assert (silent.state, silent.since) == (Liveness.SILENT, last)
    back = last + 10 * every
    twin.hear(cadence("truck"), 1, 99, back, back)
    online = twin.standing(cadence("truck"), back)
    assert (online.state, online.since) == (Liveness.ONLINE, back)


def test_a_new_device_is_held_to_the_contract() -> None:
    """As long as its habit is not known."""
    twin, last = reporting("fridge", 10.0, times=3)
    patience = MISSED * cadence("fridge").expected_s
    assert state(twin, last + patience - 1, "fridge") is Liveness.ONLINE
    assert state(twin, last + patience + 1, "fridge") is Liveness.SILENT


def test_a_parked_car_sleeps_and_is_not_silent() -> None:
    """Only a driven car is held to its minute."""
    twin, last = reporting("car", 60.0)
    assert state(twin, last + 3_000, "car") is Liveness.ONLINE
    twin.moving = True
    assert state(twin, last + 3_000, "car") is Liveness.SILENT


@given(st.lists(st.floats(0.0, 50.0), max_size=30))
def test_what_comes_between_reports_does_not_shorten_the_habit_much(extra: list[float]) -> None:
    """Faults between the statuses of every minute make nobody silent after a minute."""
    twin, last = Twin("v/d"), NOW
    moments = sorted([*(NOW + 60.0 * n for n in range(40)), *(NOW + 60.0 * n + more for n, more in enumerate(extra))])
    for seq, at in enumerate(moments):
        twin.hear(cadence("truck"), 1, seq, at, at)
        last = at
    assert state(twin, last + 61.0) is Liveness.ONLINE


def test_a_last_will_is_offline_until_something_newer_is_made() -> None:
    """Stored events that arrive behind the will change nothing; an event made after it, or of a newer boot, does."""
    twin, last = reporting("truck", 60.0)
    gone = last + 100
    assert twin.say(cadence("truck"), online=False, boot=1, time=None, now=gone)
    twin.hear(cadence("truck"), 1, 50, last + 50, gone + 5)
    assert twin.standing(cadence("truck"), gone + 99_999).since == gone
    assert state(twin, gone + 99_999) is Liveness.OFFLINE
    twin.hear(cadence("truck"), 1, 51, gone + 10, gone + 11)
    assert state(twin, gone + 11) is Liveness.ONLINE
    twin.say(cadence("truck"), online=False, boot=1, time=None, now=gone + 20)
    twin.hear(cadence("truck"), 2, 0, gone + 15, gone + 30)
    assert state(twin, gone + 30) is Liveness.ONLINE


def test_a_silent_device_that_says_it_is_online_again_is() -> None:
    """A later announcement is news; the same one, read again from the broker, is not."""
    twin = Twin("v/d")
    twin.say(cadence("truck"), online=True, boot=1, time=NOW, now=NOW)
    later = NOW + 99_999
    assert not twin.say(cadence("truck"), online=True, boot=1, time=NOW, now=later)
    assert state(twin, later) is Liveness.SILENT
    assert twin.say(cadence("truck"), online=True, boot=1, time=later, now=later)
    assert state(twin, later) is Liveness.ONLINE


@given(
    skew=st.floats(-7_200, 500), delays=st.lists(st.floats(0, 86_400), min_size=1, max_size=30), prompt=st.floats(0, 5)
)
def test_stored_events_are_no_skew(skew: float, delays: list[float], prompt: float) -> None:
    """Whatever was delayed before: one prompt event beside them tells the clock to within its own delay."""
    clock = DeviceClock()
    for number, delay in enumerate([*delays, prompt]):
        now = NOW + 10.0 * number
        clock.hear(now + skew - delay, now)
    assert clock.skew_s is not None
    assert skew - prompt - 1e-3 <= clock.skew_s <= skew + 1e-3


@pytest.mark.parametrize(("skew", "off"), [(0.0, False), (LIMIT_S + 1, True), (-LIMIT_S - 1, True), (-3_600.0, True)])
def test_a_clock_beyond_the_limit_is_flagged(skew: float, off: bool) -> None:  # noqa: FBT001 - a table
    """Ahead or behind, once enough moments agree; and no longer once it was set."""
    clock = DeviceClock()
    for number in range(MOMENTS):
        clock.hear(NOW + 10.0 * number + skew, NOW + 10.0 * number)
    assert clock.is_off is off
    for number in range(MOMENTS, 2 * MOMENTS):
        clock.hear(NOW + 10.0 * number, NOW + 10.0 * number)
    assert not clock.is_off


@given(st.lists(st.floats(61, 86_400), min_size=2, max_size=50, unique=True))
def test_a_store_that_is_emptied_is_no_slow_clock(ages: list[float]) -> None:
    """However long it was collected: many old events within a moment are one slow way."""
    clock = DeviceClock()
    for number, age in enumerate(sorted(ages, reverse=True)):
        now = NOW + 0.01 * number
        clock.hear(now - age, now)
    assert not clock.is_off
