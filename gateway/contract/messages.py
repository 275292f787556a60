"""Reads what a device sends: events in structured mode, and the state it leaves on ``…/state``.

``binding.read_event`` reads events in either mode, as MQTT delivers them.
"""

from __future__ import annotations

from pydantic import ValidationError

from gateway.contract.cards import card_number_at, may_hold_card_number
from gateway.contract.envelope import MAX_PAYLOAD, DeviceEvent
from gateway.contract.event_types import event_types
from gateway.contract.refusals import Refused, Rule
from gateway.contract.state import DeviceState
from gateway.contract.validation_errors import NO_CARDS, refusal


def parse_event(payload: bytes) -> DeviceEvent:
    """Read one event in structured mode. Raises ``Refused`` with the rule it breaks; never anything else.

    Of two JSON members of one name the later counts (RFC 8259 leaves it open).
    """
    if len(payload) > MAX_PAYLOAD:
        raise too_large(len(payload))
    try:
        event = event_types().adapter.validate_json(payload, by_alias=True, by_name=False)
    except ValidationError as error:
        raise refusal(error, payload) from None
    if "specversion" not in event.model_fields_set:
        raise Refused(Rule.NOT_A_CLOUDEVENT, "/specversion is required: '1.0'.", "/specversion", event.id)
    if may_hold_card_number(payload) and (pointer := card_number_at(payload)):
        raise Refused(Rule.CARD_NUMBER, NO_CARDS, pointer, event.id)
    return event


def read_plain(payload: bytes) -> DeviceEvent | None:
    """Read one event in structured mode, where nothing about it is special; ``None``: ``parse_event`` has to.

    What comes has the attributes and properties of its model and is none: it cannot be copied, dumped or encoded.
    """
    return event_types().quick.read(payload) if len(payload) <= MAX_PAYLOAD else None


def parse_state(payload: bytes) -> DeviceState:
    """Read what a device said of itself on ``…/state``. Raises ``Refused``."""
    if len(payload) > MAX_PAYLOAD:
        raise too_large(len(payload))
    try:
        return DeviceState.model_validate_json(payload)
    except ValidationError as error:
        raise refusal(error, payload) from None


def too_large(size: int) -> Refused:
    """Return the refusal of a message of ``size`` bytes, which is more than ``MAX_PAYLOAD``."""
    return Refused(Rule.TOO_LARGE, f"{size} bytes; at most {MAX_PAYLOAD} are taken. Send fewer items in one event.")
