"""Home Assistant discovery: sensors announce themselves, and their plain states become statuses, faults and states."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.contract.envelope import DeviceEvent
from gateway.contract.messages import parse_event, parse_state
from gateway.contract.refusals import Refused, Rule
from gateway.kinds.fridge.messages import ApplianceFaultEvent, ApplianceStatusEvent
from gateway.mapping.read import parse_mapping, read_mapping, shipped
from gateway.mapping.translate import Message, Translator

NOW = 1_767_258_000.25
STATE, DOOR = "fridge/kitchen/state", "fridge/kitchen/door/state"
SENSORS: dict[str, dict[str, Any]] = {
    "sensor/kitchen/fridge_temperature": {
        "name": "Fridge temperature",
        "unique_id": "kitchen_fridge_temperature",
        "state_topic": STATE,
        "unit_of_measurement": "°F",
        "device_class": "temperature",
        "state_class": "measurement",
        "value_template": "{{ value_json.t }}",
        "device": {"identifiers": ["kitchen"], "manufacturer": "Frost & Co", "model": "F-200"},
    },
    "sensor/kitchen/compressor_current": {
        "stat_t": STATE,
        "unit_of_meas": "mA",
        "dev_cla": "current",
        "val_tpl": "{{ value_json['compressor'].current }}",
    },
    "sensor/kitchen/wifi": {"~": "fridge/kitchen", "stat_t": "~/state", "val_tpl": "{{value_json.rssi}}"},
    "binary_sensor/kitchen/door_alarm": {
        "~": "fridge/kitchen",
        "stat_t": "~/door/state",
        "dev_cla": "problem",
        "avty_t": "~/availability",
    },
    "sensor/kitchen/alarms": {"state_topic": "fridge/kitchen/alarms/state"},
}


def announce(fridge: Translator, entity: str, config: dict[str, Any] | None) -> list[Message]:
    """Publish a config topic; without a config, remove the entity."""
    payload = b"" if config is None else json.dumps(config).encode()
    return fridge.map_message(f"homeassistant/{entity}/config", payload, NOW)


def told(fridge: Translator, topic: str, payload: str, at: float = NOW) -> DeviceEvent:
    """Return the one event a state comes to."""
    [(where, message)] = fridge.map_message(topic, payload.encode(), at)
    assert where == "callahead/v1/homeassistant/kitchen/event"
    return parse_event(message)


def attributes(event: DeviceEvent) -> dict[str, Any]:
    """Return what an appliance said."""
    assert isinstance(event, ApplianceStatusEvent | ApplianceFaultEvent)
    return event.data.attributes.model_dump(by_alias=True, exclude_none=True)


@pytest.fixture
def new() -> Translator:
    """What comes with us; nothing announced yet."""
    return Translator(read_mapping(shipped("homeassistant")))


@pytest.fixture
def fridge(new: Translator) -> Translator:
    """All sensors announced."""
    for entity, config in SENSORS.items():
        assert announce(new, entity, config) == []
    return new


def test_one_state_of_many_sensors_is_one_status(fridge: Translator) -> None:
    """Values picked by their templates, units by their announcements; what the contract has no place for is let go."""
    event = told(fridge, STATE, '{"t": 39.2, "compressor": {"current": 850}, "rssi": -61}')
    assert isinstance(event, ApplianceStatusEvent)
    assert attributes(event) == {"TemperatureMeasurement.MeasuredValue": 400, "Callahead.CompressorCurrent": 0.85}
    assert event.time.timestamp() == NOW


def test_a_number_may_be_text(fridge: Translator) -> None:
    """As plain states are."""
    assert attributes(told(fridge, STATE, '{"t": "41.0"}')) == {"TemperatureMeasurement.MeasuredValue": 500}


def test_an_alarm_that_is_on_is_a_fault_and_off_a_status(fridge: Translator) -> None:
    """ON and OFF are binary sensors' words, unless the announcement has others."""
    fault = told(fridge, DOOR, "ON")
    assert isinstance(fault, ApplianceFaultEvent)
    assert fault.data.alarms == ("DoorOpen",)
    assert attributes(fault) == {"RefrigeratorAlarm.State": 1}
    assert attributes(told(fridge, DOOR, "OFF")) == {"RefrigeratorAlarm.State": 0}
    running = "fridge/kitchen/fan/state"
    announce(fridge, "binary_sensor/kitchen/fan_problem", {"stat_t": running, "pl_on": "1", "pl_off": "0"})
    fan = told(fridge, running, "1")
    assert isinstance(fan, ApplianceFaultEvent)
    assert fan.data.alarms == ("FanStalled",)


def test_a_text_of_alarms_is_a_list(fridge: Translator) -> None:
    """Split at its commas, each translated."""
    fault = told(fridge, "fridge/kitchen/alarms/state", "too warm, compressor")
    assert isinstance(fault, ApplianceFaultEvent)
    assert fault.data.alarms == ("HighTemperature", "CompressorStart")
    assert fridge.map_message("fridge/kitchen/alarms/state", b"none", NOW) == []


def test_availability_is_the_state(fridge: Translator) -> None:
    """The words online and offline, as the last will has them."""
    for text, online in ((b"online", True), (b"offline", False)):
        [(topic, payload)] = fridge.map_message("fridge/kitchen/availability", text, NOW)
        assert topic == "callahead/v1/homeassistant/kitchen/state"
        assert parse_state(payload).online is online


def test_a_repeat_has_the_same_id_and_a_new_reading_another(fridge: Translator) -> None:
    """The same bytes within a minute are the same message; later, or after another value, they are a new one."""
    first = told(fridge, DOOR, "ON")
    assert told(fridge, DOOR, "ON", NOW + 30) == first
    later = told(fridge, DOOR, "ON", NOW + 90)
    assert later.id != first.id
    assert told(fridge, DOOR, "OFF", NOW + 91).id != told(fridge, DOOR, "ON", NOW + 92).id


def test_two_messages_of_one_moment_are_two(fridge: Translator) -> None:
    """Although neither has a number of its own."""
    assert told(fridge, DOOR, "ON").id != told(fridge, STATE, '{"t": 50}').id


def test_a_state_before_its_announcement_is_held(new: Translator) -> None:
    """Retained states may come first; once announced, they are told with the hour they came."""
    assert new.map_message(DOOR, b"ON", NOW) == []
    [(_, payload)] = announce(new, "binary_sensor/kitchen/door_alarm", SENSORS["binary_sensor/kitchen/door_alarm"])
    assert isinstance(parse_event(payload), ApplianceFaultEvent)


def test_a_state_nobody_announces_is_refused(new: Translator) -> None:
    """The second time: it does not vanish."""
    assert new.map_message(DOOR, b"ON", NOW) == []
    with pytest.raises(Refused, match=f"no announcement on homeassistant/.* names the state topic '{DOOR}'"):
        new.map_message(DOOR, b"OFF", NOW)


def test_an_empty_announcement_removes_the_entity(fridge: Translator) -> None:
    """As Home Assistant has it."""
    announce(fridge, "binary_sensor/kitchen/door_alarm", None)
    assert fridge.device_of(DOOR) is None
    assert len(fridge.kept) == len(SENSORS) - 1


def test_announcements_are_recalled_after_a_restart(fridge: Translator) -> None:
    """Retained messages may come late or, on a new broker, not at all."""
    again = Translator(read_mapping(shipped("homeassistant")))
    again.recall(fridge.kept)
    assert isinstance(told(again, DOOR, "ON"), ApplianceFaultEvent)
    assert again.device_of(DOOR) == "homeassistant/kitchen"


@pytest.mark.parametrize("payload", ['{"t": null}', "39.2", '{"t": "unavailable"}', '{"t": "unknown"}', "{}"])
def test_no_value_says_nothing(fridge: Translator, payload: str) -> None:
    """Home Assistant's words for nothing known are no reading."""
    assert fridge.map_message(STATE, payload.encode(), NOW) == []


@pytest.mark.parametrize(
    ("topic", "payload", "rule", "reason"),
    [
        (DOOR, "open", Rule.INVALID_VALUE, "'open' is neither 'ON' nor 'OFF'"),
        (STATE, '{"t": "warm"}', Rule.INVALID_VALUE, "from 'fridge_temperature': 'warm' is not a number"),
        (STATE, '{"t": 1e6}', Rule.INVALID_VALUE, "TemperatureMeasurement.MeasuredValue from 'fridge_temperature'"),
        (STATE, "{", Rule.NOT_JSON, "Send one JSON object"),
        ("fridge/kitchen/alarms/state", "melting", Rule.INVALID_VALUE, "'melting' is not a value we know"),
    ],
)
def test_a_bad_state_is_refused_with_a_reason(
    fridge: Translator, topic: str, payload: str, rule: Rule, reason: str
) -> None:
    """Naming the file, the place and the entity."""
    with pytest.raises(Refused, match=reason) as refused:
        fridge.map_message(topic, payload.encode(), NOW)
    assert refused.value.rule is rule
    assert "homeassistant.toml" in refused.value.detail


@pytest.mark.parametrize(
    ("config", "pointer", "reason"),
    [
        ({}, "/state_topic", "state_topic: Field required"),
        ({"state_topic": "kitchen/fridge"}, "/state_topic", "'kitchen/fridge' is none of those we hear: fridge/"),
        ({"state_topic": "callahead/v1/acme/car-1/event"}, "/state_topic", "none of those we hear"),
        ({"state_topic": STATE, "value_template": "{{ value | float }}"}, "/value_template", "write {{ value }}"),
        ({"state_topic": STATE, "value_template": "{% if x %}"}, "/value_template", "cannot be read"),
    ],
)
def test_a_bad_announcement_is_refused_with_a_reason(
    new: Translator, config: dict[str, Any], pointer: str, reason: str
) -> None:
    """At once, not with the first state."""
    with pytest.raises(Refused, match=reason) as refused:
        announce(new, "sensor/kitchen/fridge_temperature", config)
    assert refused.value.pointer == pointer


def test_a_wrong_unit_is_told_with_the_state(new: Translator) -> None:
    """Volts are no temperature."""
    announce(new, "sensor/kitchen/fridge_temperature", {"stat_t": DOOR, "unit_of_meas": "V"})
    with pytest.raises(Refused, match=r"the unit 'V' cannot be converted into 0\.01 celsius"):
        new.map_message(DOOR, b"230", NOW)


def test_other_components_are_not_ours(new: Translator) -> None:
    """A switch is announced on the same topics, and means nothing here."""
    assert announce(new, "switch/kitchen/light", {"command_topic": "fridge/kitchen/light/set"}) == []


def test_states_with_a_time_use_it() -> None:
    """Where the vendor has a time, id and time are made of it, and no repeat is taken for new, however late."""
    text = shipped("homeassistant").read_text()
    seen = '[{ from = "/last_seen", unit = "iso" }, { received = true }]'
    for key in ("time", "seq"):
        text = text.replace(f"\n{key} = {{ received = true }}", f"\n{key} = {seen}")
    fridge = Translator(parse_mapping(text, "own.toml"))
    announce(fridge, "sensor/kitchen/fridge_temperature", SENSORS["sensor/kitchen/fridge_temperature"])
    payload = '{"t": 39.2, "last_seen": "2026-01-01T10:00:00+01:00"}'
    assert told(fridge, STATE, payload) == told(fridge, STATE, payload, NOW + 86_400)
