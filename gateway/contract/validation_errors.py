"""From what the models complain about to what the sender is told: rule, place and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json

from gateway.contract.event_types import event_types
from gateway.contract.names import published_names
from gateway.contract.nearest import nearest
from gateway.contract.payments import IsoReasonError
from gateway.contract.refusals import Refused, Rule
from gateway.contract.values import TEXT_PATTERN

_ENVELOPE = {
    *(
        "specversion",
        "source",
        "id",
        "time",
        "datacontenttype",
        "dataschema",
        "subject",
        "via",
        "provenance",
        "receipt",
    ),
}
_FORMAT = {"data_base64", "datacontenttype"}
ECHO = 64
"""Characters of an id that are told back."""

_EXPECTED = {
    "id": "'{boot}-{seq}', two counts such as '3-17': restarts, and events since",
    "source": "'/{vendor}/{device}', as in the topic",
    "via": "'/{vendor}/{device}' of the relaying phone",
    "time": "RFC 3339 with an offset, such as '2026-01-12T06:00:00Z', from 1970 to 2199",
    "fix_time": "RFC 3339 with an offset, such as '2026-01-12T06:00:00Z', from 1970 to 2199",
    "datacontenttype": "application/json, or another JSON media type",
    "receipt": "'wanted', or nothing at all",
}
"""What is expected of the envelope where the model's own words are a pattern."""

_TEXT = "text without control characters, line breaks, and characters that turn its direction"

NO_CARDS = "a card number stands in the event; it was not kept. Send a token or the last four digits."


def refusal(error: ValidationError, payload: bytes) -> Refused:
    """Return what the sender of ``payload`` is told. Of several complaints, the first."""
    complaints = error.errors(include_url=False, include_input=False)
    first = next((each for each in complaints if place_of(each)[-1:] == ["data_base64"]), complaints[0])
    if first["type"] in {"json_invalid", "json_type"}:
        return Refused(Rule.NOT_JSON, f"{first['msg']}. Send one JSON object, UTF-8.")
    if first["type"] == "union_tag_invalid":
        return _unknown_type(first.get("ctx", {}), _readable_id(payload))
    place, reason = place_of(first), _reason(first)
    if not place:
        detail = f"a JSON object with CloudEvents 1.0 attributes and a 'type' is expected: {first['msg']}."
        return Refused(Rule.NOT_A_CLOUDEVENT, detail, None, _readable_id(payload), reason=reason)
    rule = _rule(place, first["type"])
    return Refused(rule, detail_of(first), pointer_of(place), _readable_id(payload), reason=reason)


def place_of(complaint: ErrorDetails) -> list[str]:
    """Return where it is, without the union's tags and branches, which are no part of the message."""
    place = [str(part) for part in complaint["loc"]]
    if place and place[0].startswith("callahead."):
        place = place[1:]
    return place[:1] if place and place[0] in _ENVELOPE else place


def pointer_of(place: Sequence[str]) -> str:
    """Return the JSON pointer (RFC 6901) to a place in the message."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in place)


def _reason(complaint: ErrorDetails) -> str | None:
    """Return the ISO 20022 status reason of a complaint about a payment; ``None``: it is about none."""
    objection = complaint.get("ctx", {}).get("error")
    if isinstance(objection, IsoReasonError):
        return objection.reason
    name = str(complaint["loc"][0]) if complaint["loc"] else ""
    return event_types().reason(name, str(complaint["loc"][-1])) if complaint["loc"] else None


def _rule(place: Sequence[str], kind: str) -> Rule:
    if place[0] in _FORMAT and kind != "missing":
        return Rule.UNSUPPORTED_FORMAT
    return Rule.NOT_A_CLOUDEVENT if place[0] in _ENVELOPE else Rule.INVALID_VALUE


def detail_of(complaint: ErrorDetails) -> str:
    """Return what is wrong, where, and what is expected there."""
    place = place_of(complaint)
    kind, pointer, name = complaint["type"], pointer_of(place), place[-1]
    if kind == "extra_forbidden":
        return f"{pointer}: the contract has no such name here.{_meant(name)}"
    if kind == "missing":
        return f"{pointer} is required.{_as_expected(name)}"
    if name == "data_base64":
        return f"{pointer}: binary data is not taken; send 'data' as JSON."
    expected = _expected(name)
    if not expected and complaint.get("ctx", {}).get("pattern") == TEXT_PATTERN:
        expected = _TEXT
    if expected and kind != "value_error":
        return f"{pointer}: expected is {expected}."
    return f"{pointer}: {complaint['msg'].removeprefix('Value error, ')}."


def _expected(name: str) -> str | None:
    return _EXPECTED.get(name) or event_types().expected.get(name)


def _as_expected(name: str) -> str:
    expected = _expected(name)
    return f" Expected is {expected}." if expected else ""


def _meant(name: str) -> str:
    close = nearest(name, published_names(), 0.75)
    return f" Did you mean {close!r}?" if close else ""


def _unknown_type(context: Mapping[str, Any], event_id: str | None) -> Refused:
    detail = f"{str(context.get('tag'))[:ECHO]!r} is none of {context.get('expected_tags')}."
    return Refused(Rule.UNKNOWN_TYPE, detail, "/type", event_id)


def _readable_id(payload: bytes) -> str | None:
    try:
        found = from_json(payload)
    except ValueError:
        return None
    event_id = found.get("id") if isinstance(found, dict) else None
    return event_id if isinstance(event_id, str) and len(event_id) <= ECHO else None
