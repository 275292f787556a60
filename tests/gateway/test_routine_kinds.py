"""Statuses of routine of every kind that has them: in one pass they come to the same as on the ordinary way, whatever is told."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.contract.event_types import event_types
from gateway.contract.routine_decoder import Limits
from gateway.devices.registry import DeviceRecord, Registry
from gateway.devices.twin_text import write_twin
from gateway.diagnosis.ranking import model
from gateway.intake.intake import Intake, Verdict
from gateway.kinds.registry import kinds
from gateway.kinds.washer.features import KNOWLEDGE as WASHERS

BEGAN = 1_768_200_000.0
OWNER = "one/phone-9"
HERE, NEAR, FAR, AWAY, TURNED = (56.95, 24.11), (56.9505, 24.11), (56.99, 24.2), (59.4, 24.7), (24.11, 56.95)
KINDS = [kind.name for kind in kinds() if kind.routine is not None]
Data = dict[str, Any]


@dataclass(frozen=True)
class Said:
    """What one of two devices says, and when."""

    device: int
    step: float
    """Seconds since the one before."""
    data: Data
    on: int = 1
    """How far its number goes on."""
    boots: int = 0
    fault: Data | None = None
    """It tells of a fault instead."""
    payment: bool = False
    """It tells of a payment instead."""
    late: float = 0.0
    """So long before it arrived it was made, seconds."""
    source: str | None = None
    east: int = 0
    """By how many hours its clock is ahead of UTC, which it says."""


@cache
def _values(kind: str) -> dict[str, list[Any]]:
    """Return, of each plain reading of a kind, what it may be and may not: its example's, and around all bounds there are."""
    mine = kinds().named(kind)
    assert mine.routine is not None
    assert mine.knowledge is not None
    checks = [check for one in model(mine.knowledge).known.conditions.values() for check in one.checks]
    found: dict[str, list[Any]] = {}
    for name, limits in mine.routine.limits.items():
        bounds = [bound for check in checks if name in check.names and not check.words for bound in check.limits]
        found[name] = list(_around(limits, [bound for bound in bounds if math.isfinite(bound)]))
    return found


def _around(limits: Limits, bounds: list[float]) -> Iterator[Any]:
    if limits.words:
        yield from sorted(limits.words, key=str)
        yield 7
        return
    least, most = max(limits.least, -1e6), min(limits.most, 1e6)
    for bound in [*bounds, least, most, (least + most) / 2]:
        for value in (bound - 1, bound, bound + 1, bound - 0.01, bound + 0.01):
            yield round(value) if limits.of is int else value
    yield "much"


def _example(kind: str) -> tuple[str, Data]:
    """Return under which name a kind's statuses have their readings, and those of its example."""
    example: Data = event_types().examples[_status_of(kind)]["data"]
    name = "signals" if kind == "car" else "attributes"
    return name, dict(example.get(name) or _PHONE)


_PHONE = {
    "PowerSource.BatPercentRemaining": 142, "Callahead.BatteryHealth": 88.0, "Callahead.StorageFree": 21500,
    "Callahead.ChargerConnected": True, "Callahead.ChargeCurrent": 900.0, "Callahead.BatteryTemperature": 2500,
}  # fmt: skip


def _status_of(kind: str) -> str:
    routine = kinds().named(kind).routine
    assert routine is not None
    return routine.type


@st.composite
def _stories(draw: st.DrawFn, kind: str) -> list[Said]:
    """Return what two devices of one kind say: nearly always the same, and then something else."""
    name, usual = _example(kind)
    values, placed, alarmed = _values(kind), kind in {"car", "phone"}, kind in {"home", "tv", "phone"}
    steady = {one: value for one, value in usual.items() if draw(st.integers(0, 4))}
    if kind == "phone" and not draw(st.integers(0, 2)):
        steady = {}
    said = []
    for _ in range(draw(st.integers(4, 16))):
        told = dict(steady)
        if not draw(st.integers(0, 4)):
            for one in draw(st.lists(st.sampled_from(sorted(values)), max_size=2)):
                told[one] = draw(st.sampled_from(values[one]))
        if told and not draw(st.integers(0, 11)):
            del told[draw(st.sampled_from(sorted(told)))]
        if not draw(st.integers(0, 29)):
            told["Callahead.Unknown"] = 1
        data: Data = {name: told} if told or kind in {"fridge", "washer"} or draw(st.booleans()) else {}
        if placed and draw(st.integers(0, 4)):
            data["position"] = draw(st.sampled_from([HERE, NEAR, FAR] * 6 + [AWAY, TURNED, (0.001, 0.001)]))
        if alarmed and draw(st.integers(0, 3)):
            data["alarms"] = [] if draw(st.integers(0, 14)) else _alarms(kind)
        said.append(
            Said(
                draw(st.integers(0, 1)),
                draw(st.sampled_from([12.0, 60.0, 60.0, 60.0, 400.0, 1_800.0, 9_000.0])),
                data,
                draw(st.sampled_from([1] * 10 + [2, 2, 0, -1])),
                int(not draw(st.integers(0, 19))),
                _fault(kind) if not draw(st.integers(0, 29)) else None,
                payment=not draw(st.integers(0, 29)),
                late=draw(st.sampled_from([0.0, 0.5] * 8 + [100.0, 2_000.0, -700.0])),
                source=f"/one/{kind}-7" if not draw(st.integers(0, 29)) else None,
                east=draw(st.sampled_from([0, 0, 0, 2])),
            )
        )
    return said


def _fault(kind: str) -> Data:
    name = {"car": "vehicle", "fridge": "appliance"}.get(kind, kind)
    data: Data = dict(event_types().examples[f"callahead.{name}.fault.v1"]["data"])
    data.pop("position", None)
    return data


def _alarms(kind: str) -> list[str]:
    return list(_fault(kind)["alarms"])


class _Pair:
    """One that takes statuses in one pass, and one that never does."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.both = [_intake(kind), _intake(kind)]
        self.numbers = {0: [1, 0], 1: [1, 0]}
        self.now = BEGAN

    def tell(self, said: Said) -> list[Verdict]:
        """Have both hear a device."""
        self.now += said.step
        number = self.numbers[said.device]
        number[:] = [number[0] + said.boots, 0 if said.boots else max(0, number[1] + said.on)]
        device = f"one/{self.kind}-{said.device}"
        event = self._event(said, said.source or f"/{device}", f"{number[0]}-{number[1]}")
        ways = [event, event | {"subject": "ordinary"}]
        return [
            one.receive(f"callahead/v1/{device}/event", json.dumps(way).encode(), self.now)
            for one, way in zip(self.both, ways, strict=True)
        ]

    def _event(self, said: Said, source: str, name: str) -> Data:
        type_ = _status_of(self.kind)
        hour = datetime.fromtimestamp(self.now - said.late, UTC)
        data = said.data
        if said.fault is not None:
            type_, data = type_.replace("status", "fault"), said.fault
        if said.payment:
            type_ = "callahead.payment.attempt.v1"
            data = event_types().examples[type_]["data"] | {"status": "ACSC", "reason": None}
        if "position" in data and not isinstance(data["position"], dict):
            north, east = data["position"]
            fix = {"latitude": north, "longitude": east, "accuracy_m": 5, "fix_time": _time(hour, said.east)}
            data = data | {"position": fix}
        return {
            "specversion": "1.0", "type": type_, "source": source, "id": name, "time": _time(hour, said.east), "data": data,
        }  # fmt: skip

    def twins(self) -> list[list[Data]]:
        """Return what each knows of every device."""
        return [[json.loads(write_twin(one.twins[name])) for name in sorted(one.twins)] for one in self.both]


def _time(hour: datetime, east: int) -> str:
    return hour.astimezone(timezone(timedelta(hours=east))).isoformat()


def _intake(kind: str) -> Intake:
    phone = OWNER if kind == "car" else None
    records = [
        DeviceRecord(f"one/{kind}-{number}", kind, "c-1", "simulated", phone, home_latitude=56.9, home_longitude=24.1)
        for number in range(2)
    ]
    return Intake(Registry([*records, DeviceRecord(OWNER, "phone", "c-1", "simulated")]))


def _told(verdict: Verdict) -> object:
    """Return what a verdict says, without the digest of the message."""
    problem = verdict.refusal.problem.model_copy(update={"sha256": ""}) if verdict.refusal else None
    return verdict.conclusions, problem, verdict.repeat, [twin.device for twin in verdict.twins]


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_both_ways_come_to_the_same(kind: str, data: st.DataObject) -> None:
    """Conclusions, what the sender is told, what is counted, and the twins, looked at now and then."""
    pair = _Pair(kind)
    for said in data.draw(_stories(kind)):
        one, other = pair.tell(said)
        assert _told(one) == _told(other)
        if data.draw(st.booleans()):
            assert pair.twins()[0] == pair.twins()[1]
    quick, ordinary = pair.twins()
    assert quick == ordinary
    assert pair.both[0].heard.counts == pair.both[1].heard.counts


@pytest.mark.parametrize("kind", KINDS)
def test_statuses_of_a_device_that_is_well_are_taken_in_one_pass(kind: str) -> None:
    """All but the first of a vendor; also the first of its next device."""
    name, usual = _example(kind)
    data: Data = {name: usual} | ({"alarms": []} if kind in {"home", "tv", "phone"} else {})
    intake, taken = _intake(kind), []
    for number in range(6):
        for device in (f"one/{kind}-0", f"one/{kind}-1"):
            at = BEGAN + number * 60.0
            event = {
                "specversion": "1.0", "type": _status_of(kind), "source": f"/{device}", "id": f"1-{number}",
                "time": datetime.fromtimestamp(at, UTC).isoformat(), "data": data,
            }  # fmt: skip
            topic, payload = f"callahead/v1/{device}/event", json.dumps(event).encode()
            taken.append(intake.routine(topic, payload, None, at) is not None)
            if not taken[-1]:
                intake.receive(topic, payload, at)
    assert taken == [False] + [True] * 11


CHANGES = [
    ("home", {"Thermostat.LocalTemperature": 1800}, 0),
    ("home", {"Callahead.MeterTariff": "Day"}, 0),
    ("tv", {"Callahead.BacklightCurrent": 100.0}, 0),
    ("tv", {"OnOff.OnOff": False, "MediaPlayback.CurrentState": "NotPlaying"}, 0),
    ("phone", {"Callahead.ChargeCurrent": 3.0}, 0),
    ("washer", {"OperationalState.OperationalState": "Stopped", "Callahead.WashPhase": "Idle"}, 0),
    ("washer", {}, 1),
    ("fridge", {}, 1),
    ("fridge", {"TemperatureMeasurement.MeasuredValue": 640}, 0),
    ("car", {"Vehicle.LowVoltageBattery.CurrentVoltage": 15.9}, 0),
]


@pytest.mark.parametrize(("kind", "change", "boots"), CHANGES)
def test_what_begins_amid_statuses_of_routine_is_seen_at_once(kind: str, change: Data, boots: int) -> None:
    """What several readings say together, the end of a programme, a restart that another event told first."""
    name, usual = _example(kind)
    more: Data = {"alarms": []} if kind in {"home", "tv", "phone"} else {}
    pair = _Pair(kind)
    for _ in range(4):
        pair.tell(Said(0, 60.0, {name: usual, **more}))
    if boots:
        pair.tell(Said(0, 60.0, {}, boots=1, payment=True))
    for told in [usual | change] * 3 + [usual] * 3:
        one, other = pair.tell(Said(0, 60.0, {name: told, **more}))
        assert _told(one) == _told(other)
        quick, ordinary = pair.twins()
        assert quick == ordinary


def test_no_condition_of_a_washer_that_alarms_needs_what_its_status_only_brings() -> None:
    """They are asked before what it tells is remembered (``washer.conclude.goes_on``)."""
    late = {"washer.readings_missing", "washer.temperature_missing"}
    for name, one in model(WASHERS).known.conditions.items():
        assert not one.alarms or late.isdisjoint(check for test in one.checks for check in test.names), name
