"""How an event lies in an MQTT message: CloudEvents' MQTT binding 1.0.2, structured and binary mode.

Structured: the payload is the whole event. It is meant wherever the content type begins with ``application/cloudevents``,
in MQTT 3.1.1, which has no properties, and in MQTT 5 where a sender sets none.
Binary: MQTT 5's user properties are the attributes, the content type is ``datacontenttype``, the payload is ``data``.

A user property that is repeated with the same value is one; with another value, it is refused for an attribute we read,
since nobody can tell which was meant, and let pass for any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pydantic_core import from_json, to_json

from gateway.contract.envelope import CONTENT_TYPE, MAX_PAYLOAD, DeviceEvent
from gateway.contract.event_types import event_types
from gateway.contract.messages import parse_event, read_plain, too_large
from gateway.contract.refusals import Refused, Rule
from gateway.contract.salvage import Salvaged, json_text, salvage

Properties = Sequence[tuple[str, str]]
"""MQTT 5 user properties: names may repeat, the order is the sender's."""

_READ = {"specversion", "type", "source", "id", "time", "dataschema", "subject", "via", "provenance", "receipt"}
_REQUIRED = {"type", "source", "id"}
_NO_ATTRIBUTES = {"data", "data_base64", "datacontenttype"}
"""Names that no attribute has, or that the content type speaks for."""
_FAMILY = "application/cloudevents"
_SPARES = {Rule.NOT_JSON, Rule.INVALID_VALUE}
"""What is refused by these may be right but for a part of it."""


class Binary(NamedTuple):
    """An event in binary mode, as MQTT 5 carries it."""

    properties: tuple[tuple[str, str], ...]
    content_type: str
    payload: bytes


def read_event(payload: bytes, content_type: str | None = None, properties: Properties = ()) -> DeviceEvent:
    """Read one event in whichever mode it came. Raises ``Refused`` with the rule it breaks; never anything else."""
    if _is_binary(content_type, properties):
        return parse_binary(properties, content_type, payload)
    return parse_event(payload)


def hear_event(payload: bytes, content_type: str | None = None, properties: Properties = ()) -> Salvaged:
    """Read one event as ``read_event`` does, in a third of the time where nothing about it is special.

    Of one that is not right as it stands, what can be read is taken (``salvage``). What comes is to be looked at, and may be
    no model (``messages.read_plain``). Raises ``Refused``.
    """
    structured = content_type == CONTENT_TYPE or (content_type is None and not properties)
    plain = read_plain(payload) if structured else None
    if plain is not None:
        return Salvaged(plain)
    try:
        return Salvaged(read_event(payload, content_type, properties))
    except Refused as refused:
        saved = _salvaged(payload, content_type, properties) if refused.rule in _SPARES else None
        if saved is None or event_types().named(saved.event.type).whole:
            raise
        return saved


def _salvaged(payload: bytes, content_type: str | None, properties: Properties) -> Salvaged | None:
    if not _is_binary(content_type, properties):
        return salvage(payload)
    data = json_text(payload)
    _check_data(data, None)
    return salvage(_composed(_envelope(properties, content_type), data))


def _is_binary(content_type: str | None, properties: Properties) -> bool:
    """Tell in which mode an event comes. Raises ``Refused``: in a format that is not taken."""
    media = (content_type or "").partition(";")[0].strip().lower()
    if media.startswith(_FAMILY):
        _check_format(media)
        return False
    names = {name for name, _ in properties}
    return "specversion" in names or names >= _REQUIRED


def parse_binary(properties: Properties, content_type: str | None, payload: bytes) -> DeviceEvent:
    """Read one event in binary mode. Raises ``Refused``; its pointers are those of the same event in structured mode."""
    if len(payload) > MAX_PAYLOAD:
        raise too_large(len(payload), MAX_PAYLOAD)
    envelope = _envelope(properties, content_type)
    if not payload:
        return parse_event(envelope)
    _check_data(payload, dict(properties).get("id"))
    return parse_event(_composed(envelope, payload))


def to_binary(event: DeviceEvent) -> Binary:
    """Return the event in binary mode, as a sender publishes it."""
    attributes = event.model_dump(mode="json", exclude={"data", "datacontenttype"}, exclude_none=True)
    data = event.data.model_dump_json(by_alias=True, exclude_none=True).encode()
    return Binary(tuple(attributes.items()), event.datacontenttype, data)


def _envelope(properties: Properties, content_type: str | None) -> bytes:
    """Return the attributes of an event in binary mode as a JSON object. Raises ``Refused``."""
    attributes = _attributes(properties)
    if content_type is not None:
        attributes["datacontenttype"] = content_type
    try:
        return to_json(attributes)
    except ValueError:
        raise Refused(Rule.NOT_A_CLOUDEVENT, "a user property holds text that is not Unicode.") from None


def _composed(envelope: bytes, data: bytes) -> bytes:
    """Return an event in structured mode."""
    return envelope[:-1] + (b"," if envelope != b"{}" else b"") + b'"data":' + data + b"}"


def _check_format(media: str) -> None:
    if media not in {CONTENT_TYPE, _FAMILY}:
        raise Refused(Rule.UNSUPPORTED_FORMAT, f"content type {media!r}; of CloudEvents' formats only JSON is taken.")


def _check_data(payload: bytes, event_id: str | None) -> None:
    """Refuse data that is no JSON value of its own: put beside the attributes, it could pose as some of them."""
    try:
        from_json(payload)
    except ValueError as error:
        detail = f"the payload, which is the event's data: {error}. Send one JSON object, UTF-8."
        raise Refused(Rule.NOT_JSON, detail, "/data", event_id) from None


def _attributes(properties: Properties) -> dict[str, str]:
    attributes: dict[str, str] = {}
    for name, value in properties:
        if name in _READ and attributes.get(name, value) != value:
            detail = f"user property {name!r} stands twice with different values; send it once."
            raise Refused(Rule.NOT_A_CLOUDEVENT, detail, f"/{name}")
        if name not in _NO_ATTRIBUTES:
            attributes[name] = value
    return attributes
