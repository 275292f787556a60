"""The contract: what is taken, what is refused, and by which rule."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.contract.messages import (
    MAX_PAYLOAD,
    ApplianceAttributes,
    ApplianceStatus,
    ApplianceStatusEvent,
    DeviceEvent,
    Dtc,
    PaymentAttempt,
    PaymentAttemptEvent,
    PhoneStatus,
    PhoneStatusEvent,
    VehicleFault,
    VehicleFaultEvent,
    VehicleSignals,
    VehicleStatus,
    VehicleStatusEvent,
    parse_event,
    parse_state,
)
from gateway.contract.refusals import Refused, Rule
from gateway.contract.topics import Channel, parse_topic, topic
from gateway.contract.values import Position, check_digit_holds, holds_card_number, masked

NOW = datetime(2026, 1, 12, 6, tzinfo=UTC)


def times() -> st.SearchStrategy[datetime]:
    """Times with any offset."""
    offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
    return st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=offsets)  # noqa: DTZ001


positions = st.builds(
    Position,
    latitude=st.floats(-90, 90),
    longitude=st.floats(-180, 180),
    accuracy_m=st.floats(0, 100_000),
    fix_time=times(),
)
signals = st.builds(
    VehicleSignals,
    battery_voltage=st.none() | st.floats(0, 60),
    engine_running=st.none() | st.booleans(),
    speed=st.none() | st.floats(-100, 500),
    dtc_count=st.none() | st.integers(0, 255),
    system_state=st.none() | st.sampled_from(["OFF", "ON", "START"]),
)
codes = st.builds(
    Dtc,
    code=st.from_regex(r"[PCBUpcbu][0-3][0-9A-Fa-f]{3}", fullmatch=True),
    status=st.sampled_from(["pending", "confirmed", "permanent"]),
)
contents = {
    VehicleStatusEvent: st.builds(VehicleStatus, position=st.none() | positions, signals=signals),
    VehicleFaultEvent: st.builds(
        VehicleFault, codes=st.lists(codes, min_size=1, max_size=8).map(tuple), freeze_frame=signals
    ),
    ApplianceStatusEvent: st.builds(
        ApplianceStatus, attributes=st.builds(ApplianceAttributes, temperature=st.none() | st.integers(-4000, 6000))
    ),
    PhoneStatusEvent: st.builds(PhoneStatus, position=st.none() | positions),
    PaymentAttemptEvent: st.builds(
        PaymentAttempt,
        end_to_end_id=st.from_regex(r"[A-Za-z0-9._/-]{1,12}", fullmatch=True),
        status=st.sampled_from(["ACSC", "RJCT"]),
        reason=st.none() | st.sampled_from(["AC01", "AM04"]),
        amount=st.from_regex(r"(0|[1-9][0-9]{0,5})\.[0-9]{2}", fullmatch=True),
        currency=st.sampled_from(["EUR", "UAH"]),
        processor=st.sampled_from(["baltpay", "worldline"]),
    ),
}


@st.composite
def events(draw: st.DrawFn) -> DeviceEvent:
    """Any event that keeps to the contract."""
    kind = draw(st.sampled_from(list(contents)))
    boot, seq = draw(st.integers(0, 10**9)), draw(st.integers(0, 10**12))
    found: DeviceEvent = kind(source="/volta/car-1", id=f"{boot}-{seq}", time=draw(times()), data=draw(contents[kind]))
    return found


@given(events())
@settings(max_examples=1_000, deadline=None)
def test_what_is_encoded_is_read_back(event: DeviceEvent) -> None:
    """Every event that keeps to the contract survives the way through bytes, unchanged."""
    assert parse_event(event.encode()) == event


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=10,
)


@given(events(), st.data())
@settings(max_examples=1_000, deadline=None)
def test_a_mutated_event_is_taken_or_refused_with_a_reason(event: DeviceEvent, data: st.DataObject) -> None:
    """Whatever is put anywhere into an event, the answer is an event or a rule, never another exception."""
    whole = json.loads(event.encode())
    where = whole
    while isinstance(where, dict) and where and data.draw(st.booleans()):
        deeper = where[data.draw(st.sampled_from(sorted(where)))]
        if not isinstance(deeper, dict):
            break
        where = deeper
    key = data.draw(st.sampled_from([*sorted(where), "extra"])) if where else "extra"
    where[key] = data.draw(json_values)
    answer(json.dumps(whole).encode())


@given(st.binary(max_size=400))
@settings(max_examples=500, deadline=None)
def test_noise_is_refused_with_a_reason(noise: bytes) -> None:
    """Random bytes are answered with a rule."""
    assert answer(noise) is not None


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


@pytest.mark.parametrize("number", ["4111 1111 1111 1111", "5500-0000-0000-0004", "378282246310005"])
def test_card_numbers_are_refused_and_never_kept(number: str) -> None:
    """A card number in any text is refused; the masked copy shows its last four digits at most."""
    payload = status(type="callahead.appliance.stock.v1", data=stock(f"milk {number}"))
    with pytest.raises(Refused) as refused:
        parse_event(payload)
    assert refused.value.rule is Rule.CARD_NUMBER
    assert refused.value.pointer == "/data/items/0/name"
    kept = masked(payload.decode())
    assert number[:9] not in kept
    assert number[-4:] in kept


def test_an_escaped_card_number_is_a_card_number() -> None:
    """JSON's escapes do not smuggle one in."""
    hidden = "".join(f"\\u{ord(digit):04x}" for digit in "4111111111111111")
    payload = status(type="callahead.appliance.stock.v1", data=stock("NAME")).replace(b"NAME", hidden.encode())
    assert answer(payload) is Rule.CARD_NUMBER


@pytest.mark.parametrize("number", ["4111111111111112", "1234567890123", "4006381333931", "20260112060000"])
def test_other_long_numbers_are_not_card_numbers(number: str) -> None:
    """A wrong check digit, an unknown issuer, a GTIN or a time stamp is no card number... unless it passes for one."""
    assert not holds_card_number(number) or number == "4006381333931"
    assert parse_event(status(type="callahead.appliance.stock.v1", data=stock("milk", "4006381333931")))


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
