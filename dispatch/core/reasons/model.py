"""The reasons for which people turn to us, what of theirs speaks for one, and what is expected of a call. Pure."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from dispatch.core.skills import Skill

SURE = 0.5
"""What is less likely than that counts as not known: the agent asks, and nobody is routed by it."""


class Reason(StrEnum):
    """Why somebody turns to us. Whole: what is none of these is ``other``."""

    PROGRESS = "progress"
    """Where help is, how their case stands."""
    FAULT = "fault"
    """Something broke; we may know of it already."""
    NO_HELP = "no_help"
    """They want no help any more."""
    ORDER = "order"
    """Where goods are that were ordered."""
    BOOKING = "booking"
    """Another hour for a workshop or a visit."""
    REFUSED = "refused"
    """A payment was refused."""
    DISPUTE = "dispute"
    """A payment that they do not know, or that is wrong."""
    MANDATE = "mandate"
    """What a device may pay: limits, mandates."""
    OUTAGE = "outage"
    """Whether something is down for everybody, and how long yet."""
    APP = "app"
    """They do not come on in the app, or have forgotten a password."""
    ANSWER = "answer"
    """They answer a message of ours."""
    OTHER = "other"


class Sign(StrEnum):
    """What the desk knows of somebody who turns to us. Of their open cases what holds of any of them."""

    STRANGER = "stranger"
    """Nobody knows who it is."""
    NOTHING = "nothing"
    """No case is open, and nothing of what follows is so."""
    UNTOLD = "untold"
    """A case is open of which they have heard nothing from us."""
    SHOWN = "shown"
    """They were written to about it, and nobody has spoken with them."""
    TOLD = "told"
    """They were spoken with about it."""
    ASKED = "asked"
    """We wait for what they say: whether somebody shall come, or where."""
    SOUGHT = "sought"
    """Help is looked for, and nobody has promised to come."""
    COMING = "coming"
    """Help has promised to come, and is in time."""
    LATE = "late"
    """It is late, or overdue."""
    THERE = "there"
    """It is there, or has been."""
    SLOT = "slot"
    """A workshop, or a technician, has given them an hour."""
    GOODS = "goods"
    """Goods are ordered for them."""
    GOODS_LATE = "goods_late"
    """They should be there by now."""
    MONEY_CASE = "money_case"
    """What is open is about a payment."""
    WAITS = "waits"
    """It only has to be waited for: an outage."""
    RECOVERED = "recovered"
    """The device says that it is well again."""
    FRESH = "fresh"
    """The case was opened within a quarter of an hour."""
    REFUSED_LATELY = "refused_lately"
    """A payment of theirs was refused within three hours."""
    NOT_ALLOWED = "not_allowed"
    """One that no mandate allows."""
    PAID_LATELY = "paid_lately"
    """One was made within two days."""
    MONEY_ASKED = "money_asked"
    """They were asked about money, and have not answered."""
    DISPUTED = "disputed"
    """A payment that they disputed is looked at."""
    TIGHT = "tight"
    """A mandate is suspended, ends within a week, or less than a fifth of a limit is left."""
    STRUGGLES = "struggles"
    """They struggle with the app, or gave up in it, within the hour."""
    WRITTEN = "written"
    """We wrote to them unasked within three hours."""
    RANG_BEFORE = "rang_before"
    """They rang within the hour, and were not spoken to."""
    SPOKE_LATELY = "spoke_lately"
    """They turned to us within the day, and an agent said what it was about."""
    MENU = "menu"
    """A machine spoke with them first, and they wanted a person."""
    WRITES = "writes"
    """They write, and do not speak."""


SKILL_OF: Mapping[Reason, Skill] = {
    Reason.REFUSED: "payment",
    Reason.DISPUTE: "payment",
    Reason.MANDATE: "payment",
    Reason.OUTAGE: "payment",
    Reason.APP: "payment",
}
"""What an agent should be trained for who talks about that; of all others what broke says it."""


@dataclass(frozen=True, slots=True)
class Chance:
    """How likely a reason is, 0 to 1."""

    reason: Reason
    p: float


@dataclass(frozen=True, slots=True)
class Expects:
    """Why a call is thought to be made, as it was known when it came."""

    chances: tuple[Chance, ...]
    """The likeliest first; what is less likely than one in two hundred is left out."""
    signs: tuple[Sign, ...]
    chosen: Annotated[Reason | None, Field(exclude_if=operator.not_)] = None
    """What they chose in the exchange's own menu."""
    before: Annotated[Reason | None, Field(exclude_if=operator.not_)] = None
    """What they turned to us about last, within the day, as an agent said."""

    @property
    def known(self) -> Reason | None:
        """The reason, where it is likely enough to go by; ``None``: it is not known."""
        first = self.chances[0]
        return first.reason if first.p >= SURE else None


def skill_wanted(expects: Expects | None, usual: Skill | None) -> Skill | None:
    """Return what an agent should be trained for. ``usual``: by what broke; ``None``: nothing is known to be broken."""
    known = expects.known if expects is not None else None
    return usual if known is None else SKILL_OF.get(known, usual)
