"""Whatever a vendor sends: it comes out as the contract has it, or it is refused with a reason. Nothing else happens.

A short run by default. ``CALLAHEAD_LONG=1`` (``make fuzz``) makes it 10,000 of each.
"""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.contract.messages import parse_event, parse_state
from gateway.contract.refusals import Refused
from gateway.contract.topics import Channel, parse_topic
from gateway.mapping.filters import placeholders
from gateway.mapping.read import SHIPPED, read_mapping, shipped
from gateway.mapping.translate import Translator

NOW = 1_767_258_000.0
EXAMPLES = 10_000 if os.environ.get("CALLAHEAD_LONG") else 200

GOOD: dict[str, dict[str, Any]] = {
    "obd_dongle": {
        "ts": 1767258000123, "boot": 7, "n": 42, "lat": 51.05, "lon": 13.74, "acc": 8, "fix": 1767257999, "ign": "run",
        "rpm": 2100, "speed": {"v": 43.5, "u": "mph"}, "coolant_f": 221, "batt_mv": 12410, "odo_mi": 60211.4,
        "tyres_psi": [32.0, 31.5, 33.0, 33.0], "mil": 1, "dtc": ["P0128"], "pending": "P0562",
    },
    "sparkplug": {
        "timestamp": 1767258000123, "seq": 3,
        "metrics": [
            {"name": "bdSeq", "value": 3}, {"name": "Engine/Coolant Temperature", "alias": 4, "value": 90},
            {"name": "Diagnostics/Trouble Codes", "alias": 6, "value": "P0217"}, {"alias": 6, "value": "P0128"},
            {"name": "Position/Latitude", "value": 51.05}, {"name": "Position/Longitude", "value": 13.74},
        ],
    },
    "homeassistant": {
        "state_topic": "fridge/kitchen/state", "value_template": "{{ value_json.t }}", "unit_of_measurement": "°F",
        "availability_topic": "fridge/kitchen/availability", "t": 39.2,
    },
    "ovms": {"value": 12.41},
    "teslamate": {"latitude": 51.05, "longitude": 13.74},
    "zigbee2mqtt": {
        "state_topic": "zigbee2mqtt/kitchen", "value_template": "{{ value_json.contact }}", "payload_on": False,
        "availability": [{"topic": "zigbee2mqtt/kitchen/availability", "value_template": "{{ value_json.state }}"}],
        "payload_off": True, "contact": False, "temperature": 5.1, "state": "online",
    },
}  # fmt: skip
"""A good message of each mapping, to be spoilt."""

ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
    | st.sampled_from(["P0128", "ON", "OFF", "online", "mph", 65535, -40, 1e300, 10**40, "4111 1111 1111 1111", ""]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["v", "u", "name", "alias", "value"]), inner),
    max_leaves=8,
)  # fmt: skip


@st.composite
def spoilt(draw: st.DrawFn, good: dict[str, Any]) -> bytes:
    """A good message with some of it replaced, or taken away; sometimes cut short, sometimes nothing like it."""
    message: Any = json.loads(json.dumps(good))
    for name in draw(st.lists(st.sampled_from(sorted(good)), max_size=4)):
        if draw(st.booleans()):
            message[name] = draw(ANY)
        else:
            message.pop(name, None)
    payload = json.dumps(draw(st.just(message) | ANY)).encode()
    return payload[: draw(st.integers(0, len(payload)))] if draw(st.integers(0, 9)) == 0 else payload


@pytest.mark.parametrize("name", SHIPPED)
def test_it_comes_out_right_or_is_refused(name: str) -> None:
    """Each time on its own, and with what came before still remembered."""
    translator = Translator(read_mapping(shipped(name)))
    names = st.sampled_from(["kitchen", "sensor", "fridge_temperature", "door_alarm", "volta", "x y", "Ä", "N" * 80])

    @given(data=st.data())
    @settings(max_examples=EXAMPLES)
    def holds(data: st.DataObject) -> None:
        heard = data.draw(st.sampled_from(translator.mapping.filters))
        topic = heard.replace("{", "").replace("}", "")
        for place in placeholders(heard):
            topic = topic.replace(place, data.draw(names), 1)
        payload = data.draw(spoilt(GOOD[name]) | st.binary(max_size=20) | st.sampled_from([b"ON", b"online", b"4.5"]))
        assert_right_or_refused(translator, topic, payload)

    holds()


def assert_right_or_refused(translator: Translator, topic: str, payload: bytes) -> None:
    """Nothing but a refusal with a reason is raised; what comes out parses, again and again the same."""
    try:
        messages = translator.map_message(topic, payload, NOW)
    except Refused as refused:
        assert refused.detail and refused.problem(payload).sha256  # noqa: PT017, PT018 - either way is right
        return
    for where, message in messages:
        parsed = parse_topic(where)
        assert parsed
        assert parsed.channel in {Channel.EVENT, Channel.STATE}
        if parsed.channel is Channel.EVENT:
            assert parse_event(message).device == parsed.device
        else:
            parse_state(message)
    if translator.mapping.convention == "json" and not translator.mapping.remember:
        assert translator.map_message(topic, payload, NOW) == messages
