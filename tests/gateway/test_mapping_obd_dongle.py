"""A dongle's plain JSON: fields renamed, units converted, enums translated, codes collected; bad messages refused with a reason."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.contract.envelope import DeviceEvent
from gateway.contract.messages import parse_event, parse_state
from gateway.contract.refusals import Refused, Rule
from gateway.devices.registry import DeviceRecord, Registry
from gateway.intake.intake import Intake
from gateway.kinds.car.messages import VehicleFaultEvent, VehicleStatusEvent
from gateway.mapping.read import parse_mapping, read_mapping, shipped
from gateway.mapping.translate import Translator

NOW = 1_767_258_001.0
TOPIC = "roadlog/RL-0815/report"
REPORT: dict[str, Any] = {
    "ts": 1767258000123,
    "boot": 7,
    "n": 42,
    "lat": 51.0504,
    "lon": 13.7373,
    "acc": 8,
    "fix": 1767257999,
    "ign": "run",
    "rpm": 2100,
    "speed": {"v": 43.5, "u": "mph"},
    "coolant_f": 221,
    "batt_mv": 12410,
    "odo_mi": 60211.4,
    "tyres_psi": [32.0, 31.5, 33.0, 33.0],
    "mil": 1,
    "dtc": ["P0128"],
    "pending": "p0562, U0100",
    "gforce": [0.01, 0.02, 0.98],
}


@pytest.fixture
def dongle() -> Translator:
    """What comes with us."""
    return Translator(read_mapping(shipped("obd_dongle")))


def told(translator: Translator, report: dict[str, Any], topic: str = TOPIC) -> DeviceEvent:
    """Return the one event a report comes to."""
    [(where, payload)] = translator.map_message(topic, json.dumps(report).encode(), NOW)
    event = parse_event(payload)
    assert where == f"callahead/v1/{event.device}/event"
    return event


def test_a_report_with_codes_is_a_fault(dongle: Translator) -> None:
    """Codes from a list and from a text, the freeze frame in VSS units, the position with its accuracy and age."""
    event = told(dongle, REPORT)
    assert isinstance(event, VehicleFaultEvent)
    assert (event.source, event.id) == ("/roadlog/RL-0815", "7-42")
    assert event.time.isoformat() == "2026-01-01T09:00:00.123000+00:00"
    assert [(dtc.code, dtc.status) for dtc in event.data.codes] == [
        ("P0128", "confirmed"),
        ("P0562", "pending"),
        ("U0100", "pending"),
    ]
    assert event.data.position
    assert event.data.position.fix_time.timestamp() == 1767257999
    assert event.data.freeze_frame.model_dump(by_alias=True, exclude_none=True) == {
        "Vehicle.LowVoltageSystemState": "ON",
        "Vehicle.Powertrain.CombustionEngine.IsRunning": True,
        "Vehicle.Powertrain.CombustionEngine.Speed": 2100.0,
        "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature": 105.0,
        "Vehicle.LowVoltageBattery.CurrentVoltage": 12.41,
        "Vehicle.Speed": pytest.approx(70.006, abs=0.001),
        "Vehicle.TraveledDistance": 96_900_855,
        "Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure": 221,
        "Vehicle.Chassis.Axle.Row1.Wheel.Right.Tire.Pressure": 217,
        "Vehicle.Chassis.Axle.Row2.Wheel.Left.Tire.Pressure": 228,
        "Vehicle.Chassis.Axle.Row2.Wheel.Right.Tire.Pressure": 228,
        "Vehicle.OBD.Status.IsMILOn": True,
    }


def test_a_report_without_codes_is_a_status(dongle: Translator) -> None:
    """An empty list says that no code is stored; a missing one says nothing."""
    cleared = told(dongle, {**REPORT, "dtc": [], "pending": ""})
    assert isinstance(cleared, VehicleStatusEvent)
    assert cleared.data.signals.dtc_count == 0
    silent = told(dongle, {name: value for name, value in REPORT.items() if name not in {"dtc", "pending"}})
    assert isinstance(silent, VehicleStatusEvent)
    assert silent.data.signals.dtc_count is None


def test_without_a_fix_there_is_no_position(dongle: Translator) -> None:
    """Accuracy and time alone make none."""
    event = told(dongle, {name: value for name, value in REPORT.items() if name not in {"lat", "lon", "acc", "fix"}})
    assert isinstance(event, VehicleFaultEvent)
    assert event.data.position is None


def test_what_means_nothing_is_left_out(dongle: Translator) -> None:
    """65535 revolutions and -40 degrees are how this bus says that it does not know."""
    event = told(dongle, {**REPORT, "rpm": 65535, "coolant_f": -40})
    assert isinstance(event, VehicleFaultEvent)
    assert event.data.freeze_frame.engine_speed is None
    assert event.data.freeze_frame.coolant_temperature is None


def test_the_message_says_its_unit(dongle: Translator) -> None:
    """A unit in the message counts before the one in the file."""
    event = told(dongle, {**REPORT, "speed": {"v": 70, "u": "km/h"}})
    assert isinstance(event, VehicleFaultEvent)
    assert event.data.freeze_frame.speed == 70


def test_the_same_message_again_has_the_same_id(dongle: Translator) -> None:
    """Whenever it arrives, and from whichever instance; the next one has another."""
    payload = json.dumps(REPORT).encode()
    again = Translator(read_mapping(shipped("obd_dongle")))
    assert dongle.map_message(TOPIC, payload, NOW) == again.map_message(TOPIC, payload, NOW + 3600)
    assert told(dongle, {**REPORT, "n": 43}).id == "7-43"


@pytest.mark.parametrize(
    ("change", "pointer", "reason"),
    [
        ({"ts": None}, "/ts", "time from '/ts': it is missing"),
        ({"n": None}, "/n", "id.seq from '/n': it is missing"),
        ({"n": -1}, "/n", "is not a count"),
        ({"n": 1.5}, "/n", "is not a count"),
        ({"ts": "yesterday"}, "/ts", "'yesterday' is not a time; a number of ms"),
        ({"ts": 1e300}, "/ts", "is not a time"),
        ({"lat": None}, "/lat", "/position/latitude from '/lat'.*required"),
        ({"lat": 91}, "/lat", "less than or equal to 90"),
        ({"ign": "kaputt"}, "/ign", "'kaputt' is not a value we know; known are off, acc, on, crank, run"),
        ({"speed": {"v": 43.5, "u": "furlongs"}}, "/speed/v", "the unit 'furlongs' cannot be converted into km/h"),
        ({"speed": {"v": 43.5, "u": "psi"}}, "/speed/v", "the unit 'psi' cannot be converted into km/h"),
        ({"batt_mv": "full"}, "/batt_mv", "'full' is not a number"),
        ({"batt_mv": 1e9}, "/batt_mv", "Vehicle.LowVoltageBattery.CurrentVoltage from '/batt_mv'"),
        ({"dtc": ["X9999"]}, "/dtc", "/codes from '/dtc'"),
        ({"mil": 2}, "/mil", "2 is not a value we know; known are 0, 1"),
    ],
)
def test_a_bad_report_is_refused_with_a_reason(
    dongle: Translator, change: dict[str, Any], pointer: str, reason: str
) -> None:
    """The vendor reads file, field, his own pointer and what is wrong."""
    with pytest.raises(Refused, match=reason) as refused:
        dongle.map_message(TOPIC, json.dumps({**REPORT, **change}).encode(), NOW)
    assert refused.value.rule is Rule.INVALID_VALUE
    assert refused.value.pointer == pointer
    assert "obd_dongle.toml" in refused.value.detail


@pytest.mark.parametrize(
    ("topic", "payload", "rule"),
    [
        (TOPIC, b"{", Rule.NOT_JSON),
        (TOPIC, b"[]", Rule.NOT_JSON),
        (TOPIC, b"\xff", Rule.NOT_JSON),
        (TOPIC, b"[" * 100_000, Rule.NOT_JSON),
        (TOPIC, b'{"n": ' + b"9" * 10_000 + b"}", Rule.NOT_JSON),
        (TOPIC, b"{}", Rule.INVALID_VALUE),
        (TOPIC, b" " * 300_000, Rule.TOO_LARGE),
        ("roadlog/RL 1/report", json.dumps(REPORT).encode(), Rule.INVALID_VALUE),
        ("roadlog/RL-1/else", b"{}", Rule.WRONG_TOPIC),
        ("roadlog/RL-1/link", b"perhaps", Rule.INVALID_VALUE),
        ("roadlog/RL-1/link", b"\xff", Rule.NOT_JSON),
    ],
)
def test_what_is_no_report_is_refused(dongle: Translator, topic: str, payload: bytes, rule: Rule) -> None:
    """Bombs, other languages, names the contract has no letters for."""
    with pytest.raises(Refused) as refused:
        dongle.map_message(topic, payload, NOW)
    assert refused.value.rule is rule


def test_a_card_number_is_not_repeated(dongle: Translator) -> None:
    """Not even to the vendor who sent it."""
    for change in ({"ign": "4111 1111 1111 1111"}, {"batt_mv": "4111111111111111"}, {"dtc": ["4111111111111111"]}):
        with pytest.raises(Refused) as refused:
            dongle.map_message(TOPIC, json.dumps({**REPORT, **change}).encode(), NOW)
        assert "411111" not in refused.value.detail.replace(" ", "")


def test_link_messages_become_states(dongle: Translator) -> None:
    """Of the newest boot that was heard of, where the last will does not say."""
    told(dongle, REPORT)
    for text, online in ((b"online", True), (b"offline", False)):
        [(topic, payload)] = dongle.map_message("roadlog/RL-0815/link", text, NOW)
        assert topic == "callahead/v1/roadlog/RL-0815/state"
        state = parse_state(payload)
        assert (state.online, state.boot, state.time) == (online, 7, None)


def test_intake_takes_what_comes_out(dongle: Translator) -> None:
    """Once: a finding the first time, a repeat the second."""
    intake = Intake(Registry([DeviceRecord("roadlog/RL-0815", "car", "customer-1", "real")]))
    [message] = dongle.map_message(TOPIC, json.dumps(REPORT).encode(), NOW)
    assert intake.receive(*message, NOW).conclusions
    assert intake.receive(*message, NOW).repeat


STOCK = """
vendor = "acme"
device = "{fridge}"
topics = ["acme/{fridge}/stock"]
time = { from = "/at", unit = "iso" }
[id]
boot = { constant = 0 }
seq = { from = "/at", unit = "s" }
[[event]]
type = "callahead.appliance.stock.v1"
[event.fields."/items"]
from = "/shelf"
[event.fields."/items".each]
gtin = { from = "/ean", required = true }
name = { from = "/title" }
quantity = { from = "/left" }
reorder_at = { constant = 2 }
reorder_quantity = { constant = 6 }
"""


def test_a_list_of_tables_is_mapped_table_by_table() -> None:
    """Stock: each article's fields by their own rules, pointers from the article on."""
    stock = Translator(parse_mapping(STOCK, "stock.toml"))
    shelf = [{"ean": "4006381333931", "title": "Milk", "left": 1}, {"ean": "96385074", "title": "Eggs", "left": 4}]
    report = {"at": "2026-01-01T10:00:00+01:00", "shelf": shelf}
    event = told(stock, report, "acme/f-1/stock")
    assert event.model_dump()["data"]["items"][1]["quantity"] == 4
    with pytest.raises(Refused, match=r"stock\.toml, /items\.each\.gtin from '/ean': it is missing"):
        told(stock, {**report, "shelf": [{"title": "Milk"}]}, "acme/f-1/stock")


def test_messages_of_one_moment_are_told_apart() -> None:
    """Where the id is made of a time, by what they say."""
    stock = Translator(parse_mapping(STOCK, "stock.toml"))
    reports = [
        {"at": "2026-01-01T10:00:00+01:00", "shelf": [{"ean": "96385074", "title": "Eggs", "left": left}]}
        for left in range(5)
    ]
    ids = {told(stock, report, "acme/f-1/stock").id for report in reports}
    assert len(ids) == 5
    assert all(len(each) <= len("0-") + 15 for each in ids)
