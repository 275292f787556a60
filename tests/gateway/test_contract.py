"""The contract: what is taken, what is refused, and by which rule."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.contract.envelope import EVENT_BYTES, EXTENSION_BYTES, MAX_PAYLOAD
from gateway.contract.event_types import event_types
from gateway.contract.messages import parse_event, parse_state, read_plain
from gateway.contract.refusals import Refused, Rule
from gateway.contract.topics import Channel, parse_topic, topic
from gateway.contract.values import check_digit_holds


def answer(payload: bytes) -> Rule | None:
    """Return the rule a payload breaks; ``None``: it was taken."""
    try:
        parse_event(payload)
    except Refused as refused:
        return refused.rule if refused.problem(payload).detail else None
    return None


def status(**changes: object) -> bytes:
    """Return a phone's status with some attributes changed; ``...`` removes one."""
    whole: dict[str, Any] = {
        "specversion": "1.0",
        "type": "callahead.phone.status.v1",
        "source": "/volta/phone-1",
        "id": "1-2",
        "time": "2026-01-12T06:00:00Z",
        "data": {"position": {"latitude": 1.0, "longitude": 2.0, "accuracy_m": 3, "fix_time": "2026-01-12T06:00:00Z"}},
    }
    whole.update(changes)
    return json.dumps({key: value for key, value in whole.items() if value is not ...}).encode()


@pytest.mark.parametrize(
    ("payload", "rule", "pointer"),
    [
        (b"{", Rule.NOT_JSON, None),
        (b"", Rule.NOT_JSON, None),
        (b"\xff\xfe", Rule.NOT_JSON, None),
        (b"[" * 10_000, Rule.NOT_JSON, None),
        (b"[" * 100_000, Rule.TOO_LARGE, None),
        (b"[]", Rule.NOT_A_CLOUDEVENT, None),
        (b"17", Rule.NOT_A_CLOUDEVENT, None),
        (b"{}", Rule.NOT_A_CLOUDEVENT, None),
        (b" " * (EVENT_BYTES + 1), Rule.TOO_LARGE, None),
        (status(type="callahead.boat.v1"), Rule.UNKNOWN_TYPE, "/type"),
        (status(specversion="0.3"), Rule.NOT_A_CLOUDEVENT, "/specversion"),
        (status(source=...), Rule.NOT_A_CLOUDEVENT, "/source"),
        (status(source="volta/phone-1"), Rule.NOT_A_CLOUDEVENT, "/source"),
        (status(id="seven"), Rule.NOT_A_CLOUDEVENT, "/id"),
        (status(time="yesterday"), Rule.NOT_A_CLOUDEVENT, "/time"),
        (status(time="2026-01-12T06:00:00"), Rule.NOT_A_CLOUDEVENT, "/time"),
        (status(data={"positon": None}), Rule.INVALID_VALUE, "/data/positon"),
        (status(data={"position": {"latitude": 91}}), Rule.INVALID_VALUE, "/data/position/latitude"),
    ],
)
def test_each_fault_has_its_rule_and_its_place(payload: bytes, rule: Rule, pointer: str | None) -> None:
    """The sender learns which rule was broken and where in the message."""
    with pytest.raises(Refused) as refused:
        parse_event(payload)
    assert (refused.value.rule, refused.value.pointer) == (rule, pointer)


def test_unknown_extension_attributes_are_let_pass() -> None:
    """CloudEvents lets intermediaries add attributes; an event is not refused for them, up to a size."""
    assert parse_event(status(traceparent="00-abc")).id == "1-2"
    assert parse_event(status(**{f"x{number}": "y" * 100 for number in range(35)})).id == "1-2"
    with pytest.raises(Refused, match=rf"too-large: 4\d+ bytes beside .* at most {EXTENSION_BYTES}") as refused:
        parse_event(status(**{f"x{number}": "y" * 100 for number in range(40)}))
    assert refused.value.problem(b"").event_id == "1-2"


@pytest.mark.parametrize("name", event_types().names)
def test_an_event_has_as_many_bytes_as_its_type_may(name: str) -> None:
    """16 kB, unless the type says more; white space counts, for it has to be read."""
    most = event_types().max_bytes(name)
    assert EVENT_BYTES <= most <= MAX_PAYLOAD
    whole = json.dumps(event_types().examples[name]).encode()
    assert parse_event(whole + b" " * (most - len(whole))).type == name
    with pytest.raises(Refused, match=f"too-large: {most + 1} bytes; at most {most} are taken"):
        parse_event(whole + b" " * (most + 1 - len(whole)))


def test_no_type_is_made_larger_by_another_ones_name() -> None:
    """The type that counts is the one that is read."""
    padded = json.dumps({"type": "callahead.appliance.stock.v1"} | {"x": "y" * 20_000})
    doubled = padded[:-1] + ', "type": "callahead.phone.status.v1"}'
    with pytest.raises(Refused, match=f"at most {EVENT_BYTES} are taken"):
        parse_event(doubled.encode())


def test_a_full_stock_and_a_battery_of_a_thousand_cells_fit() -> None:
    """What a type's own bounds allow is not too large for it."""
    item = event_types().examples["callahead.appliance.stock.v1"]["data"]["items"][0]
    stocked = {
        **event_types().examples["callahead.appliance.stock.v1"],
        "data": {"items": [item | {"name": "x" * 80}] * 500},
    }
    assert parse_event(json.dumps(stocked).encode()).id == "3-92"
    car = event_types().examples["callahead.vehicle.status.v1"]
    cells = {"Vehicle.Powertrain.TractionBattery.Temperature.CellTemperature": [-12.345678] * 1_000}
    errors = {"Vehicle.Powertrain.TractionBattery.ErrorCodes": ["x" * 80] * 64}
    codes = {"Vehicle.OBD.DTCList": ["P0562"] * 255, "Vehicle.Diagnostics.DTCList": ["P0562"] * 255}
    full = {**car, "data": {**car["data"], "signals": cells | errors | codes}}
    assert parse_event(json.dumps(full).encode()).id == "7-1203"


def stock(name: str, gtin: str = "4006381333931") -> dict[str, object]:
    """Return stock data of one article."""
    return {"items": [{"gtin": gtin, "name": name, "quantity": 0.5, "reorder_at": 1, "reorder_quantity": 2}]}


def test_a_gtin_needs_its_check_digit() -> None:
    """GS1: a GTIN whose check digit is wrong is refused."""
    assert check_digit_holds("4006381333931")
    with pytest.raises(Refused, match="check digit"):
        parse_event(status(type="callahead.appliance.stock.v1", data=stock("milk", "4006381333932")))


def test_topics_are_told_apart() -> None:
    """Vendor, device and channel are read; a mistyped channel still tells whom to answer."""
    assert topic("volta/car-1", Channel.EVENT) == "callahead/v1/volta/car-1/event"
    found = parse_topic("callahead/v1/volta/car-1/event")
    assert found is not None
    assert (found.device, found.channel) == ("volta/car-1", Channel.EVENT)
    mistyped = parse_topic("callahead/v1/volta/car-1/events")
    assert mistyped is not None
    assert (mistyped.device, mistyped.channel) == ("volta/car-1", None)
    assert parse_topic("callahead/v2/volta/car-1/event") is None


def test_a_state_is_strict() -> None:
    """A state says online and boot, and nothing misspelt."""
    assert parse_state(b'{"online": true, "boot": 3}').boot == 3
    with pytest.raises(Refused):
        parse_state(b'{"onlin": true, "boot": 3}')


@pytest.mark.parametrize(
    "kind",
    [
        "vehicle.status",
        "appliance.status",
        "phone.status",
        "truck.status",
        "vehicle.fault",
        "home.fault",
        "payment.attempt",
    ],
)
def test_reports_are_plain(kind: str) -> None:
    """What nearly all traffic is made of needs no model; what is unknown, doubtful or incomplete does."""
    example = event_types().examples[f"callahead.{kind}.v1"]
    example = {**example, "data": {name: one for name, one in example["data"].items() if name != "job"}}
    assert read_plain(json.dumps(example).encode())
    for doubt in (
        {"traceparent": "00-1"},
        {"specversion": ...},
        {"subject": "a"},
        {"time": "1969-01-01T00:00:00Z"},
        {"time": "2026-01-12T06:00:00.1234567Z"},
    ):
        changed = {name: one for name, one in {**example, **doubt}.items() if one is not ...}
        assert read_plain(json.dumps(changed).encode()) is None
