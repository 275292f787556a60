"""Why a message is refused: one stable rule each, told to the sender as RFC 9457 problem details."""

from __future__ import annotations

import hashlib
from enum import StrEnum

from pydantic import ConfigDict

from gateway.contract.cards import shown
from gateway.contract.described import Described
from gateway.errors import SenderError

DETAIL, POINTER = 1_000, 300
"""Characters of a refusal at most: a sender's text is quoted in it."""


class Rule(StrEnum):
    """The rules a message can break. The value is the last part of the problem's ``type``."""

    TOO_LARGE = "too-large"
    WRONG_TOPIC = "wrong-topic"
    NOT_JSON = "not-json"
    UNSUPPORTED_FORMAT = "unsupported-format"
    NOT_A_CLOUDEVENT = "not-a-cloudevent"
    UNKNOWN_TYPE = "unknown-type"
    INVALID_VALUE = "invalid-value"
    CARD_NUMBER = "card-number"
    TIME_IN_FUTURE = "time-in-future"
    REUSED_ID = "reused-id"
    SOURCE_MISMATCH = "source-mismatch"
    UNKNOWN_DEVICE = "unknown-device"
    WRONG_KIND = "wrong-kind"
    NOT_PAIRED = "not-paired"
    CONTRADICTION = "contradiction"
    LEFT_OUT = "left-out"
    OVER_BUDGET = "over-budget"
    NO_CUSTOMER = "no-customer"
    HUNG_UP = "hung-up"


TITLES: dict[Rule, str] = {
    Rule.TOO_LARGE: "The message is too large",
    Rule.WRONG_TOPIC: "This topic takes no messages",
    Rule.NOT_JSON: "The message is not JSON",
    Rule.UNSUPPORTED_FORMAT: "The message's format is not taken",
    Rule.NOT_A_CLOUDEVENT: "The message is not a CloudEvent of this contract",
    Rule.UNKNOWN_TYPE: "The event type is not known",
    Rule.INVALID_VALUE: "A value is missing, misnamed or impossible",
    Rule.CARD_NUMBER: "The message holds a card number",
    Rule.TIME_IN_FUTURE: "The event's time lies in the future",
    Rule.REUSED_ID: "The event's id was used before, for another event",
    Rule.SOURCE_MISMATCH: "The source is not the device of the topic",
    Rule.UNKNOWN_DEVICE: "The device is not registered",
    Rule.WRONG_KIND: "This kind of device may not send this type",
    Rule.NOT_PAIRED: "The relaying phone is not paired with the device",
    Rule.CONTRADICTION: "Two readings of the event contradict each other",
    Rule.LEFT_OUT: "The event was taken without a part of it",
    Rule.OVER_BUDGET: "The sender sends more than it may",
    Rule.NO_CUSTOMER: "The device belongs to no customer",
    Rule.HUNG_UP: "The broker hung up on the sender",
}

MEANINGS: dict[Rule, str] = {
    Rule.TOO_LARGE: "It has more bytes than its type may have, user properties included: 16,384 where the type's own page "
    "says no other number. Or it says more than 4,096 bytes beside the contract's attributes. Send fewer items in one event.",
    Rule.WRONG_TOPIC: "Publish on callahead/v1/{vendor}/{device}/event or …/state; the other channels are ours.",
    Rule.NOT_JSON: "It is not one JSON value in UTF-8 (RFC 8259), or is nested deeper than 200, or holds a number of "
    "more than 4,300 digits or half a surrogate pair.",
    Rule.UNSUPPORTED_FORMAT: "Only JSON is taken: no other event format, no batch, no data_base64, no datacontenttype "
    "that is not JSON.",
    Rule.NOT_A_CLOUDEVENT: "A CloudEvents 1.0 attribute is missing, malformed or told twice with different values. The "
    "pointer names it.",
    Rule.UNKNOWN_TYPE: "The detail lists the types there are.",
    Rule.INVALID_VALUE: "The pointer names the place in the event, the detail what is expected there.",
    Rule.CARD_NUMBER: "Never send a payment card's number, in whatever field. The message was not kept: only its hash "
    "and a masked copy. Send a token or the last four digits.",
    Rule.TIME_IN_FUTURE: "The device's clock runs more than ten minutes ahead of ours. Set it by NTP or GNSS. The event was "
    "taken all the same, as of the hour it arrived: do not send it again.",
    Rule.REUSED_ID: "Another event had this id, which said something else or was made earlier. Count boot up with every restart, "
    "seq with every event, and keep boot where a power cut does not reach it.",
    Rule.SOURCE_MISMATCH: "A device speaks for itself: 'source' is '/' and the topic's vendor and device. A phone that "
    "relays names itself in 'via'.",
    Rule.UNKNOWN_DEVICE: "Register the device first, then send the event again.",
    Rule.WRONG_KIND: "A device cannot send another kind's event. Check the type, or how the device is registered.",
    Rule.NOT_PAIRED: "The phone in 'via' has to be registered as the device's.",
    Rule.CONTRADICTION: "The event was taken, but for the readings that the detail names: they cannot both be true.",
    Rule.LEFT_OUT: "The event was taken, but for the parts that the detail names: they cannot be read, or cannot be. Do not "
    "send the event again; send such parts right from now on, or leave them out.",
    Rule.OVER_BUDGET: "The detail says whose budget it is: a device's or its vendor's, of messages or of what they cost to look "
    "at. This message was not looked at, nor are others until less comes; each is counted, and one in a minute is told. Send "
    "less often, and what did not get through once more.",
    Rule.NO_CUSTOMER: "Only a device that is registered as a customer's may ask to pay.",
    Rule.HUNG_UP: "What was sent is no MQTT, or its topic is one that the broker does not take; the detail has its reason. "
    "The message is not known to us. Send it otherwise: whoever sends the same again is cut off again.",
}
"""What each rule means and what to do, for those who read the contract."""


class Problem(Described):
    """RFC 9457 problem details, as published on ``…/rejected``."""

    model_config = ConfigDict(frozen=True)

    type: str
    """``urn:callahead:rule:{rule}``; stable, one for each rule."""
    title: str
    detail: str
    """What is wrong and what to do, in plain words."""
    pointer: str | None = None
    """JSON pointer (RFC 6901) to the offending value."""
    event_id: str | None = None
    """The event's ``id`` where it could be read."""
    reason: str | None = None
    """Of a ``callahead.payment.request.v1``: the ISO 20022 status reason."""
    sha256: str
    """Of the payload as received, so that the sender can tell which message was meant."""


class Refused(SenderError):  # noqa: N818 - an answer to the sender, named in the words of the contract
    """The sender's fault: the message breaks ``rule``. Carries what the sender is told, fit to be logged and kept."""

    def __init__(
        self,
        rule: Rule,
        detail: str,
        pointer: str | None = None,
        event_id: str | None = None,
        *,
        reason: str | None = None,
    ) -> None:
        """``reason``: ISO 20022 status reason, of a payment."""
        self.rule = rule
        self.reason = reason
        self.detail = shown(detail, DETAIL)
        self.pointer = shown(pointer, POINTER) if pointer else None
        self.event_id = shown(event_id, POINTER) if event_id else None
        super().__init__(f"{rule}: {self.detail}")

    def problem(self, payload: bytes) -> Problem:
        """Return the problem details for the payload that was refused."""
        return Problem(
            type=f"urn:callahead:rule:{self.rule}",
            title=TITLES[self.rule],
            detail=self.detail,
            pointer=self.pointer,
            event_id=self.event_id,
            reason=self.reason,
            sha256=hashlib.sha256(payload).hexdigest(),
        )
