"""What one message of a vendor says, whatever its convention: a body, named readings, and the topic's placeholders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from pydantic_core import from_json

from gateway.contract.envelope import MAX_PAYLOAD
from gateway.contract.refusals import Refused, Rule
from gateway.contract.salvage import json_text
from gateway.mapping.filters import TopicFilter, fill, placeholders
from gateway.mapping.rules import Plain, ValueTest, VendorMapping

Json = Any
"""What a JSON text can say."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A value, and its unit where the message or an announcement says it."""

    value: Json
    unit: str | None = None


class TopicMatch(NamedTuple):
    """Which filter a topic passed, and what stands for its placeholders."""

    filter: TopicFilter
    places: dict[str, str]


@dataclass(frozen=True, slots=True)
class Document:
    """One device's share of a message. ``received_at`` is POSIX seconds, of the first time these bytes came."""

    filter: TopicFilter
    places: Mapping[str, str]
    body: Json
    received_at: float
    readings: Mapping[str, Reading] = field(default_factory=dict)
    """By the name of the metric or entity."""
    noted: bool = False
    """The convention has taken what it needs; nothing is lost where no rule fits."""

    def find(self, source: str) -> Reading | None:
        """Return what stands at a JSON pointer, a ``{placeholder}`` or under a name; ``None`` for nothing or null."""
        if not source or source.startswith("/"):
            value = follow(self.body, source)
            return None if value is None else Reading(value)
        if placeholders(source):
            text = fill(source, self.places)
            return None if text is None else Reading(text)
        reading = self.readings.get(source)
        return None if reading is None or reading.value is None else reading

    def passes(self, conditions: tuple[ValueTest, ...]) -> bool:
        """Tell whether all of them hold."""
        return all(self._holds(condition) for condition in conditions)

    def _holds(self, condition: ValueTest) -> bool:
        reading = self.find(condition.sources[0])
        if condition.at is not None:
            return reading is not None and _passes(reading.value, condition)
        is_empty = reading is not None and reading.value in ("", [], {})
        if condition.empty is not None:
            return is_empty
        return (reading is not None and not is_empty) is (condition.present is not None)


class Convention(Protocol):
    """How the vendors of one kind write messages. It may remember what they announce."""

    kept: dict[str, bytes]
    """Announcements by their topics. Who feeds them again after a restart has the same convention again."""

    def read(self, topic: str, payload: bytes, received_at: float) -> list[Document]:
        """Return what the message says, one document for each device it speaks of. Raises ``Refused``."""

    def places(self, topic: str) -> Mapping[str, str] | None:
        """Return the placeholders of a topic; ``None`` where it cannot be told whose it is."""


class PlainJson:
    """JSON objects on the vendor's own topics; plain text on those of ``text_topics``."""

    def __init__(self, mapping: VendorMapping) -> None:
        self.kept: dict[str, bytes] = {}
        self._mapping = mapping

    def read(self, topic: str, payload: bytes, received_at: float) -> list[Document]:
        """Return the one document a message is."""
        heard, places = heard_as(self._mapping.filters, topic)
        is_text = heard in self._mapping.text_topics
        body = as_text(payload, self._mapping.file) if is_text else as_object(payload, self._mapping.file)
        return [Document(heard, places, body, received_at)]

    def places(self, topic: str) -> Mapping[str, str] | None:
        """Return what stands for the placeholders."""
        return heard_as(self._mapping.filters, topic)[1]


def heard_as(filters: tuple[TopicFilter, ...], topic: str) -> TopicMatch:
    """Return the first filter that fits. Raises ``Refused`` where none does."""
    for each in filters:
        places = each.match(topic)
        if places is not None:
            return TopicMatch(each, places)
    raise Refused(Rule.WRONG_TOPIC, f"{topic!r} is none of the topics {', '.join(filters)}.")


def as_json(payload: bytes, file: str) -> Json:
    """Read JSON. Raises ``Refused`` for anything else, and for what nests or counts beyond reason."""
    try:
        return from_json(json_text(payload), allow_inf_nan=False)
    except ValueError as error:
        raise Refused(Rule.NOT_JSON, f"{file}: {error}. Send one JSON object, UTF-8.") from None


def readable(payload: bytes) -> Json:
    """Return the JSON that a message says; ``None``: it says none."""
    try:
        return from_json(payload, allow_inf_nan=False) if len(payload) <= MAX_PAYLOAD else None
    except ValueError:
        return None


def as_object(payload: bytes, file: str) -> dict[str, Json]:
    """Read a JSON object. Raises ``Refused``."""
    body = as_json(payload, file)
    if not isinstance(body, dict):
        raise Refused(Rule.NOT_JSON, f"{file}: a JSON object is expected, and this is another value.")
    return body


def as_text(payload: bytes, file: str) -> str:
    """Read plain text. Raises ``Refused``."""
    try:
        return payload.rstrip(b"\0").decode()
    except UnicodeDecodeError:
        raise Refused(Rule.NOT_JSON, f"{file}: plain text is expected here, in UTF-8.") from None


def check_size(payload: bytes) -> None:
    """Raises ``Refused`` where a message is too large to be looked at."""
    if len(payload) > MAX_PAYLOAD:
        raise Refused(Rule.TOO_LARGE, f"{len(payload)} bytes; at most {MAX_PAYLOAD} are taken.")


def follow(body: Json, pointer: str) -> Json:
    """Return what stands at a JSON pointer (RFC 6901); ``None`` where there is nothing."""
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(body, dict):
            body = body.get(name)
        elif isinstance(body, list) and name.isdecimal() and name.isascii() and int(name[:9]) < len(body):
            body = body[int(name[:9])]
        else:
            return None
    return body


def same(value: Json, wanted: Plain) -> bool:
    """Tell whether two values are the same in JSON, where ``true`` is not 1."""
    return isinstance(value, bool) is isinstance(wanted, bool) and bool(value == wanted)


def _passes(value: Json, condition: ValueTest) -> bool:
    if condition.equals is not None:
        return same(value, condition.equals)
    if condition.among:
        return any(same(value, each) for each in condition.among)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return (condition.above is None or value > condition.above) and (condition.below is None or value < condition.below)
