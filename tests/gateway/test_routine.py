"""Statuses of routine, taken in one pass: they come to the same as on the ordinary way."""

from __future__ import annotations

import gc
import json
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.contract.binding import Properties
from gateway.contract.envelope import EVENT_BYTES
from gateway.devices.registry import DeviceRecord, Registry
from gateway.devices.twin import Twin
from gateway.devices.twin_text import write_twin
from gateway.devices.twins import Twins
from gateway.finding import Finding
from gateway.intake.intake import Intake, Verdict
from gateway.intake.routine import LOOKS_EVERY_S

BEGAN = 1_768_200_000.0
CAR, PHONE = "volta/car-1", "volta/phone-1"
TOPIC = f"callahead/v1/{CAR}/event"
VOLTAGE, SPEED = "Vehicle.LowVoltageBattery.CurrentVoltage", "Vehicle.Speed"
COOLANT = "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature"
RUNS, RPM = "Vehicle.Powertrain.CombustionEngine.IsRunning", "Vehicle.Powertrain.CombustionEngine.Speed"
LEFT, RIGHT = (f"Vehicle.Chassis.Axle.Row1.Wheel.{side}.Tire.Pressure" for side in ("Left", "Right"))
WORN = "Vehicle.Chassis.Axle.Row1.Wheel.Left.Brake.IsBrakesWorn"
OIL = "Vehicle.Powertrain.CombustionEngine.EngineOil.Level"
SOUND: dict[str, Any] = {SPEED: 47.5, VOLTAGE: 14.1, COOLANT: 88, RUNS: True, LEFT: 240, RIGHT: 238}


def _intake() -> Intake:
    car = DeviceRecord(CAR, "car", "c-1", "simulated", PHONE, home_latitude=56.9, home_longitude=24.1)
    return Intake(Registry([car, DeviceRecord(PHONE, "phone", "c-1", "simulated")]))


def _status(
    number: int | str,
    at: float,
    readings: dict[str, Any],
    place: tuple[float, float] | None = (56.95, 24.11),
    *,
    boot: int = 1,
    hours: int = 0,
    plain: bool = True,
) -> bytes:
    """Return a status; one that is not ``plain`` says the same and always goes the ordinary way."""
    time = datetime.fromtimestamp(at, timezone(timedelta(hours=hours))).isoformat()
    data: dict[str, Any] = {"signals": readings}
    if place is not None:
        data["position"] = {"latitude": place[0], "longitude": place[1], "accuracy_m": 5, "fix_time": time}
    event = {
        "specversion": "1.0",
        "type": "callahead.vehicle.status.v1",
        "source": f"/{CAR}",
        "id": f"{boot}-{number}",
        "time": time,
        "data": data,
    }
    return json.dumps(event if plain else event | {"subject": "car"}).encode()


def _told(verdict: Verdict) -> object:
    """Return what a verdict says, without the digest of the message."""
    problem = verdict.refusal.problem.model_copy(update={"sha256": ""}) if verdict.refusal else None
    return verdict.conclusions, problem, verdict.repeat, [twin.device for twin in verdict.twins]


def _twin(intake: Intake) -> object:
    return json.loads(write_twin(intake.twins[CAR]))


def _values(draw: st.DrawFn) -> dict[str, Any]:
    told: dict[str, Any] = {
        SPEED: draw(st.sampled_from([0, 47.5, 12, 130.25])),
        VOLTAGE: draw(st.sampled_from([14.1, 14, 13.7, 12.5, 12.9, 15.0, 15.4, 11.4, 8.9])),
        COOLANT: draw(st.sampled_from([88, 90.5, 20, 61, 101, 104.0, 116])),
        RUNS: draw(st.sampled_from([True, True, False])),
        DTCS: draw(st.sampled_from([0, 0, 2])),
    }
    more = {
        RPM: draw(st.sampled_from([0, 900, 2500.5])),
        LEFT: draw(st.sampled_from([240, 235, 205, 130])),
        RIGHT: draw(st.sampled_from([240, 238.0])),
        WORN: draw(st.booleans()),
        OIL: draw(st.sampled_from(["NORMAL", "LOW"])),
    }
    told.update({name: value for name, value in more.items() if draw(st.integers(0, 2)) == 0})
    return told


DTCS = "Vehicle.Diagnostics.DTCCount"
Told = tuple[float, dict[str, Any], tuple[float, float] | None, int, int]


@st.composite
def _drives(draw: st.DrawFn) -> list[Told]:
    """Return what a car tells: seconds since the last, readings, place, how far its number goes on, hours east."""
    steady, told = _values(draw), []
    for _ in range(draw(st.integers(3, 14))):
        values = dict(steady) if draw(st.integers(0, 3)) else _values(draw)
        north = draw(st.sampled_from([56.95, 56.9502, 56.9511, 58.0, 24.11]))
        place = None if draw(st.integers(0, 5)) == 0 else (north, 24.11)
        step = draw(st.sampled_from([10.0, 60.0, 60.0, 300.0, 4_000.0]))
        told.append((step, values, place, draw(st.sampled_from([1, 1, 1, 2, 0])), draw(st.sampled_from([0, 2]))))
    return told


@given(_drives())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_both_ways_come_to_the_same(drive: list[Told]) -> None:
    """Conclusions, what the sender is told, and the twin, whatever a car tells."""
    quick, ordinary = _intake(), _intake()
    at, number = BEGAN, 1
    for step, values, place, on, hours in drive:
        at, number = at + step, number + on
        both = [
            one.receive(TOPIC, _status(number, at, values, place, hours=hours, plain=one is quick), at + 0.5)
            for one in (quick, ordinary)
        ]
        assert _told(both[0]) == _told(both[1])
        assert _twin(quick) == _twin(ordinary)
    assert quick.heard.counts == ordinary.heard.counts


def _hear(intake: Intake, *statuses: tuple[int, float, dict[str, Any]], properties: Properties = ()) -> list[Verdict]:
    return [
        intake.receive(TOPIC, _status(number, BEGAN + at, told), BEGAN + at, properties=properties)
        for number, at, told in statuses
    ]


def test_what_is_told_within_seconds_is_in_the_twin_when_somebody_looks() -> None:
    """Readings, number and hour of the latest; of those between, that they were heard."""
    intake = _intake()
    every = [(number, float(number), SOUND | {VOLTAGE: 13.5 + number / 8}) for number in range(1, 8)]
    _hear(intake, *every)
    twin = intake.twins[CAR]
    assert (twin.readings[VOLTAGE], twin.read_at, twin.order.seq) == (14.375, BEGAN + 7, 7)
    assert (twin.order.taken, twin.order.missing(BEGAN + 7), twin.pulse.heard_at) == (7, 0, BEGAN + 7)
    assert twin.place is not None
    assert twin.place.fix_time == BEGAN + 7


def test_a_fault_behind_statuses_of_routine_finds_them_in_the_twin() -> None:
    """A voltage that was told a second ago counts as what is known."""
    intake = _intake()
    _hear(intake, *((number, float(number), SOUND) for number in range(1, 5)))
    fault = {
        "specversion": "1.0", "type": "callahead.vehicle.fault.v1", "source": f"/{CAR}", "id": "1-5",
        "time": datetime.fromtimestamp(BEGAN + 5, UTC).isoformat(),
        "data": {"codes": [{"code": "P0217", "status": "confirmed"}]},
    }  # fmt: skip
    verdict = intake.receive(TOPIC, json.dumps(fault).encode(), BEGAN + 5)
    found = verdict.conclusions[0]
    assert isinstance(found, Finding)
    assert found.place is not None
    assert found.place.fix_time == BEGAN + 4
    assert intake.twins[CAR].readings[VOLTAGE] == 14.1


@pytest.mark.parametrize(
    ("odd", "rule"),
    [
        ({VOLTAGE: 99.0}, "invalid_value"),
        ({VOLTAGE: "14.1"}, "invalid_value"),
        ({"Vehicle.Sped": 3}, "invalid_value"),
        ({RUNS: False, RPM: 3_000}, "contradiction"),
    ],
)
def test_what_is_wrong_is_told_between_statuses_of_routine(odd: dict[str, Any], rule: str) -> None:
    """A value out of bounds, of another type, of an unknown name, and readings that contradict each other."""
    intake = _intake()
    sound = SOUND | {RPM: 2_000}
    verdicts = _hear(intake, (1, 1, sound), (2, 2, sound), (3, 3, sound | odd), (4, 4, sound))
    told = [str(verdict.refusal.rule) if verdict.refusal else None for verdict in verdicts]
    assert [told[0], told[1], told[3]] == [None] * 3
    assert told[2] is not None
    assert verdicts[2].refusal is not None
    assert rule in str(verdicts[2].refusal.rule).replace("-", "_") or told[2] == "left-out"


def test_what_alarms_within_seconds_is_found_at_once() -> None:
    """A voltage that breaks down a second after a sound one, while the engine runs."""
    intake = _intake()
    low = SOUND | {VOLTAGE: 10.9, RPM: 2_000}
    verdicts = _hear(intake, (1, 1, SOUND | {RPM: 2_000}), (2, 2, SOUND | {RPM: 2_000}), (3, 3, low))
    assert [bool(verdict.conclusions) for verdict in verdicts] == [False, False, True]


def test_a_number_that_was_taken_is_a_repeat_and_one_that_is_missing_a_gap() -> None:
    """Also between statuses of routine."""
    intake = _intake()
    first, second, again, far = _hear(intake, (1, 1, SOUND), (2, 2, SOUND), (2, 2, SOUND), (9, 3, SOUND))
    assert [one.repeat for one in (first, second, again, far)] == [False, False, True, False]
    assert intake.twins[CAR].order.missing(BEGAN + 4) == 6


def test_a_message_that_is_too_large_is_refused_though_it_could_be_read() -> None:
    """Blanks count."""
    intake = _intake()
    _hear(intake, (1, 1, SOUND), (2, 2, SOUND))
    padded = _status(3, BEGAN + 3, SOUND) + b" " * 3 * EVENT_BYTES
    assert intake.receive(TOPIC, padded, BEGAN + 3).refusal is not None


@pytest.mark.parametrize("step", [60.0, 1.0])
def test_however_much_is_heard_before_somebody_looks_all_of_it_is_in_the_twin(step: float) -> None:
    """Also where it is more than waits for that."""
    quick, ordinary = _intake(), _intake()
    for number in range(1, 60):
        at, told = BEGAN + step * number, SOUND | {VOLTAGE: 13.5 + number % 7 / 8}
        for one in (quick, ordinary):
            one.receive(TOPIC, _status(number, at, told, plain=one is quick), at)
    if step > LOOKS_EVERY_S:
        assert _twin(quick) == _twin(ordinary)
    twin = quick.twins[CAR]
    assert (twin.read_at, twin.order.taken, twin.order.seq) == (BEGAN + 59 * step, 59, 59)
    assert twin.readings == ordinary.twins[CAR].readings


def test_it_is_looked_at_again_after_some_seconds() -> None:
    """Samples over time are kept about so often, however often a device reports."""
    intake = _intake()
    _hear(intake, *((number, number / 2, SOUND | {VOLTAGE: 13.8 + number / 1000}) for number in range(1, 41)))
    kept = [at - BEGAN for at, _ in intake.twins[CAR].samples[VOLTAGE]]
    apart = [later - earlier for earlier, later in pairwise(kept)]
    assert len(kept) >= 2
    assert max(apart) <= LOOKS_EVERY_S


def test_of_a_device_that_is_forgotten_nothing_is_kept() -> None:
    """Neither its twin nor the status that was to go into it."""
    intake = _intake()
    _hear(intake, (1, 1, SOUND), (2, 2, SOUND), (3, 3, SOUND))
    known = id(intake.twins[CAR])
    _hear(intake, (4, 4, SOUND))
    intake.forget(CAR)
    gc.collect()
    assert not [one for one in gc.get_objects() if id(one) == known and isinstance(one, Twin)]
    assert intake.twins.get(CAR) is None


def test_of_a_large_fleet_those_are_known_whose_twins_are_at_hand() -> None:
    """However many cars there ever were."""
    cars = [f"volta/car-{number}" for number in range(40)]
    twins = Twins(kept=lambda _device: None, most=5)
    intake = Intake(Registry(DeviceRecord(car, "car", f"c-{car}", "simulated") for car in cars), twins=twins)
    for number, car in enumerate(cars):
        payload = _status(1, BEGAN + number, SOUND).replace(CAR.encode(), car.encode())
        assert intake.receive(f"callahead/v1/{car}/event", payload, BEGAN + number).refusal is None
    assert len(intake._one_pass._calm) <= 2 * twins.most + 1


@given(_drives(), st.lists(st.sampled_from([0.5, 1.0, 4.0, 9.0]), min_size=14, max_size=14))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_within_seconds_too_the_same_is_concluded_and_known(drive: list[Told], steps: list[float]) -> None:
    """Only the samples over time are fewer, and by them the habit and the clock that are learned."""
    quick, ordinary = _intake(), _intake()
    at, number = BEGAN, 1
    for (_, values, place, on, hours), step in zip(drive, steps, strict=False):
        at, number = at + step, number + on
        both = [
            one.receive(TOPIC, _status(number, at, values, place, hours=hours, plain=one is quick), at + 0.5)
            for one in (quick, ordinary)
        ]
        assert _told(both[0]) == _told(both[1])
    names = ("place", "moving", "read_at", "readings", "told", "episodes")
    one, other = quick.twins[CAR], ordinary.twins[CAR]
    assert [getattr(one, name) for name in names] == [getattr(other, name) for name in names]
    assert (one.order.taken, one.order.boots, one.order.made_at) == (
        other.order.taken,
        other.order.boots,
        other.order.made_at,
    )
