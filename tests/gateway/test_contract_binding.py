"""CloudEvents over MQTT: structured and binary mode, and the tolerance that the specification gives."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from gateway.contract.binding import read_event, to_binary
from gateway.contract.envelope import DeviceEvent
from gateway.contract.event_types import event_types
from gateway.contract.messages import parse_event
from gateway.contract.refusals import Refused, Rule
from gateway.devices.registry import Registry
from gateway.intake.intake import Intake

WHOLE = event_types().examples["callahead.vehicle.fault.v1"]
EVENT = parse_event(json.dumps(WHOLE).encode())
DATA = json.dumps(WHOLE["data"]).encode()
PROPERTIES = [(name, value) for name, value in WHOLE.items() if name not in {"data", "datacontenttype"}]
JSON = "application/json"


def structured(content_type: str | None = None, **changes: Any) -> DeviceEvent:
    """Read the example in structured mode, with some attributes changed; ``...`` removes one."""
    whole = {name: value for name, value in (WHOLE | changes).items() if value is not ...}
    return read_event(json.dumps(whole).encode(), content_type)


def refused(*message: Any) -> Refused:
    """Return why a message is not taken."""
    with pytest.raises(Refused) as told:
        read_event(*message)
    return told.value


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "application/cloudevents+json",
        "application/cloudevents+json; charset=utf-8",
        "Application/CloudEvents+JSON;charset=UTF-8",
        "application/cloudevents",
        "application/json",
        "text/plain",
    ],
)
def test_structured_mode_is_told_by_prefix_and_assumed_without_properties(content_type: str | None) -> None:
    """MQTT 3.1.1 has no content type, and many a client of MQTT 5 sets none or a plain one."""
    assert structured(content_type) == EVENT


@pytest.mark.parametrize(
    "changes",
    [
        {"time": "2026-01-12T06:41:03Z"},
        {"time": "2026-01-12t06:41:03.000z"},
        {"time": "2026-01-12T01:11:03-05:30"},
        {"datacontenttype": ...},
        {"datacontenttype": None},
        {"datacontenttype": "application/json; charset=utf-8"},
        {"datacontenttype": "application/vnd.volta+json"},
        {"via": None, "subject": None, "dataschema": None, "data_base64": None, "provenance": None},
        {"traceparent": "00-abc", "größe": "naïve 🚗", "nested": {"not": ["read"]}},
    ],
)
def test_what_says_the_same_is_the_same_event(changes: dict[str, Any]) -> None:
    """Offsets, media type parameters, null for not set, and extensions that we do not know."""
    assert structured(**changes) == EVENT


@pytest.mark.parametrize(
    ("properties", "content_type"),
    [
        (PROPERTIES, JSON),
        (PROPERTIES, "application/json; charset=utf-8"),
        (PROPERTIES, None),
        ([*PROPERTIES, ("datacontenttype", "application/json")], JSON),
        ([*PROPERTIES, *PROPERTIES], JSON),
        ([*PROPERTIES, ("note", "naïve 🚗"), ("note", "another"), ("größe", "7"), ("data", "{}")], JSON),
        ([(n, "2026-01-12T06:41:03Z" if n == "time" else v) for n, v in PROPERTIES], JSON),
        (list(reversed(PROPERTIES)), JSON),
    ],
)
def test_binary_mode_gives_the_same_event(properties: list[tuple[str, str]], content_type: str | None) -> None:
    """Repeated user properties, other scripts, another offset: the same event as in structured mode."""
    assert read_event(DATA, content_type, properties) == EVENT


def test_structured_mode_may_carry_the_properties_too() -> None:
    """The binding allows it; the payload counts."""
    others = [(name, "x") for name, _ in PROPERTIES]
    assert read_event(json.dumps(WHOLE).encode(), "application/cloudevents+json", others) == EVENT


@pytest.mark.parametrize("kind", event_types().examples)
def test_every_message_has_a_binary_form(kind: str) -> None:
    """And it reads back as the same event."""
    event = parse_event(json.dumps(event_types().examples[kind]).encode())
    binary = to_binary(event)
    assert read_event(binary.payload, binary.content_type, binary.properties) == event


@pytest.mark.parametrize(
    ("message", "rule", "pointer"),
    [
        ((DATA, "application/cloudevents+avro"), Rule.UNSUPPORTED_FORMAT, None),
        ((DATA, "application/cloudevents-batch+json"), Rule.UNSUPPORTED_FORMAT, None),
        ((DATA, "text/xml", PROPERTIES), Rule.UNSUPPORTED_FORMAT, "/datacontenttype"),
        ((b"\x01\x02", JSON, PROPERTIES), Rule.NOT_JSON, "/data"),
        ((b"", JSON, PROPERTIES), Rule.INVALID_VALUE, "/data"),
        ((DATA + b',"id":"9-9"', JSON, PROPERTIES), Rule.NOT_JSON, "/data"),
        ((b"[]", JSON, PROPERTIES), Rule.INVALID_VALUE, "/data"),
        ((DATA, JSON, [*PROPERTIES, ("id", "9-9")]), Rule.NOT_A_CLOUDEVENT, "/id"),
        ((DATA, JSON, PROPERTIES[1:]), Rule.NOT_A_CLOUDEVENT, "/specversion"),
        ((DATA, JSON, [PROPERTIES[0]]), Rule.NOT_A_CLOUDEVENT, None),
        ((DATA, JSON, [*PROPERTIES, ("x", "y" * 300_000)]), Rule.TOO_LARGE, None),
        ((DATA, JSON, [*PROPERTIES, ("subject", "\x07")]), Rule.NOT_A_CLOUDEVENT, "/subject"),
        ((DATA.replace(b"P0562", b"X0562"), JSON, PROPERTIES), Rule.INVALID_VALUE, "/data/codes/0/code"),
    ],
)
def test_binary_mode_is_refused_with_the_same_pointers(
    message: tuple[Any, ...], rule: Rule, pointer: str | None
) -> None:
    """The sender reads where in the event it is, whichever way the event came."""
    told = refused(*message)
    assert (told.rule, told.pointer) == (rule, pointer)


@pytest.mark.parametrize(
    ("changes", "rule", "pointer", "says"),
    [
        ({"specversion": ...}, Rule.NOT_A_CLOUDEVENT, "/specversion", "required"),
        ({"time": 1768197600}, Rule.NOT_A_CLOUDEVENT, "/time", "RFC 3339"),
        ({"time": "1768197600"}, Rule.NOT_A_CLOUDEVENT, "/time", "RFC 3339"),
        ({"time": "2026-01-12T07:41:03"}, Rule.NOT_A_CLOUDEVENT, "/time", "offset"),
        ({"subject": ""}, Rule.NOT_A_CLOUDEVENT, "/subject", "at least 1"),
        ({"provenance": "fake"}, Rule.NOT_A_CLOUDEVENT, "/provenance", "'simulated'"),
        ({"datacontenttype": "application/xml"}, Rule.UNSUPPORTED_FORMAT, "/datacontenttype", "JSON"),
        ({"data": ..., "data_base64": "AA=="}, Rule.UNSUPPORTED_FORMAT, "/data_base64", "send 'data' as JSON"),
        ({"data_base64": "AA=="}, Rule.UNSUPPORTED_FORMAT, "/data_base64", "send 'data' as JSON"),
        ({"data": ...}, Rule.INVALID_VALUE, "/data", "required"),
    ],
)
def test_attributes_that_break_the_specification_are_refused(
    changes: dict[str, Any], rule: Rule, pointer: str, says: str
) -> None:
    """Each with its rule, its place, and what is expected."""
    with pytest.raises(Refused, match=says) as told:
        structured(**changes)
    assert (told.value.rule, told.value.pointer, told.value.event_id) == (rule, pointer, "7-1204")


def test_the_intake_takes_either_mode() -> None:
    """A fault in binary mode leads to the same finding; the hash in a refusal is of the payload as it came."""
    topic, now = "callahead/v1/volta/car-1/event", EVENT.time.timestamp()
    whole = Intake(Registry([]), open_demo=True).receive(topic, json.dumps(WHOLE).encode(), now)
    binary = Intake(Registry([]), open_demo=True).receive(topic, DATA, now, content_type=JSON, properties=PROPERTIES)
    assert binary.conclusions == whole.conclusions
    assert binary.conclusions
    kept = Intake(Registry([])).receive(topic, DATA, now, content_type="text/xml", properties=PROPERTIES).refusal
    assert kept is not None
    assert kept.problem.sha256 == hashlib.sha256(DATA).hexdigest()
    assert kept.problem.event_id == "7-1204"
