"""Mappings and vendors' topics as they are: units, texts, values apart, devices named inside, and what cannot be read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.contract.event_types import event_types
from gateway.contract.messages import parse_event
from gateway.contract.refusals import Refused, Rule
from gateway.devices.registry import DeviceRecord, Registry
from gateway.finding import Conclusion, Finding
from gateway.intake.intake import Intake, Verdict
from gateway.mapping.contract_paths import Target, targets
from gateway.mapping.read import MappingError, parse_mapping, read_mapping, shipped
from gateway.mapping.translate import Translator, Translators
from gateway.mapping.units import UNITS

NOW = 1_768_197_600.0
CAR = 'convention = "json"\nvendor = "acme"\ndevice = "{unit}"\ntopics = ["acme/{unit}/report"]\n'
IDS = "time = { received = true }\n[id]\nboot = { constant = 0 }\nseq = { received = true }\n"
STATUS = '[[event]]\ntype = "callahead.vehicle.status.v1"\n[event.fields]\n'
FAULT = '[[event]]\ntype = "callahead.vehicle.fault.v1"\nneeds = ["/codes"]\n[event.fields]\n'
TOPIC = "acme/u1/report"


def translator(fields: str, head: str = CAR, event: str = STATUS) -> Translator:
    """Return one for a mapping of a car's events with these fields."""
    return Translator(parse_mapping(head + IDS + event + fields, "acme.toml"))


def data_of(told: Translator, body: Any, topic: str = TOPIC) -> dict[str, Any]:
    """Return the data of the one event that a message becomes."""
    [(_, payload)] = told.map_message(topic, json.dumps(body).encode(), NOW, [])
    found: dict[str, Any] = json.loads(payload)["data"]
    return found


def hearing(name: str, *devices: tuple[str, str]) -> Intake:
    """Return an intake with a shipped mapping and devices, each with its kind."""
    records = [DeviceRecord(device, kind, "c-1", "real") for device, kind in devices]
    return Intake(Registry(records), translators=Translators([read_mapping(shipped(name))]))


def play(intake: Intake, messages: list[tuple[str, str]], at: float = NOW) -> list[Verdict]:
    """Publish messages, a second apart."""
    return [intake.receive(topic, text.encode(), at + number) for number, (topic, text) in enumerate(messages)]


def conclusions(verdicts: list[Verdict]) -> list[Conclusion]:
    """Return what they came to."""
    return [one for verdict in verdicts for one in verdict.conclusions]


def with_units() -> list[tuple[str, Target]]:
    """Return every place in every event that has a unit."""
    return [(one.name, target) for one in event_types() for target in targets(one.name).values() if target.unit]


def test_every_unit_of_the_contract_converts() -> None:
    """Seventy readings and more; a unit that is published and not known could not be asked for."""
    assert len(with_units()) > 90
    assert {target.unit for _, target in with_units()} <= UNITS.keys()


@pytest.mark.parametrize(
    ("event", "name", "unit", "value", "read"),
    [
        ("vehicle", "Vehicle.OBD.CoolantTemperature", "degF", 212, 100),
        ("vehicle", "Vehicle.OBD.Speed", "mph", 100, 160.9344),
        ("vehicle", "Vehicle.OBD.MAF", "kg/h", 36, 10),
        ("vehicle", "Vehicle.Powertrain.TractionBattery.StateOfCharge.CurrentEnergy", "MJ", 36, 10),
        ("vehicle", "Vehicle.LowVoltageBattery.NominalCapacity", "mAh", 60_000, 60),
        ("vehicle", "Vehicle.CurrentLocation.Heading", "rad", 3.14159265358979, 180),
        ("appliance", "Callahead.EvaporatorTemperature", "degC", -18, -1800),
        ("appliance", "Callahead.RoomTemperature", "°F", 71.6, 2200),
        ("appliance", "Callahead.DoorOpenSeconds", "min", 3, 180),
    ],
)
def test_units_of_every_kind_of_reading(event: str, name: str, unit: str, value: float, read: float) -> None:
    """The published unit itself says what is converted into."""
    head = f'[[event]]\ntype = "callahead.{event}.status.v1"\n[event.fields]\n'
    told = translator(f'"{name}" = {{ from = "/x", unit = "{unit}" }}\n', event=head)
    [group] = data_of(told, {"x": value}).values()
    assert group[name] == pytest.approx(read)


def test_hundredths_need_a_unit() -> None:
    """22 is no 0.22 °C: a file that names no unit is refused before anything starts."""
    head = '[[event]]\ntype = "callahead.appliance.status.v1"\n[event.fields]\n'
    with pytest.raises(
        MappingError, match=r"Callahead.RoomTemperature: the contract has it in 0\.01 celsius: say in which"
    ):
        translator('"Callahead.RoomTemperature" = { from = "/x" }\n', event=head)


def test_texts_become_what_the_contract_wants() -> None:
    """Numbers and switches that were written as texts, numbers where a text is wanted."""
    told = translator(
        '"Vehicle.CurrentLocation.Latitude" = { from = "/lat" }\n"Vehicle.OBD.Status.DTCCount" = { from = "/count" }\n'
        '"Vehicle.IsMoving" = { from = "/moves" }\n"Vehicle.IsBrokenDown" = { from = "/broken" }\n'
    )
    signals = data_of(told, {"lat": "56.95", "count": "3", "moves": "yes", "broken": 0})["signals"]
    assert list(signals.values()) == [56.95, 3, True, False]


def test_parts_of_a_divided_text() -> None:
    """Two coordinates in one text; a code with its status."""
    told = translator(
        '"Vehicle.CurrentLocation.Latitude" = { from = "/at", split = ",", part = 0 }\n'
        '"Vehicle.CurrentLocation.Longitude" = { from = "/at", split = ",", part = 1 }\n'
    )
    assert list(data_of(told, {"at": "56.95, 24.1"})["signals"].values()) == [56.95, 24.1]
    codes = 'each = { code = { from = "", split = ":", part = 0 }, status = { from = "", split = ":", part = 1 } }'
    told = translator(f'"/codes" = {{ from = "/dtc", split = " ", {codes} }}\n', event=FAULT)
    assert data_of(told, {"dtc": "P0562:pending U0121"})["codes"] == [
        {"code": "P0562", "status": "pending"},
        {"code": "U0121"},
    ]


def test_a_device_that_the_message_names() -> None:
    """Every device on one topic, as a forwarder sends them; who cannot be told is not guessed."""
    head = 'convention = "json"\nvendor = "acme"\ndevice = "/device/id"\ntopics = ["acme/positions"]\n'
    told = translator('"Vehicle.Speed" = { from = "/speed", unit = "kn" }\n', head)
    body = {"device": {"id": 4711}, "speed": 10}
    [(topic, payload)] = told.map_message("acme/positions", json.dumps(body).encode(), NOW)
    assert topic == "callahead/v1/acme/4711/event"
    assert parse_event(payload).device == "acme/4711"
    assert told.device_of("acme/positions") is None
    assert told.device_of("acme/positions", json.dumps(body).encode()) == "acme/4711"
    with pytest.raises(Refused, match="make no name"):
        told.map_message("acme/positions", b'{"speed": 3}', NOW)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ('device = "{unit}"|device = "/unit"|vendor = "acme"|vendor = "/vendor"', "vendor: '/vendor'"),
        ('from = "/x"|from = "speed"', "write a JSON pointer"),
        ('from = "/x"|from = "/x", part = 1', "'part' needs 'split'"),
        ('from = "/x"|from = "/x", split = ","', "'split' without a 'part'"),
    ],
)
def test_what_cannot_be_is_told_at_start(change: str, says: str) -> None:
    """By file, key and rule."""
    text = CAR + IDS + STATUS + '"Vehicle.Speed" = { from = "/x", unit = "km/h" }\n'
    words = change.split("|")
    for old, new in zip(words[::2], words[1::2], strict=True):
        text = text.replace(old, new)
    with pytest.raises(MappingError, match=says.replace("(", r"\(")):
        parse_mapping(text, "acme.toml")


def test_a_value_that_cannot_be_read_loses_no_fault() -> None:
    """It is left out and told in the vendor's own words; an element of a list, too."""
    codes = '"/codes" = { from = "/dtc", each = { code = { from = "" } } }\n'
    fields = codes + '"Vehicle.Speed" = { from = "/v", unit = "km/h" }\n'
    mapping = parse_mapping(CAR + IDS + FAULT + fields, "acme.toml")
    record = DeviceRecord("acme/u1", "car", "c-1", "real")
    intake = Intake(Registry([record]), translators=Translators([mapping]))
    body = b'{"dtc": ["P0562", "ABS 12"], "v": nan}'
    verdict = intake.receive(TOPIC, body, NOW)
    assert [type(one) for one in verdict.conclusions] == [Finding]
    assert verdict.refusal is not None
    assert (verdict.refusal.device, verdict.refusal.rule) == ("acme/u1", Rule.LEFT_OUT)
    for words in ("'nan' is not a number", "/codes from '/dtc'", "acme.toml"):
        assert words in verdict.refusal.problem.detail


def test_a_place_that_cannot_be_is_told_through_a_mapping() -> None:
    """What the contract says of the event inside reaches the vendor."""
    fields = (
        '"/position/latitude" = { from = "/lat" }\n"/position/longitude" = { from = "/lon" }\n'
        '"/position/accuracy_m" = { constant = 9 }\n"/position/fix_time" = { received = true }\n'
    )
    mapping = parse_mapping(CAR + IDS + STATUS + fields, "acme.toml")
    intake = Intake(Registry([DeviceRecord("acme/u1", "car", "c-1", "real")]), translators=Translators([mapping]))
    verdict = intake.receive(TOPIC, b'{"lat": 0, "lon": 0}', NOW)
    assert verdict.refusal is not None
    assert "no fix" in verdict.refusal.problem.detail


OVMS = "ovms/me/GGK97E/metric/"


def test_ovms_puts_a_car_together() -> None:
    """One value a topic: the alarm of its 12 V battery is a case with the place that two other messages told."""
    intake = hearing("ovms", ("ovms/GGK97E", "car"))
    told = play(intake, [
        (f"{OVMS}s/v3/connected", "yes"), (f"{OVMS}v/e/on", "no"), (f"{OVMS}v/b/soc", "62.5"),
        (f"{OVMS}v/p/latitude", "56.95"), (f"{OVMS}v/p/longitude", "24.1"), (f"{OVMS}v/p/odometer", "41230"),
        (f"{OVMS}v/b/temp", "7"), (f"{OVMS}v/c/limit/soc", "90"), (f"{OVMS}v/b/12v/voltage", "12.9"),
        (f"{OVMS}v/b/12v/voltage/alert", "yes"),
    ])  # fmt: skip
    assert [verdict.refusal for verdict in told if verdict.refusal] == []
    [found] = [one for one in conclusions(told) if isinstance(one, Finding)]
    assert found.place is not None
    assert (found.place.latitude, found.place.longitude, found.place.fix_time) == (56.95, 24.1, NOW + 3)
    twin = intake.twin("ovms/GGK97E")
    assert twin.pulse.said is True
    assert twin.readings["Vehicle.TraveledDistance"] == 41_230_000
    assert twin.readings["Vehicle.Powertrain.TractionBattery.Temperature.Average"] == 7
    assert intake.heard.counts["ovms", "callahead.vehicle.status.v1"] == 6, "a metric that nobody maps is no event"


def test_ovms_says_that_a_car_is_gone() -> None:
    """Its last will."""
    intake = hearing("ovms", ("ovms/GGK97E", "car"))
    play(intake, [(f"{OVMS}s/v3/connected", "yes"), (f"{OVMS}s/v3/connected", "no")])
    assert intake.twin("ovms/GGK97E").pulse.said is False


def test_teslamate_hears_of_a_soft_tyre() -> None:
    """The location is JSON and all else text; the case has the place."""
    intake, cars = hearing("teslamate", ("teslamate/car-1", "car")), "teslamate/cars/1/"
    told = play(intake, [
        (f"{cars}healthy", "true"), (f"{cars}battery_level", "62"), (f"{cars}climate_keeper_mode", "off"),
        (f"{cars}location", '{"latitude": 56.95, "longitude": 24.1}'), (f"{cars}state", "asleep"), (f"{cars}state", "driving"),
        (f"{cars}speed", "50"), (f"{cars}tpms_pressure_fl", "1.4"), (f"{cars}tpms_pressure_fr", "2.9"),
        (f"{cars}tpms_pressure_rl", "2.9"), (f"{cars}tpms_pressure_rr", "2.9"), (f"{cars}tpms_soft_warning_fl", "true"),
    ])  # fmt: skip
    assert [verdict.refusal for verdict in told if verdict.refusal] == []
    twin = intake.twin("teslamate/car-1")
    assert twin.readings["Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure"] == 140
    assert twin.place is not None
    assert twin.place.latitude == 56.95
    assert twin.readings["Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.IsPressureLow"] is True


Z2M = "0x00158d0007e78871"
CONTACT = {
    "availability": [
        {"topic": "zigbee2mqtt/bridge/state", "value_template": "{{ value_json.state }}"},
        {"topic": "zigbee2mqtt/KitchenFridge/availability", "value_template": "{{ value_json.state }}"},
    ],
    "device": {"identifiers": [f"zigbee2mqtt_{Z2M}"], "name": "KitchenFridge"},
    "device_class": "door",
    "payload_off": True,
    "payload_on": False,
    "state_topic": "zigbee2mqtt/KitchenFridge",
    "value_template": '{{ value_json["contact"] }}',
}


THERMOMETER = {
    "state_topic": "zigbee2mqtt/KitchenFridge",
    "unit_of_measurement": "°C",
    "value_template": "{{ value_json.temperature }}",
}


def test_zigbee2mqtt_hears_a_fridge() -> None:
    """Its temperature and whether it is there; a door that is opened is no alarm as it is shipped."""
    intake = hearing("zigbee2mqtt", (f"z2m/{Z2M}", "fridge"))
    told = play(intake, [
        (f"homeassistant/binary_sensor/{Z2M}/contact/config", json.dumps(CONTACT)),
        (f"homeassistant/sensor/{Z2M}/temperature/config", json.dumps(THERMOMETER)),
        ("zigbee2mqtt/KitchenFridge/availability", '{"state": "online"}'),
        ("zigbee2mqtt/KitchenFridge", '{"battery": 100, "contact": false, "linkquality": 70, "temperature": 5.1}'),
        ("zigbee2mqtt/KitchenFridge/availability", '{"state": "offline"}'),
    ])  # fmt: skip
    assert [verdict.refusal for verdict in told if verdict.refusal] == []
    twin = intake.twin(f"z2m/{Z2M}")
    assert (twin.told, twin.readings) == ({}, {"TemperatureMeasurement.MeasuredValue": 510})
    assert twin.pulse.said is False


def test_zigbee2mqtt_hears_an_open_door_where_that_is_wanted() -> None:
    """Payloads that are switches, availability in a list: read as Home Assistant reads them."""
    text = shipped("zigbee2mqtt").read_text().replace('# { from = "contact"', '{ from = "contact"')
    record = DeviceRecord(f"z2m/{Z2M}", "fridge", "c-1", "real")
    intake = Intake(Registry([record]), translators=Translators([parse_mapping(text, "z2m.toml")]))
    told = play(intake, [
        (f"homeassistant/binary_sensor/{Z2M}/contact/config", json.dumps(CONTACT)),
        ("zigbee2mqtt/KitchenFridge/availability", '{"state": "online"}'),
        ("zigbee2mqtt/KitchenFridge", '{"battery": 100, "contact": true, "linkquality": 70}'),
        ("zigbee2mqtt/KitchenFridge", '{"battery": 100, "contact": false, "linkquality": 70}'),
    ])  # fmt: skip
    assert [verdict.refusal for verdict in told if verdict.refusal] == []
    twin = intake.twin(f"z2m/{Z2M}")
    assert twin.pulse.said is True
    assert "alarm:DoorOpen" in twin.told


NODE = "spBv1.0/vans/{}/edge3"


def spark(kind: str, device: str = "/van9", **message: Any) -> tuple[str, str]:
    """Return a Sparkplug message."""
    return NODE.format(kind) + device, json.dumps({"timestamp": str(int((NOW - 7200) * 1000)), **message})


BORN = [
    spark("NBIRTH", "", seq="0", metrics=[{"name": "bdSeq", "longValue": "3"}]),
    spark("DBIRTH", seq="1", metrics=[
        {"name": "Battery/Voltage", "alias": "23", "floatValue": 13.9},
        {"name": "Diagnostics/Trouble Codes", "alias": "24", "stringValue": ""},
    ]),
]  # fmt: skip


def test_sparkplug_as_protobuf_writes_json() -> None:
    """``floatValue``, ``stringValue``, numbers of 64 bits as text."""
    intake = hearing("sparkplug", ("vans/edge3-van9", "car"))
    metrics = [{"alias": "24", "stringValue": "P0562,U0121"}, {"alias": "23", "float_value": 11.2}]
    told = play(intake, [*BORN, spark("DDATA", seq="2", metrics=metrics)])
    assert [verdict.refusal for verdict in told if verdict.refusal] == []
    assert any(isinstance(one, Finding) for one in conclusions(told))
    assert intake.twin("vans/edge3-van9").readings["Vehicle.LowVoltageBattery.CurrentVoltage"] == 11.2


def test_a_data_set_is_refused_with_a_reason() -> None:
    """Nothing is silently nothing."""
    intake = hearing("sparkplug", ("vans/edge3-van9", "car"))
    metrics = [{"alias": "23", "datasetValue": {"numOfColumns": 2}}]
    refusal = play(intake, [*BORN, spark("DDATA", seq="2", metrics=metrics)])[-1].refusal
    assert refusal is not None
    assert "data set" in refusal.problem.detail


def test_a_fault_told_and_cleared_within_one_message_is_heard() -> None:
    """Stored and forwarded: each hour is an event of its own, in their order."""
    intake = hearing("sparkplug", ("vans/edge3-van9", "car"))
    stored = [
        {"alias": 24, "value": "", "timestamp": int((NOW - 60) * 1000), "is_historical": True},
        {"alias": 24, "value": "P0562,U0121", "timestamp": int((NOW - 3600) * 1000), "is_historical": True},
    ]
    told = play(intake, [*BORN, spark("DDATA", seq="2", metrics=stored)])
    [found] = [one for one in conclusions(told) if isinstance(one, Finding)]
    assert found.observed_at == NOW - 3600
    assert intake.twin("vans/edge3-van9").told == {}


def test_a_metric_told_twice_in_one_message_is_two_events() -> None:
    """Without hours of their own, in the order they stand in."""
    intake = hearing("sparkplug", ("vans/edge3-van9", "car"))
    twice = [{"alias": 24, "value": "P0562,U0121"}, {"alias": 24, "value": ""}]
    told = play(intake, [*BORN, spark("DDATA", seq="2", metrics=twice)])
    assert any(isinstance(one, Finding) for one in conclusions(told))
    assert intake.twin("vans/edge3-van9").told == {}
