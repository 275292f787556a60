"""Why somebody turns to us, in words an agent reads before they speak. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dispatch.core.reasons.model import Expects, Reason, Sign

REASON_WORDS: Mapping[Reason, str] = {
    Reason.PROGRESS: "where help is, and how their case stands",
    Reason.FAULT: "something that broke",
    Reason.NO_HELP: "wanting no help any more",
    Reason.ORDER: "goods that were ordered",
    Reason.BOOKING: "another hour for a workshop or a visit",
    Reason.REFUSED: "a payment that was refused",
    Reason.DISPUTE: "a payment that they do not know",
    Reason.MANDATE: "what a device may pay: limits, mandates",
    Reason.OUTAGE: "an outage",
    Reason.APP: "the app, or a password",
    Reason.ANSWER: "a message of ours",
    Reason.OTHER: "something else",
}
SIGN_WORDS: Mapping[Sign, str] = {
    Sign.STRANGER: "nobody knows who it is",
    Sign.NOTHING: "nothing of theirs is open",
    Sign.UNTOLD: "a case is open of which they have heard nothing",
    Sign.SHOWN: "they were written to about their case",
    Sign.TOLD: "they were spoken with about their case",
    Sign.ASKED: "we wait for an answer of theirs",
    Sign.SOUGHT: "help is looked for",
    Sign.COMING: "help is on its way",
    Sign.LATE: "help is late",
    Sign.THERE: "help is there, or was",
    Sign.SLOT: "they have an hour in a workshop, or for a visit",
    Sign.GOODS: "goods are on order",
    Sign.GOODS_LATE: "goods are late",
    Sign.MONEY_CASE: "their case is about a payment",
    Sign.WAITS: "there is an outage",
    Sign.RECOVERED: "the device is well again",
    Sign.FRESH: "it broke a moment ago",
    Sign.REFUSED_LATELY: "a payment was refused within three hours",
    Sign.NOT_ALLOWED: "a payment was refused that no mandate allows",
    Sign.PAID_LATELY: "a device paid within two days",
    Sign.MONEY_ASKED: "they were asked about a payment",
    Sign.DISPUTED: "a dispute of theirs is open",
    Sign.TIGHT: "a mandate is about to fail",
    Sign.STRUGGLES: "they struggle with the app",
    Sign.WRITTEN: "we wrote to them within three hours",
    Sign.RANG_BEFORE: "they rang before and were not spoken to",
    Sign.SPOKE_LATELY: "they turned to us within the day",
    Sign.MENU: "the machine put them through",
    Sign.WRITES: "they write",
}
SHOWN = 3
"""So many reasons are shown."""


@dataclass(frozen=True, slots=True)
class ReasonChance:
    """One reason."""

    reason: Reason
    words: str
    p: float


@dataclass(frozen=True, slots=True)
class ReasonBrief:
    """Why a customer is thought to turn to us, and what an agent said that it was."""

    known: bool
    """Is the first likely enough to go by? Else say that it is not known, and ask."""
    chances: tuple[ReasonChance, ...]
    """The likeliest three, first the likeliest."""
    why: tuple[str, ...]
    """What speaks for it, in words."""
    told: Reason | None
    """As an agent said; ``None``: nobody has."""


def reason_brief(expects: Expects | None, told: Reason | None) -> ReasonBrief | None:
    """Return what an agent reads of it; ``None``: nothing was expected."""
    if expects is None:
        return None
    shown = [ReasonChance(one.reason, REASON_WORDS[one.reason], one.p) for one in expects.chances[:SHOWN]]
    why = [SIGN_WORDS[sign] for sign in expects.signs]
    if expects.chosen is not None:
        why.insert(0, f"they chose it in the menu: {REASON_WORDS[expects.chosen]}")
    if expects.before is not None:
        why.append(f"the last time it was {REASON_WORDS[expects.before]}")
    return ReasonBrief(expects.known is not None, tuple(shown), tuple(why), told)
