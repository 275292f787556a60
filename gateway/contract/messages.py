"""Reads what a device sends: events in structured mode, and the state it leaves on ``…/state``.

``binding.read_event`` reads events in either mode, as MQTT delivers them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from pydantic import ValidationError
from pydantic_core import from_json, to_json

from gateway.contract.cards import card_number_at, may_hold_card_number
from gateway.contract.envelope import EVENT_BYTES, EXTENSION_BYTES, STATE_BYTES, DeviceEvent
from gateway.contract.event_types import event_types
from gateway.contract.refusals import Refused, Rule
from gateway.contract.state import DeviceState
from gateway.contract.validation_errors import NO_CARDS, refusal


def parse_event(payload: bytes) -> DeviceEvent:
    """Read one event in structured mode. Raises ``Refused`` with the rule it breaks; never anything else.

    Of two JSON members of one name the later counts (RFC 8259 leaves it open).
    """
    if len(payload) > EVENT_BYTES:
        _check_size(payload)
    try:
        event = event_types().adapter.validate_json(payload, by_alias=True, by_name=False)
    except ValidationError as error:
        raise refusal(error, payload) from None
    if "specversion" not in event.model_fields_set:
        raise Refused(Rule.NOT_A_CLOUDEVENT, "/specversion is required: '1.0'.", "/specversion", event.id)
    if len(payload) > EXTENSION_BYTES:
        check_extensions(from_json(payload), event)
    if may_hold_card_number(payload) and (pointer := card_number_at(payload)):
        raise Refused(Rule.CARD_NUMBER, NO_CARDS, pointer, event.id)
    return event


def read_plain(payload: bytes) -> DeviceEvent | None:
    """Read one event in structured mode, where nothing about it is special; ``None``: ``parse_event`` has to.

    What comes has the attributes and properties of its model and is none: it cannot be copied or encoded.
    """
    event = event_types().quick.read(payload) if len(payload) <= EVENT_BYTES else None
    if event is None or event_types().named(event.type).plain or not may_hold_card_number(payload):
        return event
    return event if card_number_at(payload) is None else None


def gist(payload: bytes) -> Gist | None:
    """Return what an event in structured mode says of itself; ``None``: it is none. Nothing of its data is looked at."""
    try:
        return _gist_of(payload)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def parse_state(payload: bytes) -> DeviceState:
    """Read what a device said of itself on ``…/state``. Raises ``Refused``."""
    if len(payload) > STATE_BYTES:
        raise too_large(len(payload), STATE_BYTES)
    try:
        return DeviceState.model_validate_json(payload)
    except ValidationError as error:
        raise refusal(error, payload) from None


def too_large(size: int, most: int) -> Refused:
    """Return the refusal of a message of ``size`` bytes, where ``most`` are taken."""
    return Refused(Rule.TOO_LARGE, f"{size} bytes; at most {most} are taken. Send fewer items in one event.")


def _check_size(payload: bytes) -> None:
    """Refuse an event that is larger than its type may be, before more of it is read than that type."""
    read = gist(payload)
    most = event_types().max_bytes(read.type if read else "")
    if len(payload) > most:
        raise too_large(len(payload), most)


def check_extensions(whole: Mapping[str, Any], event: DeviceEvent) -> None:
    """Refuse an event that says too much beside its attributes and data. ``whole``: all of its JSON object."""
    more = {name: value for name, value in whole.items() if name not in type(event).model_fields}
    size = len(to_json(more)) if more else 0
    if size > EXTENSION_BYTES:
        detail = f"{size} bytes beside the attributes of the contract; at most {EXTENSION_BYTES} are taken."
        raise Refused(Rule.TOO_LARGE, detail, None, event.id)


class Gist(msgspec.Struct, gc=False):
    """What is read of an event before anything else; of two members of one name the later counts, as everywhere."""

    type: str = ""
    source: str = ""
    id: str = ""
    via: object = None
    receipt: object = None


_gist_of = msgspec.json.Decoder(Gist).decode
