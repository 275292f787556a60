"""Why what a person wants done is not legal: a name that machines know, and what people read. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Ground(StrEnum):
    """The names, as ``docs/dispatching.md`` has them."""

    STALE = "stale"
    CASE_CLOSED = "case-closed"
    NOT_YOURS = "not-yours"
    NOTHING_CHANGES = "nothing-changes"
    NO_TRUCK_WANTED = "no-truck-wanted"
    TRUCK_ON_SCENE = "truck-on-scene"
    UNKNOWN_TRUCK = "unknown-truck"
    TRUCK_OFF_DUTY = "truck-off-duty"
    TRUCK_BUSY = "truck-busy"
    TRUCK_UNABLE = "truck-unable"
    TRUCK_OF_ANOTHER_WORLD = "truck-of-another-world"
    TRUCK_PINNED_ELSEWHERE = "truck-pinned-elsewhere"
    TRUCK_UNDER_WAY = "truck-under-way"
    PLACE_UNKNOWN = "place-unknown"
    UNKNOWN_CONTRACTOR = "unknown-contractor"
    CONTRACTOR_ASKED = "contractor-asked"
    CONTRACTOR_DECLINED = "contractor-declined"
    OTHER_WAY_ROUND = "other-way-round"
    NOT_ONE_TROUBLE = "not-one-trouble"
    BEING_CALLED = "being-called"
    MAY_NOT_CALL = "may-not-call"
    ON_THE_LINE = "on-the-line"
    NOT_MUTED = "not-muted"
    TOO_LATE_TO_UNDO = "too-late-to-undo"
    CANNOT_BE_UNDONE = "cannot-be-undone"
    DONE_SINCE = "done-since"
    MANDATE_DIFFERS = "mandate-differs"
    MANDATE_MAKES_NO_SENSE = "mandate-makes-no-sense"
    MANDATE_REVOKED = "mandate-revoked"
    UNKNOWN_MANDATE = "unknown-mandate"
    UNKNOWN_PAYMENT = "unknown-payment"
    NOT_ASKED = "not-asked"
    NOT_PAID = "not-paid"
    NOT_DISPUTED = "not-disputed"
    NOT_HELD = "not-held"
    NOT_SO_MUCH = "not-so-much"
    BANK_SAYS_NOTHING = "bank-says-nothing"


@dataclass(frozen=True, slots=True)
class Objection:
    """Nothing was changed, and this is why."""

    ground: Ground
    detail: str
    """What is the matter, and what to do instead."""
