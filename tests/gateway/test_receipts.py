"""Receipts for those who ask, and refusals that say everything a vendor needs."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.contract.commands import ReceiptCommand, parse_command
from gateway.contract.refusals import TITLES, Rule
from gateway.devices.registry import DeviceRecord, Registry
from gateway.intake.intake import Intake, Verdict

NOW = 1_768_197_600.0
TOPIC = "callahead/v1/volta/phone-1/event"
ENGINE = "Vehicle.Powertrain.CombustionEngine"


@pytest.fixture
def intake() -> Intake:
    """An intake that knows a phone and a car."""
    phone = DeviceRecord("volta/phone-1", "phone", "c-1", "simulated")
    return Intake(Registry([phone, DeviceRecord("volta/car-1", "car", "c-1", "simulated")]))


def event(**changes: Any) -> dict[str, Any]:
    """Return a phone's event that wants a receipt."""
    return {
        "specversion": "1.0",
        "type": "callahead.phone.status.v1",
        "source": "/volta/phone-1",
        "id": "1-1",
        "time": datetime.fromtimestamp(NOW, UTC).isoformat(),
        "provenance": "simulated",
        "receipt": "wanted",
        "data": {},
        **changes,
    }


def send(intake: Intake, message: dict[str, Any] | bytes, topic: str = TOPIC) -> Verdict:
    """Publish."""
    return intake.receive(topic, message if isinstance(message, bytes) else json.dumps(message).encode(), NOW)


def receipt(verdict: Verdict) -> ReceiptCommand:
    """Return the receipt as the device reads it."""
    assert verdict.receipt is not None
    read = parse_command(verdict.receipt.command(NOW).encode())
    assert isinstance(read, ReceiptCommand)
    return read


def test_accepted_then_repeat(intake: Intake) -> None:
    """The event, sent again for want of an answer, is told to have been taken before."""
    first, second = receipt(send(intake, event())), receipt(send(intake, event()))
    assert (first.data.source, first.data.event_id) == ("/volta/phone-1", "1-1")
    assert (first.data.verdict, second.data.verdict) == ("accepted", "repeat")
    assert first.id != second.id
    assert (first.provenance, first.data.sha256) == ("simulated", sha256(json.dumps(event()).encode()).hexdigest())


def test_refused_with_the_rule(intake: Intake) -> None:
    """The receipt names the rule that the problem on the rejected topic explains."""
    verdict = send(intake, event(data=3))
    told = receipt(verdict)
    assert (told.data.verdict, told.data.rule, told.data.event_id) == ("refused", "invalid-value", "1-1")
    assert verdict.refusal is not None
    assert told.data.sha256 == verdict.refusal.problem.sha256


def test_who_does_not_ask_is_told_nothing(intake: Intake) -> None:
    """No receipt without the attribute, and a misspelt wish is told as such."""
    plain = event()
    del plain["receipt"]
    assert send(intake, plain).receipt is None
    assert send(intake, b"{}").receipt is None
    misspelt = send(intake, event(receipt="yes", id="1-2")).refusal
    assert misspelt is not None
    assert misspelt.problem.pointer == "/receipt"


@given(
    st.binary(max_size=200) | st.text().map(lambda text: f'{{"receipt": "wanted", "id": {json.dumps(text)}}}'.encode())
)
def test_no_message_is_too_strange_for_an_answer(payload: bytes) -> None:
    """Whatever bytes ask for a receipt: an answer and never an exception."""
    verdict = send(Intake(Registry()), payload)
    assert verdict.refusal is not None
    if verdict.receipt is not None:
        parse_command(verdict.receipt.command(NOW).encode())


def test_bottomless_json_is_answered(intake: Intake) -> None:
    """A receipt wanted a hundred thousand brackets down is none."""
    assert send(intake, b'{"receipt": "wanted", "data": ' + b"[" * 100_000).refusal is not None


BROKEN: dict[Rule, tuple[str, bytes]] = {
    Rule.TOO_LARGE: (TOPIC, b" " * 300_000),
    Rule.WRONG_TOPIC: (TOPIC + "s", b"{}"),
    Rule.NOT_JSON: (TOPIC, b"{nonsense"),
    Rule.UNSUPPORTED_FORMAT: (TOPIC, json.dumps(event(data_base64="AA==")).encode()),
    Rule.NOT_A_CLOUDEVENT: (TOPIC, json.dumps(event(id="one")).encode()),
    Rule.UNKNOWN_TYPE: (TOPIC, json.dumps(event(type="callahead.toaster.status.v1")).encode()),
    Rule.INVALID_VALUE: (TOPIC, json.dumps(event(data=3)).encode()),
    Rule.LEFT_OUT: (TOPIC, json.dumps(event(id="1-2", data={"speed": 3})).encode()),
    Rule.CARD_NUMBER: (TOPIC, json.dumps(event(note="4111 1111 1111 1111")).encode()),
    Rule.TIME_IN_FUTURE: (TOPIC, json.dumps(event(id="1-2", time="2027-01-01T00:00:00Z")).encode()),
    Rule.REUSED_ID: (TOPIC, json.dumps(event(time=datetime.fromtimestamp(NOW + 9, UTC).isoformat())).encode()),
    Rule.SOURCE_MISMATCH: (TOPIC, json.dumps(event(source="/volta/phone-2")).encode()),
    Rule.UNKNOWN_DEVICE: (
        TOPIC.replace("phone-1", "phone-9"),
        json.dumps(event(source="/volta/phone-9")).encode(),
    ),
    Rule.WRONG_KIND: (
        TOPIC,
        json.dumps(event(type="callahead.vehicle.status.v1", data={"signals": {}})).encode(),
    ),
    Rule.NOT_PAIRED: (TOPIC, json.dumps(event(via="/volta/phone-2")).encode()),
    Rule.CONTRADICTION: (
        TOPIC.replace("phone-1", "car-1"),
        json.dumps(
            event(
                type="callahead.vehicle.status.v1",
                source="/volta/car-1",
                data={"signals": {f"{ENGINE}.IsRunning": True, f"{ENGINE}.Speed": 0}},
            )
        ).encode(),
    ),
}


@pytest.mark.parametrize("rule", BROKEN, ids=str)
def test_a_refusal_says_everything(intake: Intake, rule: Rule) -> None:
    """Each rule: a stable type, the payload's hash, the event's id where it can be read, and words on what to do."""
    send(intake, event())
    topic, payload = BROKEN[rule]
    refusal = send(intake, payload, topic).refusal
    assert refusal is not None
    problem = refusal.problem
    assert (refusal.rule, problem.type, problem.title) == (rule, f"urn:callahead:rule:{rule}", TITLES[rule])
    assert problem.sha256 == sha256(payload).hexdigest()
    assert len(problem.detail) > 20
    assert problem.detail[-1] in ".?"
    readable = rule not in {Rule.TOO_LARGE, Rule.WRONG_TOPIC, Rule.NOT_JSON}
    assert problem.event_id == (json.loads(payload)["id"] if readable else None)
    assert problem.pointer is None or re.match("/", problem.pointer)
    assert "4111 1111" not in refusal.excerpt


def test_a_binary_event_asks_by_a_user_property(intake: Intake) -> None:
    """Accepted, and refused: the wish stands beside the payload, not in it."""
    properties = tuple((name, value) for name, value in event().items() if isinstance(value, str))
    taken = intake.receive(TOPIC, b"{}", NOW, content_type="application/json", properties=properties)
    assert receipt(taken).data.verdict == "accepted"
    refused = intake.receive(TOPIC, b"3", NOW, content_type="application/json", properties=properties)
    assert receipt(refused).data.verdict == "refused"
