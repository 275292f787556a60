"""What ``vendor check`` makes of what it heard: rule by rule, without a network."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.device.fix import Fix
from firmware_sim.device.uplink import Outgoing
from firmware_sim.kinds.car.device import Car
from firmware_sim.links.memory import MemoryUplink
from gateway.contract.binding import to_binary
from gateway.contract.canonical import canonical
from gateway.contract.messages import parse_event
from gateway.contract.refusals import Problem, Rule
from scenarios.vendor_kit import report
from scenarios.vendor_kit.check import JudgedRule, Mark, check, holds
from scenarios.vendor_kit.evidence import WatchedDevice
from scenarios.vendor_kit.heard import HeardMessage, KitError, RecordedLine, read_recording, write_recording

NOW = 1_768_197_600.0
EVENT, STATE = "callahead/v1/volta/car-1/event", "callahead/v1/volta/car-1/state"
Change = Callable[[list[HeardMessage]], list[HeardMessage]]


def good() -> list[HeardMessage]:
    """Return what a car says in ten minutes, driving north."""
    said: list[HeardMessage] = []
    at = NOW

    def hear(sent: Outgoing) -> None:
        said.append(HeardMessage(at, sent.topic, sent.payload))

    car = Car("volta/car-1", boot=3)
    car.uplink = MemoryUplink(hear)
    car.go_online(at)
    for minute in range(10):
        at = NOW + 60 * minute
        car.sensors.fix = Fix(56.95 + 0.005 * minute, 24.1, 8.0, at)
        car.status(at)
    return said


def judge(messages: list[HeardMessage], **more: float | None) -> list[JudgedRule]:
    """Judge a device that stood the check of its state."""
    standing = next((heard for heard in messages if heard.topic == STATE), None)
    return check(WatchedDevice("volta/car-1", tuple(messages), 600.0, standing, **more))  # type: ignore[arg-type]


def failed(judged: list[JudgedRule]) -> set[str]:
    """Return the rules that failed."""
    return {one.rule for one in judged if one.finding.mark is Mark.FAILED}


def passed(judged: list[JudgedRule]) -> set[str]:
    """Return the rules that passed."""
    return {one.rule for one in judged if one.finding.mark is Mark.PASSED}


def changed(number: int, **attributes: object) -> Change:
    """Return what changes attributes of one message."""

    def change(said: list[HeardMessage]) -> list[HeardMessage]:
        body = json.loads(said[number].payload) | attributes
        said[number] = replace(said[number], payload=json.dumps(body).encode())
        return said

    return change


def moved(number: int, **position: object) -> Change:
    """Return what changes the position of one message."""

    def change(said: list[HeardMessage]) -> list[HeardMessage]:
        body = json.loads(said[number].payload)
        body["data"]["position"] |= position
        said[number] = replace(said[number], payload=json.dumps(body).encode())
        return said

    return change


def each(change: Callable[[HeardMessage], HeardMessage]) -> Change:
    """Return what changes all messages."""
    return lambda said: [change(heard) for heard in said]


def without(number: int) -> Change:
    """Return what loses a message."""
    return lambda said: said[:number] + said[number + 1 :]


def doubled(**attributes: object) -> Change:
    """Return what sends the last message again, changed."""

    def change(said: list[HeardMessage]) -> list[HeardMessage]:
        body = json.loads(said[-1].payload) | attributes
        return [*said, replace(said[-1], payload=json.dumps(body).encode())]

    return change


def iso(at: float) -> str:
    """Return POSIX seconds as RFC 3339."""
    return datetime.fromtimestamp(at, UTC).isoformat()


def test_a_good_device_passes() -> None:
    """Nothing fails, and what could be seen without a cut and a command is passed."""
    judged = judge(good())
    assert holds(judged)
    assert {"heard", "not-json", "sequence", "clock", "state-retained", "state-boot", "position-plausible"} <= passed(
        judged
    )
    assert {rule for rule in Rule if rule not in {Rule.UNKNOWN_DEVICE, Rule.NOT_PAIRED}} <= passed(judged)


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("not-json", each(lambda heard: replace(heard, payload=b"{nonsense") if heard.at > NOW + 500 else heard)),
        ("unsupported-format", changed(5, data_base64="AA==")),
        ("not-a-cloudevent", changed(5, time="yesterday")),
        ("unknown-type", changed(5, type="callahead.toaster.status.v1")),
        ("invalid-value", changed(5, data={"speed": 3})),
        ("invalid-value", moved(5, latitude=123.0)),
        ("card-number", changed(5, note="4111 1111 1111 1111")),
        ("time-in-future", changed(5, time=iso(NOW + 7_200))),
        ("source-mismatch", changed(5, source="/volta/car-2")),
        ("wrong-kind", changed(5, type="callahead.phone.status.v1", data={})),
        ("wrong-topic", each(lambda heard: replace(heard, topic=EVENT + "s") if heard.at == NOW + 540 else heard)),
        ("too-large", doubled(id="3-10", note="x" * 300_000)),
        ("reused-id", doubled(time=iso(NOW + 545))),
        ("repeats", doubled(note="other")),
        ("content-type", each(lambda heard: replace(heard, content_type="text/plain"))),
        ("qos", each(lambda heard: replace(heard, qos=0))),
        ("event-not-retained", lambda said: [replace(said[1], retained=True), *said]),
        ("state-boot", changed(0, boot=2)),
        ("sequence", without(4)),
        ("sequence", changed(6, id="3-60")),
        ("boot", changed(10, id="1-0")),
        ("clock", each(lambda heard: replace(heard, at=heard.at + 3_600))),
        ("clock", each(lambda heard: replace(heard, at=heard.at - 300))),
        ("position-fresh", moved(5, fix_time=iso(NOW + 260))),
        ("position-fresh", moved(5, fix_time=iso(NOW - 1_024 * 7 * 86_400))),
        ("position-plausible", moved(5, latitude=0, longitude=0)),
        ("position-plausible", moved(5, accuracy_m=0)),
        ("position-plausible", moved(5, latitude=58.9)),
        ("heard", lambda said: [replace(heard, topic=heard.topic.replace("car-1", "car-7")) for heard in said[:0]]),
    ],
)
def test_each_fault_fails_its_rule_and_no_other(rule: str, change: Change) -> None:
    """One fault seeded into a good device's words: exactly that rule fails, with the message that broke it."""
    judged = judge(change(good()))
    assert failed(judged) == {rule}
    (one,) = [one for one in judged if one.rule == rule]
    assert one.finding.detail
    assert rule in {"heard", "sequence", "boot"} or one.finding.heard is not None
    assert "4111 1111" not in report.as_json("volta/car-1", "mqtt://x", "5", judged)


def test_a_state_that_does_not_stand_fails() -> None:
    """It was heard, and a newcomer finds nothing."""
    assert failed(check(WatchedDevice("volta/car-1", tuple(good()), 600.0, standing=None))) == {"state-retained"}


def test_a_time_zone_is_told() -> None:
    """Two hours off is no slow clock."""
    judged = judge([replace(heard, at=heard.at + 7_203) for heard in good()])
    (clock,) = [one.finding.detail for one in judged if one.rule == "clock"]
    assert "-2 h looks like local time written as UTC" in clock


@pytest.mark.parametrize(
    ("state", "mark"),
    [
        (b'{"online": false, "boot": 3}', Mark.PASSED),
        (b'{"online": false, "boot": 2}', Mark.FAILED),
        (b'{"online": true, "boot": 3}', Mark.FAILED),
        (None, Mark.FAILED),
    ],
)
def test_the_last_will_is_judged_after_a_cut(state: bytes | None, mark: Mark) -> None:
    """Offline with the boot of the session passes; of an earlier boot it would be ignored; nothing is no will."""
    said = good() + ([HeardMessage(NOW + 640, STATE, state)] if state else [])
    judged = judge(said, cut_at=NOW + 600)
    assert {one.rule: one.finding.mark for one in judged}["last-will"] is mark


def test_a_device_that_was_not_cut_is_not_blamed() -> None:
    """It goes on sending: the rule was not seen."""
    judged = judge(good(), cut_at=NOW + 300)
    assert {one.rule: one.finding.mark for one in judged}["last-will"] is Mark.NOT_SEEN


def test_a_device_that_falls_silent_after_a_command_fails() -> None:
    """And one that goes on passes; a command that never got through says nothing about the device."""

    def driven(at: float) -> list[JudgedRule]:
        notice = HeardMessage(at, STATE.replace("state", "command"), b'{"id": "vendor-check/1"}')
        return judge([*good(), notice], driven_at=at)

    assert "command" in passed(driven(NOW + 300))
    assert failed(driven(NOW + 600)) == {"command"}
    assert {one.rule: one.finding.mark for one in judge(good(), driven_at=NOW + 600)}["command"] is Mark.NOT_SEEN


def test_what_the_service_refused_is_told_under_its_rule() -> None:
    """Also a rule that only the service can hold, and one this kit does not know yet."""

    def told(rule: str) -> HeardMessage:
        problem = Problem(type=f"urn:callahead:rule:{rule}", title="t", detail="Do this.", sha256="0" * 64)
        return HeardMessage(NOW, STATE.replace("state", "rejected"), problem.model_dump_json().encode())

    assert failed(judge([*good(), told("unknown-device"), told("brand-new")])) == {"unknown-device", "brand-new"}


def test_stored_events_and_repeats_are_no_faults() -> None:
    """A store that is emptied beside fresh events is no slow clock, and QoS 1 may deliver twice."""
    said = good()
    late = [replace(heard, at=NOW + 540) for heard in said]
    assert holds(judge([*late, late[-1], late[3]]))


def test_binary_mode_is_read_too() -> None:
    """The same events with their attributes beside them pass, content type included."""
    said = good()
    for number, heard in enumerate(said[1:], 1):
        event = to_binary(parse_event(heard.payload))
        said[number] = replace(
            heard, payload=event.payload, properties=event.properties, content_type=event.content_type
        )
    judged = judge(said)
    assert holds(judged)
    assert "content-type" in passed(judged)


@settings(max_examples=200)
@given(
    st.lists(
        st.builds(
            HeardMessage,
            st.floats(0, 4e9),
            st.sampled_from([EVENT, STATE, STATE.replace("state", "rejected"), EVENT + "x", "other"]),
            st.one_of(st.binary(max_size=60), st.sampled_from([heard.payload for heard in good()])),
            st.integers(0, 1),
            st.booleans(),
            st.none() | st.text(max_size=20),
        ),
        max_size=12,
    )
)
def test_whatever_was_heard_there_is_a_report(messages: list[HeardMessage]) -> None:
    """No bytes, hours or flags stop the judge, and every rule has a line."""
    judged = judge(messages, cut_at=5.0, driven_at=1.0)
    assert {str(rule) for rule in Rule} <= {one.rule for one in judged}
    assert json.loads(report.as_json("volta/car-1", "mqtt://x", "5", judged))["passed"] is holds(judged)


@given(
    st.lists(
        st.builds(
            HeardMessage,
            st.floats(0, 4e9),
            st.sampled_from([EVENT, STATE]),
            st.binary(max_size=40) | st.text(max_size=40).map(str.encode),
            st.just(1),
            st.booleans(),
            st.none() | st.sampled_from(["application/json"]),
            st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=3).map(tuple),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_a_recording_keeps_everything(tmp_path_factory: pytest.TempPathFactory, messages: list[HeardMessage]) -> None:
    """Bytes, properties, retain flags and hours come back as they were."""
    file = tmp_path_factory.mktemp("recording") / "said.jsonl"
    assert write_recording(file, messages) == len(messages)
    assert read_recording(file) == messages


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"at": 1, "topic": "a"}', "said.jsonl:2: either payload or payload_base64 is needed"),
        ('{"at": 1, "topic": "a", "payload": "x", "payload_base64": ""}', "either payload or"),
        ('{"at": 1, "topic": "a/#", "payload": "x"}', "said.jsonl:2: topic:"),
        ('{"at": 1, "topic": "a", "payload": "x", "qos": 1}', "said.jsonl:2: qos:"),
        ('{"at": 1, "topic": "a", "payload_base64": "~"}', "said.jsonl:2:"),
        ("nonsense", "said.jsonl:2:"),
    ],
)
def test_a_bad_line_is_told_by_file_line_and_key(tmp_path: Path, line: str, said: str) -> None:
    """So that it can be found."""
    file = tmp_path / "said.jsonl"
    file.write_text(f'{{"at": 0, "topic": "a", "payload": {{"b": 1}}}}\n{line}\n')
    with pytest.raises(KitError) as trouble:
        read_recording(file)
    assert said in str(trouble.value)


def test_a_payload_may_be_written_as_json() -> None:
    """For recordings written by hand."""
    line = RecordedLine.model_validate_json('{"at": 1, "topic": "v/d/state", "payload": {"online": true, "boot": 1}}')
    assert json.loads(line.heard().payload) == {"online": True, "boot": 1}
    assert line.heard().retained


SEED = b"9" * 32


def parks(amount: str = "3.50", name: str = "PARK-1", at: float = NOW + 600, seed: bytes = SEED) -> Change:
    """Return what has the device ask for parking, too."""

    def change(said: list[HeardMessage]) -> list[HeardMessage]:
        key = Ed25519PrivateKey.from_private_bytes(seed)
        data = {
            "end_to_end_id": name, "created": datetime.fromtimestamp(at, UTC).isoformat(), "currency": "EUR",
            "amount": amount, "creditor": "parking-1", "category": "parking", "words": "an hour",
        }  # fmt: skip
        signature = urlsafe_b64encode(key.sign(canonical(data))).rstrip(b"=").decode()
        events = [heard for heard in said if heard.topic.endswith("/event")]
        event = json.loads(events[-1].payload)
        boot, _, seq = event["id"].partition("-")
        event |= {
            "type": "callahead.payment.request.v1", "id": f"{boot}-{int(seq) + 1}",
            "time": data["created"], "data": data | {"signature": signature},
        }  # fmt: skip
        return [*said, replace(events[-1], payload=json.dumps(event).encode(), at=NOW + 600)]

    return change


def payments(key: str, *changes: Change) -> dict[str, Mark]:
    """What the kit says of a device's payments."""
    said = good()
    for change in changes:
        said = change(said)
    standing = next(heard for heard in said if heard.topic == STATE)
    judged = check(WatchedDevice("volta/car-1", tuple(said), 600.0, standing, payment_key=key))
    return {one.rule: one.finding.mark for one in judged if one.rule.startswith("payment-")}


def test_payments_are_named_once_and_signed_by_the_key() -> None:
    """Of a device that asks for none, nothing is seen; without its key, names alone are judged."""
    public = Ed25519PrivateKey.from_private_bytes(SEED).public_key().public_bytes_raw()
    key = urlsafe_b64encode(public).rstrip(b"=").decode()
    passed, failed, unseen = Mark.PASSED, Mark.FAILED, Mark.NOT_SEEN
    assert payments(key) == {"payment-names": unseen, "payment-signed": unseen}
    assert payments(key, parks()) == {"payment-names": passed, "payment-signed": passed}
    assert payments("", parks()) == {"payment-names": passed, "payment-signed": unseen}
    assert payments(key, parks(), parks("4.50"))["payment-names"] is failed
    assert payments(key, parks(), parks(name="PARK-2"))["payment-names"] is passed
    assert payments(key, parks(seed=b"8" * 32))["payment-signed"] is failed
    assert payments(key, parks(at=NOW - 90_000))["payment-signed"] is failed
