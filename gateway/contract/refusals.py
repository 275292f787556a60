"""Why a message is refused: one stable rule each, told to the sender as RFC 9457 problem details."""

from __future__ import annotations

import hashlib
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Rule(StrEnum):
    """The rules a message can break. The value is the last part of the problem's ``type``."""

    TOO_LARGE = "too-large"
    WRONG_TOPIC = "wrong-topic"
    NOT_JSON = "not-json"
    NOT_A_CLOUDEVENT = "not-a-cloudevent"
    UNKNOWN_TYPE = "unknown-type"
    INVALID_VALUE = "invalid-value"
    CARD_NUMBER = "card-number"
    TIME_IN_FUTURE = "time-in-future"
    SOURCE_MISMATCH = "source-mismatch"
    UNKNOWN_DEVICE = "unknown-device"
    WRONG_KIND = "wrong-kind"
    NOT_PAIRED = "not-paired"


TITLES: dict[Rule, str] = {
    Rule.TOO_LARGE: "The message is too large",
    Rule.WRONG_TOPIC: "This topic takes no messages",
    Rule.NOT_JSON: "The message is not JSON",
    Rule.NOT_A_CLOUDEVENT: "The message is not a CloudEvent of this contract",
    Rule.UNKNOWN_TYPE: "The event type is not known",
    Rule.INVALID_VALUE: "A value is missing, misnamed or impossible",
    Rule.CARD_NUMBER: "The message holds a card number",
    Rule.TIME_IN_FUTURE: "The event's time lies in the future",
    Rule.SOURCE_MISMATCH: "The source is not the device of the topic",
    Rule.UNKNOWN_DEVICE: "The device is not registered",
    Rule.WRONG_KIND: "This kind of device may not send this type",
    Rule.NOT_PAIRED: "The relaying phone is not paired with the device",
}


class Problem(BaseModel):
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
    sha256: str
    """Of the payload as received, so that the sender can tell which message was meant."""


class Refused(Exception):  # noqa: N818 - an answer to the sender, named in the words of the contract
    """The sender's fault: the message breaks ``rule``. Carries what the sender is told."""

    def __init__(self, rule: Rule, detail: str, *, pointer: str | None = None, event_id: str | None = None) -> None:
        super().__init__(f"{rule}: {detail}")
        self.rule = rule
        self.detail = detail
        self.pointer = pointer
        self.event_id = event_id

    def problem(self, payload: bytes) -> Problem:
        """Return the problem details for the payload that was refused."""
        return Problem(
            type=f"urn:callahead:rule:{self.rule}",
            title=TITLES[self.rule],
            detail=self.detail,
            pointer=self.pointer,
            event_id=self.event_id,
            sha256=hashlib.sha256(payload).hexdigest(),
        )
