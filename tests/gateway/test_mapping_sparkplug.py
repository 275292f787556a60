"""Sparkplug-style metrics: names and units from births, aliases in data, sessions told apart, deaths heeded or not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.contract.messages import parse_event, parse_state
from gateway.contract.refusals import Refused, Rule
from gateway.kinds.car.messages import VehicleFaultEvent, VehicleStatusEvent
from gateway.mapping.read import read_mapping, shipped
from gateway.mapping.translate import Message, Translator

NOW = 1_767_258_001.0
BORN = 1767257990000
NBIRTH, NDEATH = "spBv1.0/volta/NBIRTH/edge7", "spBv1.0/volta/NDEATH/edge7"
DBIRTH, DDATA, DDEATH = (f"spBv1.0/volta/{kind}/edge7/van12" for kind in ("DBIRTH", "DDATA", "DDEATH"))

NODE_BIRTH: dict[str, Any] = {
    "timestamp": BORN,
    "metrics": [{"name": "bdSeq", "timestamp": BORN, "dataType": "Int64", "value": 254}],
    "seq": 0,
}
FAHRENHEIT = {"engUnit": {"type": "String", "value": "degF"}}
DEVICE_BIRTH: dict[str, Any] = {
    "timestamp": BORN + 100,
    "metrics": [
        {"name": "Engine/Coolant Temperature", "alias": 4, "dataType": "Float", "value": 194, "properties": FAHRENHEIT},
        {"name": "Engine/Oil Pressure", "alias": 5, "dataType": "String", "value": "ok"},
        {"name": "Diagnostics/Trouble Codes", "alias": 6, "dataType": "String", "value": ""},
        {"name": "Position/Latitude", "alias": 7, "dataType": "Double", "value": 51.0504},
        {"name": "Position/Longitude", "alias": 8, "dataType": "Double", "value": 13.7373},
        {"name": "Vehicle/Odometer", "alias": 9, "dataType": "Double", "value": 96900.8},
        {"name": "Cargo/Doors", "alias": 10, "dataType": "Boolean", "value": False},
    ],
    "seq": 1,
}


def data(*metrics: dict[str, Any], after_ms: int = 1_000, seq: int = 2) -> dict[str, Any]:
    """Return a data message."""
    return {"timestamp": BORN + after_ms, "metrics": list(metrics), "seq": seq}


def send(van: Translator, topic: str, message: dict[str, Any]) -> list[Message]:
    """Hand over one message."""
    return van.map_message(topic, json.dumps(message).encode(), NOW)


@pytest.fixture
def unborn() -> Translator:
    """What comes with us; no birth heard yet."""
    return Translator(read_mapping(shipped("sparkplug")))


@pytest.fixture
def van(unborn: Translator) -> Translator:
    """A node and its device are born."""
    assert send(unborn, NBIRTH, NODE_BIRTH) == []
    assert len(send(unborn, DBIRTH, DEVICE_BIRTH)) == 2
    return unborn


def test_a_birth_is_a_state_and_a_status(unborn: Translator) -> None:
    """The device is there, and says how it does; values in the units of their birth."""
    send(unborn, NBIRTH, NODE_BIRTH)
    (state_topic, state), (event_topic, event) = send(unborn, DBIRTH, DEVICE_BIRTH)
    assert state_topic == "callahead/v1/volta/edge7-van12/state"
    assert event_topic == "callahead/v1/volta/edge7-van12/event"
    assert parse_state(state).online
    assert parse_state(state).boot == BORN // 1000
    status = parse_event(event)
    assert isinstance(status, VehicleStatusEvent)
    assert status.data.signals.coolant_temperature == pytest.approx(90)
    assert status.data.signals.oil_pressure_status == "NORMAL"
    assert status.data.signals.travelled_distance == 96_900_800
    assert status.data.signals.dtc_count == 0
    assert status.data.position
    assert status.data.position.latitude == 51.0504


def test_data_by_alias_is_known_by_its_birth(van: Translator) -> None:
    """Alias 4 is the coolant, in Fahrenheit; alias 6 the codes."""
    [(_, payload)] = send(van, DDATA, data({"alias": 4, "value": 257}, {"alias": 6, "value": "P0217, P0128"}))
    fault = parse_event(payload)
    assert isinstance(fault, VehicleFaultEvent)
    assert [dtc.code for dtc in fault.data.codes] == ["P0217", "P0128"]
    assert fault.data.freeze_frame.coolant_temperature == pytest.approx(125)
    assert fault.time.timestamp() == (BORN + 1000) / 1000
    assert fault.data.position is None


def test_data_by_name_needs_no_alias(van: Translator) -> None:
    """A name says itself; its unit is still the birth's."""
    [(_, payload)] = send(van, DDATA, data({"name": "Engine/Coolant Temperature", "value": 212}))
    status = parse_event(payload)
    assert isinstance(status, VehicleStatusEvent)
    assert status.data.signals.coolant_temperature == pytest.approx(100)


def test_metrics_without_a_place_are_let_go(van: Translator) -> None:
    """The file says so; nothing is refused for them."""
    assert send(van, DDATA, data({"alias": 10, "value": True})) == []


def test_the_same_message_again_has_the_same_id(van: Translator) -> None:
    """After a restart too, once the births are recalled. Of one millisecond, ``seq`` tells two apart."""
    message = data({"alias": 6, "value": "P0217"}, seq=255)
    first = send(van, DDATA, message)
    assert parse_event(first[0][1]).id == f"{BORN // 1000}-{(BORN + 1000) * 100 + 55}"
    again = Translator(read_mapping(shipped("sparkplug")))
    again.recall(van.kept)
    assert send(again, DDATA, message) == first
    assert send(again, DDATA, {**message, "seq": 0}) != first


def test_a_birth_delivered_again_changes_nothing(van: Translator) -> None:
    """What was born on the node stays born."""
    message = data({"alias": 6, "value": "P0217"})
    first = send(van, DDATA, message)
    send(van, NBIRTH, NODE_BIRTH)
    assert send(van, DDATA, message) == first


def test_a_new_session_is_a_new_boot_and_forgets_aliases(van: Translator) -> None:
    """The bdSeq goes round after 255; the hour of birth does not."""
    send(van, NBIRTH, {**NODE_BIRTH, "timestamp": BORN + 60_000, "metrics": [{"name": "bdSeq", "value": 0}]})
    with pytest.raises(Refused, match="no birth gave a name to alias 6"):
        send(van, DDATA, data({"alias": 6, "value": "P0217"}, after_ms=61_000))
    [(_, state), _] = send(van, DBIRTH, {**DEVICE_BIRTH, "timestamp": BORN + 60_100})
    assert parse_state(state).boot == BORN // 1000 + 60


def test_a_death_takes_the_device_offline(van: Translator) -> None:
    """Its own, or its node's, which is the node's last will."""
    [(topic, payload)] = send(van, DDEATH, {"timestamp": BORN + 2000, "seq": 3})
    assert topic == "callahead/v1/volta/edge7-van12/state"
    assert not parse_state(payload).online
    [(topic, payload)] = send(van, NDEATH, {"metrics": [{"name": "bdSeq", "value": 254}]})
    assert topic == "callahead/v1/volta/edge7-van12/state"
    assert (parse_state(payload).online, parse_state(payload).boot) == (False, BORN // 1000)


def test_an_old_last_will_means_nothing(van: Translator) -> None:
    """One whose bdSeq is another session's."""
    assert send(van, NDEATH, {"metrics": [{"name": "bdSeq", "value": 253}]}) == []


@pytest.mark.parametrize(
    ("message", "pointer", "reason"),
    [
        (data({"alias": 99, "value": 1}), "/metrics/0/alias", "alias 99; publish NBIRTH and DBIRTH again"),
        (data({"value": 1}), "/metrics/0/alias", "alias None"),
        (data({"alias": 5, "value": "wet"}), None, "'wet' is not a value we know; known are ok, low, critical, fault"),
        (data({"alias": 4, "value": "hot"}), None, "Engine/Coolant Temperature.*'hot' is not a number"),
        (data({"alias": 6, "value": "P99"}), None, "/codes from 'Diagnostics/Trouble Codes'"),
        ({"metrics": [{"alias": 4, "value": 200}], "seq": 2}, "/timestamp", "id.seq from '/timestamp': it is missing"),
        ({"timestamp": BORN, "metrics": [{"alias": 4, "value": 200}]}, "/seq", "id.counter from '/seq': it is missing"),
        ({"timestamp": BORN, "metrics": "many", "seq": 1}, "/metrics", "valid (array|list)"),
        ({"timestamp": BORN, "metrics": [{"alias": 7, "value": 51.0}], "seq": 1}, None, "required"),
    ],
)
def test_a_bad_message_is_refused_with_a_reason(
    van: Translator, message: dict[str, Any], pointer: str | None, reason: str
) -> None:
    """In the words of Sparkplug."""
    with pytest.raises(Refused, match=reason) as refused:
        send(van, DDATA, message)
    assert refused.value.rule is Rule.INVALID_VALUE
    assert refused.value.pointer == pointer
    assert "sparkplug.toml" in refused.value.detail


def test_a_wrong_unit_in_a_birth_is_told_with_the_data(unborn: Translator) -> None:
    """A pressure is no temperature."""
    send(unborn, NBIRTH, NODE_BIRTH)
    metric = {"name": "Engine/Coolant Temperature", "value": 90, "properties": {"engUnit": {"value": "psi"}}}
    with pytest.raises(Refused, match="the unit 'psi' cannot be converted into celsius"):
        send(unborn, DBIRTH, {"timestamp": BORN, "metrics": [metric], "seq": 1})


def test_data_before_any_birth_asks_for_one(unborn: Translator) -> None:
    """As Sparkplug has it: a rebirth."""
    with pytest.raises(Refused, match=r"no NBIRTH of 'volta/edge7' was heard; publish NBIRTH and DBIRTH again"):
        send(unborn, DDATA, data({"alias": 6, "value": "P0217"}))


def test_protobuf_is_refused_by_its_name(van: Translator) -> None:
    """Sparkplug B's own payload is not read."""
    with pytest.raises(Refused, match="Sparkplug B's protobuf payload") as refused:
        van.map_message(DDATA, bytes.fromhex("08b8a9f5c1b7331801"), NOW)
    assert refused.value.rule is Rule.UNSUPPORTED_FORMAT


def test_whose_topic_it_is_is_told_for_refusals(van: Translator) -> None:
    """So that the reason reaches the sender; a group with capitals has no name here."""
    assert van.device_of(DDATA) == "volta/edge7-van12"
    assert van.device_of("spBv1.0/Volta/DDATA/edge7/van12") is None
    send(van, "spBv1.0/Volta/NBIRTH/edge7", NODE_BIRTH)
    with pytest.raises(Refused, match="a vendor has small letters"):
        send(van, "spBv1.0/Volta/DDATA/edge7/van12", data({"name": "Vehicle/Speed", "value": 3}))
