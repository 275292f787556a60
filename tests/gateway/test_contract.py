"""The contract: what is taken, what is refused, and by which rule."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.contract.envelope import MAX_PAYLOAD
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
        (b"[" * 100_000, Rule.NOT_JSON, None),
        (b"[]", Rule.NOT_A_CLOUDEVENT, None),
        (b"17", Rule.NOT_A_CLOUDEVENT, None),
        (b"{}", Rule.NOT_A_CLOUDEVENT, None),
        (b" " * (MAX_PAYLOAD + 1), Rule.TOO_LARGE, None),
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
    """CloudEvents lets intermediaries add attributes; an event is not refused for them."""
    assert parse_event(status(traceparent="00-abc")).id == "1-2"


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


@pytest.mark.parametrize("kind", ["vehicle.status", "appliance.status", "phone.status", "truck.status"])
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
