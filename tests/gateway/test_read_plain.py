"""What is read without its model (``gateway.contract.fast_decoder``) counts as what is read by it, fault for fault."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.contract.event_types import event_types
from gateway.contract.messages import parse_event, read_plain
from gateway.contract.refusals import Rule
from gateway.devices.registry import DeviceRecord, Registry
from gateway.devices.twin_text import write_twin
from gateway.intake.intake import Intake, Verdict
from gateway.kinds.registry import kinds

BEGAN = 1_768_200_000.0
DEVICE, PHONE = "volta/one-1", "volta/phone-1"
TOPIC = f"callahead/v1/{DEVICE}/event"
URGENT = [
    "vehicle.fault",
    "appliance.fault",
    "washer.fault",
    "home.fault",
    "tv.fault",
    "phone.fault",
    "payment.attempt",
]
HERE = {"latitude": 56.95, "longitude": 24.11, "accuracy_m": 6.5}


def _intake(kind: str) -> Intake:
    what = kinds().of_stranger(f"callahead.{kind}.v1").name if kind != "payment.attempt" else "phone"
    home = {"home_latitude": 56.9, "home_longitude": 24.1}
    one = DeviceRecord(DEVICE, what, "c-1", "simulated", PHONE if what == "car" else None, **home)
    return Intake(Registry([one, DeviceRecord(PHONE, "phone", "c-1", "simulated")]))


def _event(kind: str, number: int, at: float, data: dict[str, Any], *, plain: bool = True, **more: object) -> bytes:
    """Return an event; one that is not ``plain`` says the same and is always read by its model."""
    time = datetime.fromtimestamp(at, UTC).isoformat()
    if "position" in data:
        data = {**data, "position": {**data["position"], "fix_time": time}}
    whole = {
        **event_types().examples[f"callahead.{kind}.v1"],
        "source": f"/{DEVICE}",
        "id": f"1-{number}",
        "time": time,
    }
    return json.dumps({**whole, "data": data, **({} if plain else {"subject": "it"}), **more}).encode()


def _told(verdict: Verdict) -> object:
    """Return what a verdict says, without the digest of the message."""
    problem = verdict.refusal.problem.model_copy(update={"sha256": ""}) if verdict.refusal else None
    return verdict.conclusions, problem, verdict.repeat, verdict.unheard, [twin.device for twin in verdict.twins]


def _twin(intake: Intake) -> object:
    return json.loads(write_twin(intake.twins[DEVICE])) if DEVICE in intake.twins else None


@st.composite
def _faults(draw: st.DrawFn) -> dict[str, Any]:
    code = st.sampled_from(["P0562", "p0300", "P0562-00", "U012187", "SPN168-FMI1", "P0999", "P300", "C0035"])
    dtc = st.fixed_dictionaries(
        {"code": code}, optional={"status": st.sampled_from(["pending", "confirmed", "late"]), "spn": st.just(168)}
    )
    told: dict[str, Any] = {"codes": draw(st.lists(dtc, max_size=3))}
    if draw(st.booleans()):
        told["symptoms"] = draw(st.lists(st.sampled_from(["no_crank", "steam", "dim_lights"]), max_size=2))
    if draw(st.booleans()):
        told["position"] = {**HERE, "latitude": draw(st.sampled_from([56.95, 56.951, 24.11, 0.0]))}
    told["freeze_frame"] = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "Vehicle.LowVoltageBattery.CurrentVoltage": st.sampled_from([8.9, 12.4, 12, 1e-7, 61]),
                "Vehicle.Speed": st.sampled_from([0, 47.5]),
                "Vehicle.TraveledDistance": st.sampled_from([84_211_300, 84_211_300.0, 0.5]),
                "Vehicle.Powertrain.CombustionEngine.IsRunning": st.sampled_from([True, False, None]),
                "Vehicle.Diagnostics.DTCList": st.lists(code, max_size=2),
                "Vehicle.Powertrain.TractionBattery.Temperature.CellTemperature": st.just([21.5, 22]),
            },
        )
    )
    return told


@given(st.lists(st.tuples(_faults(), st.sampled_from([0.5, 40.0, 700.0])), min_size=1, max_size=5))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_fault_counts_as_by_its_model(told: list[tuple[dict[str, Any], float]]) -> None:
    """Findings, refusals in part, twins: whichever way a car's faults are read."""
    quick, ordinary, at = _intake("vehicle.fault"), _intake("vehicle.fault"), BEGAN
    for number, (data, after_s) in enumerate(told):
        at += after_s
        one, other = (
            each.receive(TOPIC, _event("vehicle.fault", number, at, data, plain=each is quick), at + 0.5)
            for each in (quick, ordinary)
        )
        assert _told(one) == _told(other)
        assert _twin(quick) == _twin(ordinary)


@pytest.mark.parametrize("kind", URGENT)
def test_an_event_again_is_a_repeat_whichever_way_it_is_read(kind: str) -> None:
    """The phone that relays it, or a newer version of ours, may read it the other way; another event under its id is told."""
    data = event_types().examples[f"callahead.{kind}.v1"]["data"]
    assert read_plain(_event(kind, 1, BEGAN, data)) is not None
    for first, again in ((True, False), (False, True)):
        room = _intake(kind)
        assert not room.receive(TOPIC, _event(kind, 1, BEGAN, data, plain=first), BEGAN).repeat
        verdict = room.receive(TOPIC, _event(kind, 1, BEGAN, data, plain=again), BEGAN + 1)
        assert (verdict.repeat, verdict.refusal) == (True, None)


def test_another_fault_under_a_taken_id_is_told() -> None:
    """By what it says, which is compared as its model writes it."""
    room, data = _intake("vehicle.fault"), {"codes": [{"code": "P0562"}]}
    room.receive(TOPIC, _event("vehicle.fault", 1, BEGAN, data), BEGAN)
    other = room.receive(TOPIC, _event("vehicle.fault", 1, BEGAN, {"codes": [{"code": "P0563"}]}), BEGAN + 1)
    assert other.refusal is not None
    assert other.refusal.rule is Rule.REUSED_ID


@pytest.mark.parametrize(
    "more",
    [
        {"end_to_end_id": "4111111111111111"},
        {"end_to_end_id": "A-4111-1111-1111-1111"},
        {"processor": "4222222222222"},
    ],
)
def test_a_card_number_is_found_however_plain_the_event(more: dict[str, str]) -> None:
    """What would be read without its model is left to that, which refuses it."""
    data = event_types().examples["callahead.payment.attempt.v1"]["data"]
    assert read_plain(_event("payment.attempt", 1, BEGAN, {**data, "end_to_end_id": "20260112-0031-00001"})) is not None
    message = _event("payment.attempt", 1, BEGAN, {**data, **more})
    assert read_plain(message) is None
    refusal = _intake("payment.attempt").receive(TOPIC, message, BEGAN).refusal
    assert refusal is not None
    assert refusal.rule is Rule.CARD_NUMBER


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ("p0562", "P0562"),  # as the model spells it
        ("P0562-00", None),  # its failure type stands behind it: the model takes that apart
        ("SPN168-FMI1", None),
        ("P3562X", None),
    ],
)
def test_a_code_is_plain_where_nothing_stands_behind_it(told: str, read: str | None) -> None:
    """The rest is for the model."""
    message = _event("vehicle.fault", 1, BEGAN, {"codes": [{"code": told}]})
    plain: Any = read_plain(message)
    assert (plain.data.codes[0].code if plain else None) == read
    if read:
        event: Any = parse_event(message)
        assert event.data.codes[0].code == read
