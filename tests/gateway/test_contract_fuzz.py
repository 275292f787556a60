"""Whatever the published schemas allow is taken and survives the way through bytes; whatever else comes has an answer.

A short run by default. ``CALLAHEAD_LONG=1`` (``make fuzz``) makes it 10,000 of each.
"""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from gateway.contract.binding import Binary, read_event, to_binary
from gateway.contract.envelope import DeviceEvent
from gateway.contract.event_types import event_types
from gateway.contract.messages import parse_event, parse_state, read_plain
from gateway.contract.refusals import Refused, Rule
from gateway.contract.schemas import json_schemas
from gateway.contract.values import check_digit_holds

LONG = bool(os.environ.get("CALLAHEAD_LONG"))
EXAMPLES = 10_000 if LONG else 250
run = settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
shorter = settings(run, max_examples=EXAMPLES if LONG else EXAMPLES // 3)
long = pytest.mark.timeout(3_600)

KINDS = [str(model.model_fields["type"].default) for model in event_types().classes]
SCHEMAS = {kind: schema for kind, schema in json_schemas().items() if kind in KINDS}
VALIDATORS = {kind: Draft202012Validator(schema) for kind, schema in SCHEMAS.items()}


def times() -> st.SearchStrategy[str]:
    """Times with any offset."""
    offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
    naive = st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2198, 1, 1))  # noqa: DTZ001
    return st.builds(lambda at, zone: at.replace(tzinfo=zone).isoformat(), naive, offsets)


def with_check_digit(digits: str) -> str:
    """Return a GTIN."""
    return next(digits + last for last in "0123456789" if check_digit_holds(digits + last))


BEYOND_THE_SCHEMA: dict[str, st.SearchStrategy[Any]] = {
    "gtin": st.sampled_from([7, 11, 12, 13])
    .flatmap(lambda size: st.text("0123456789", min_size=size, max_size=size))
    .map(with_check_digit),
    "currency": st.sampled_from(["EUR", "UAH", "BHD"]),
    "amount": st.from_regex(r"(0|[1-9][0-9]{0,5})(\.[0-9]{1,2})?", fullmatch=True),
}
"""What a schema cannot say: check digits, the list of currencies and their decimals."""


def instances(schema: dict[str, Any], defs: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Whatever a schema allows, of the keywords that ours use."""
    if "$ref" in schema:
        return instances(defs[schema["$ref"].rpartition("/")[2]], defs)
    if "anyOf" in schema and "type" not in schema:
        return st.one_of([instances(branch, defs) for branch in schema["anyOf"]])
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind: str = schema["type"]
    return OF_TYPE[kind](schema, defs)


def objects(schema: dict[str, Any], defs: dict[str, Any]) -> st.SearchStrategy[Any]:
    """All required members, and up to six others."""
    members = {
        name: BEYOND_THE_SCHEMA[name] if name in BEYOND_THE_SCHEMA else instances(part, defs)
        for name, part in schema["properties"].items()
    }
    must = set(schema.get("required", ()))
    if "anyOf" in schema:  # an object of which one member or another must be there
        return st.one_of([objects(_with(schema, branch), defs) for branch in schema["anyOf"]])
    others = st.lists(st.sampled_from(sorted(set(members) - must) or [""]), unique=True, max_size=6)
    return others.flatmap(
        lambda some: st.fixed_dictionaries({name: members[name] for name in [*sorted(must), *some] if name})
    )


def _with(schema: dict[str, Any], branch: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an object with what one branch of its ``anyOf`` asks for."""
    asked = {
        name: {**_of_type(schema["properties"][name], part), **part} for name, part in branch["properties"].items()
    }
    whole = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**whole, "properties": {**schema["properties"], **asked}, "required": branch["required"]}


def _of_type(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """Return the alternative that has the type which is asked for."""
    return next((one for one in schema.get("anyOf", ()) if one.get("type") == part["type"]), schema)


def texts(schema: dict[str, Any], _defs: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Text of a pattern or a time."""
    if schema.get("format") == "date-time":
        return times()
    found = st.from_regex(schema["pattern"], fullmatch=True, alphabet=st.characters(codec="utf-8"))
    least, most = schema.get("minLength", 0), schema.get("maxLength", 10_000)
    return found.filter(lambda text: least <= len(text) <= most and re.fullmatch(schema["pattern"], text))


OF_TYPE: dict[str, Any] = {
    "null": lambda _schema, _defs: st.none(),
    "boolean": lambda _schema, _defs: st.booleans(),
    "integer": lambda schema, _defs: (
        st.integers(schema["minimum"], schema["maximum"])
        | st.integers(max(schema["minimum"], -(2**40)), min(schema["maximum"], 2**40)).map(float)
    ),
    "number": lambda schema, _defs: st.floats(
        schema.get("minimum", schema.get("exclusiveMinimum")),
        schema["maximum"],
        exclude_min="exclusiveMinimum" in schema,
    ),
    "string": texts,
    "array": lambda schema, defs: st.lists(
        instances(schema["items"], defs), min_size=schema.get("minItems", 0), max_size=4
    ),
    "object": objects,
}
EVENTS = st.sampled_from(KINDS).flatmap({kind: instances(SCHEMAS[kind], SCHEMAS[kind]["$defs"]) for kind in KINDS}.get)  # type: ignore[arg-type]


def spoken(part: Any, model: Any) -> Any:
    """Return all that an event or a part of it says, in the attributes and properties of its model."""
    if isinstance(model, tuple):
        return tuple(spoken(*each) for each in zip(part, model, strict=True))
    if not isinstance(model, BaseModel):
        return part
    kind = type(model)
    ours = (each for each in kind.__mro__ if issubclass(each, BaseModel) and each is not BaseModel)
    properties = [name for each in ours for name, what in vars(each).items() if isinstance(what, property)]
    return {name: spoken(getattr(part, name), getattr(model, name)) for name in [*kind.model_fields, *properties]}


def answer(message: Binary | bytes) -> Rule | DeviceEvent:
    """Return the event, or the rule that a message breaks. What is read quickly is read alike."""
    payload = message if isinstance(message, bytes) else message.payload
    plain = read_plain(message) if isinstance(message, bytes) else None
    try:
        if isinstance(message, bytes):
            event = read_event(message)
            if plain is not None:
                assert spoken(plain, event) == spoken(event, event)
                assert plain.data.model_dump_json() == event.data.model_dump_json()  # by which a repeat is known
            return event
        return read_event(message.payload, message.content_type, message.properties)
    except Refused as refused:
        assert plain is None
        told = refused.problem(payload)
        assert told.detail
        assert told.model_dump_json().isprintable()
        return refused.rule


@long
@given(EVENTS)
@run
def test_whatever_the_schema_allows_is_taken_and_survives_both_modes(whole: dict[str, Any]) -> None:
    """Schema and parser agree; bytes and back, structured and binary, give the same event."""
    event = answer(json.dumps(whole).encode())
    assume(event is not Rule.CARD_NUMBER)
    assert isinstance(event, event_types().classes)
    assert parse_event(event.encode()) == event
    assert answer(to_binary(event)) == event
    assert event.model_fields_set >= {"source", "id", "time", "data"}


ANY_TEXT = (
    st.text(max_size=30) | st.text(st.characters(), max_size=5) | st.sampled_from(["\ud800", "\x00", "1" * 16, ""])
)
ANY_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT | st.just(10**400),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=10,
)


def mutate(whole: Any, data: st.DataObject) -> None:
    """Change, remove or add something somewhere in a message."""
    where = whole
    while isinstance(where, dict | list) and where and data.draw(st.booleans()):
        at = data.draw(st.sampled_from(sorted(where) if isinstance(where, dict) else range(len(where))))
        if not isinstance(where[at], dict | list):
            break
        where = where[at]
    if isinstance(where, list):
        where.append(data.draw(ANY_JSON))
        return
    key = data.draw(st.sampled_from([*sorted(where), "extra", "data_base64", "subject"]) | ANY_TEXT)
    if data.draw(st.booleans()):
        where.pop(key, None)
    else:
        where[key] = data.draw(ANY_JSON)


@long
@given(EVENTS, st.data())
@run
def test_a_mutated_event_is_taken_or_refused_with_a_reason(whole: dict[str, Any], data: st.DataObject) -> None:
    """Never another exception; and what is taken, the schema allows too."""
    mutate(whole, data)
    text = json.dumps(whole, ensure_ascii=data.draw(st.booleans()))
    payload = text.encode("utf-8", "surrogatepass")
    event = answer(payload)
    if isinstance(event, event_types().classes):
        VALIDATORS[event.type].validate(json.loads(payload))
        assert parse_event(event.encode()) == event


@long
@given(EVENTS, st.data())
@shorter
def test_mutated_bytes_are_taken_or_refused_with_a_reason(whole: dict[str, Any], data: st.DataObject) -> None:
    """A bit that flipped, a piece that was lost, a piece that came in."""
    payload = bytearray(json.dumps(whole).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(payload)))
        payload[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    answer(bytes(payload))


@long
@given(EVENTS, st.data())
@shorter
def test_a_mutated_event_in_binary_mode_is_taken_or_refused_with_a_reason(
    whole: dict[str, Any], data: st.DataObject
) -> None:
    """Properties doubled, lost and made up; any content type; a payload that is not what it should be."""
    content = whole.pop("data")
    mutate(content, data)
    names = ANY_TEXT | st.sampled_from(sorted(whole))
    added = data.draw(st.lists(st.tuples(names, ANY_TEXT), max_size=3))
    kept = [(name, str(value)) for name, value in whole.items() if data.draw(st.integers(0, 9))]
    payload = data.draw(st.just(json.dumps(content).encode()) | st.binary(max_size=40))
    content_type = data.draw(
        ANY_TEXT | st.sampled_from(["application/json", "application/cloudevents+json", "text/plain"])
    )
    answer(Binary(tuple(data.draw(st.permutations(kept + added))), content_type, payload))


@given(st.binary(max_size=400))
@run
def test_noise_is_refused_with_a_reason(noise: bytes) -> None:
    """Random bytes are answered with a rule, as an event and as a state."""
    assert isinstance(answer(noise), Rule)
    with pytest.raises(Refused):
        parse_state(noise)


def status(**changes: str) -> bytes:
    """Return a phone's status as JSON text, members given as JSON text."""
    members = {
        "specversion": '"1.0"',
        "type": '"callahead.phone.status.v1"',
        "source": '"/volta/phone-1"',
        "id": '"1-2"',
        "time": f'"{datetime(2026, 1, 12, tzinfo=UTC).isoformat()}"',
        "data": "{}",
    }
    return ("{" + ",".join(f'"{name}":{text}' for name, text in (members | changes).items()) + "}").encode(
        "utf-8", "surrogatepass"
    )


POSITION = '{"position":{"latitude":%s,"longitude":2,"accuracy_m":3,"fix_time":"2026-01-12T06:00:00Z"}}'


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"[" * 16_000, Rule.NOT_JSON),
        (status(extra="[" * 140_000 + "]" * 140_000), Rule.TOO_LARGE),
        (status(extra="[" * 8_000 + "]" * 8_000), Rule.NOT_JSON),
        (status(extra='{"a":' * 2_000 + "1" + "}" * 2_000), Rule.NOT_JSON),
        (status(extra="9" * 15_000), Rule.NOT_JSON),
        (status(extra="9" * 3_900), None),
        (status(extra="0." + "9" * 15_000), None),
        (status(extra="1e999999999"), None),
        (status(data=POSITION % "1e999999999"), Rule.INVALID_VALUE),
        (status(data=POSITION % "1e-999999999"), None),
        (status(data=POSITION % ("9" * 3_000)), Rule.INVALID_VALUE),
        (status(data=POSITION % "NaN"), Rule.INVALID_VALUE),
        (status(data=POSITION % "-Infinity"), Rule.INVALID_VALUE),
        (status(data=POSITION % '"1"'), Rule.INVALID_VALUE),
        (status(data=POSITION % "true"), Rule.INVALID_VALUE),
        (status(subject=r'"\ud800"'), Rule.NOT_JSON),
        (status(subject='"\ud800"'), Rule.NOT_JSON),
        (status(subject=r'"\ud83d\ude97"'), None),
        (status(subject=r'"\u0000"'), Rule.NOT_A_CLOUDEVENT),
        (status(subject='"\x00"'), Rule.NOT_JSON),
        (status(extra=r'"\u0000"'), None),
        (b"\xef\xbb\xbf" + status(), Rule.NOT_JSON),
        (status().decode().encode("utf-16"), Rule.NOT_JSON),
        (status(id='"9-9","id":"1-2"'), None),
        (status(id='"1-2","id":"nine"'), Rule.NOT_A_CLOUDEVENT),
        (status(**{"x" * 4_000: "1"}), None),
        (status(**{"x" * 15_000: "1"}), Rule.TOO_LARGE),
        (status(data='{"' + "x" * 15_000 + '":1}'), Rule.INVALID_VALUE),
        (status(type='"' + "x" * 15_000 + '"'), Rule.UNKNOWN_TYPE),
        (status(extra="[" + "1," * 2_000 + "1]"), None),
        (status(extra="[" + "1," * 7_000 + "1]"), Rule.TOO_LARGE),
        (status(extra='"' + "4111 " * 800 + '"'), None),
        (status(extra='"' + "4111 " * 50_000 + '"'), Rule.TOO_LARGE),
        (status(extra='"' + r"\u0034" * 2_000 + '"'), None),
    ],
)  # fmt: skip
@pytest.mark.timeout(30)  # quadratic work on any of these would take minutes
def test_bombs_are_answered(payload: bytes, expected: Rule | None) -> None:
    """Depth, digits, exponents, half characters, doubled names, long names: an answer, and a short one."""
    found = answer(payload)
    if expected is None:
        assert isinstance(found, event_types().classes)
        assert found.id == "1-2"
    else:
        assert found is expected
