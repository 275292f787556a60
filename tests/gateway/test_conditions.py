"""Conditions: true, false or not known; and the screen that looks past the quiet ones misses none."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.diagnosis.catalogue import catalogue
from gateway.diagnosis.conditions import Condition, Seen
from gateway.diagnosis.screen import Screen
from gateway.kinds.registry import knowledges

VOLTS, RUNS = "Vehicle.LowVoltageBattery.CurrentVoltage", "Vehicle.Powertrain.CombustionEngine.IsRunning"


def condition(*tests: dict[str, object]) -> Condition:
    """Return a condition of these tests."""
    told = {"says": "low", "fails": "not low", "false_alarm": 0.01, "measure": "voltage", "all": tests}
    return Condition.model_validate(told)


def test_what_is_not_measured_is_neither_for_nor_against() -> None:
    """One failing test decides; else one that is not known leaves it open."""
    low = condition({"signal": VOLTS, "below": 12.7}, {"signal": RUNS, "is": True}).compiled()
    assert low(Seen({VOLTS: 11.9, RUNS: True})) is True
    assert low(Seen({VOLTS: 14.1})) is False
    assert low(Seen({VOLTS: 11.9})) is None
    assert low(Seen({})) is None


def test_time_is_looked_at_too() -> None:
    """The lowest of the last minutes, and a fall per hour over what was kept."""
    dipped = condition({"lowest": VOLTS, "below": 9.6}).compiled()
    assert dipped(Seen({}, {VOLTS: [(0.0, 12.4), (60.0, 8.9), (120.0, 12.1)]}, 120.0)) is True
    assert dipped(Seen({}, {VOLTS: [(0.0, 8.9), (2_000.0, 12.1)]}, 2_000.0)) is False
    falls = condition({"slope": VOLTS, "below": -1.0}).compiled()
    assert falls(Seen({}, {VOLTS: [(0.0, 12.4), (1_800.0, 11.4)]}, 1_800.0)) is True
    assert falls(Seen({}, {VOLTS: [(0.0, 12.4), (60.0, 11.4)]}, 60.0)) is None


KNOWN = catalogue(knowledges()["car"]).conditions
SIGNALS = sorted({name for one in KNOWN.values() for check in one.all for name in check.names})
VALUES = st.floats(-60, 1_000) | st.booleans() | st.sampled_from(["ALERT", "NORMAL", "ON", "START", "LOW"])
SCREEN, TESTS = Screen(KNOWN), {name: one.compiled() for name, one in KNOWN.items()}


TRENDS = sorted({check.trend for one in KNOWN.values() for check in one.all if check.trend})
NUMBERS = st.sampled_from([0.0, 5.0, 8.0, 12.4, 13.0, 14.9, 15.0, 25.0, 117.0, 120.0, 138.0, 1_400.0]) | st.floats(
    -60, 2_000
)
SAMPLES = st.lists(st.tuples(st.floats(0, 2_000), NUMBERS), min_size=1, max_size=6).map(sorted)


@given(
    st.dictionaries(st.sampled_from(SIGNALS), VALUES | NUMBERS, max_size=25),
    st.dictionaries(st.sampled_from(TRENDS), SAMPLES),
)
def test_the_screen_misses_no_condition_that_holds(
    readings: dict[str, float | bool | str], samples: dict[str, list[tuple[float, float]]]
) -> None:
    """Whatever is read: a condition of the car's catalogue that holds is among the possible ones."""
    seen = Seen(readings, samples, 2_000.0)
    assert {name for name, test in TESTS.items() if test(seen)} <= set(SCREEN.possible(seen))


@given(st.floats(-20, 20), st.floats(-20, 20), st.floats(-20, 20))
def test_a_range_holds_strictly_between_its_ends(low: float, high: float, value: float) -> None:
    """``above`` and ``below`` together are a range, ends excluded."""
    within = condition({"signal": VOLTS, "above": low, "below": high}).compiled()
    assert within(Seen({VOLTS: value})) == (low < value < high)
