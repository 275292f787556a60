"""When nothing is offered to somebody, whatever fits. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from dispatch.core.offers.rules import OfferPolicy
from dispatch.core.routing.model import Concern

NoOffer = Literal[
    "switched_off",
    "not_speaking",
    "no_consent",
    "vulnerable",
    "danger",
    "fraud",
    "complaint",
    "owed",
    "often_enough",
    "later",
    "nothing_fits",
]
"""``not_speaking``: nobody speaks or writes with them on that call; ``vulnerable``: by the register, or they are in distress or in
grief; ``danger``: something of theirs that is dangerous is under way; ``fraud``: it looks as if they are being cheated;
``complaint``: they complain, dispute a payment, waited for long, had to say it twice, or a case of theirs was lost; ``owed``: the
house has yet to do or to say something; ``often_enough``: they were offered something lately; ``later``: so they said."""


@dataclass(frozen=True, slots=True)
class PastOffer:
    """Something that a customer was offered."""

    offer: str
    at: float
    """POSIX seconds."""
    answer: str = ""
    """Empty: nobody said how they took it."""


@dataclass(frozen=True, slots=True)
class CallSituation:
    """All that speaks against an offer, as it stands when an agent asks."""

    speaks: bool
    """They speak or write with the agent who asks, on a call that goes on."""
    agrees: bool
    """They agreed to be offered things, in so many words."""
    vulnerable: bool
    concern: Concern
    """Of the call, or of an open case."""
    danger: bool
    fraud: bool
    disputes: bool
    """They dispute a payment, and nothing is decided."""
    told_twice: bool
    """The call was handed on or lost: they may have said it twice."""
    waited_s: float
    """Until somebody spoke with them."""
    lost: bool
    """A case of theirs was lost out of sight: escalated, or a talk of which nobody knows how it ended."""
    owed: bool
    """A case, a payment or a question of theirs is open on our side, or they struggle with something else."""
    past: tuple[PastOffer, ...] = ()


def why_not(found: CallSituation, policy: OfferPolicy, now: float) -> NoOffer | None:
    """Return the first reason why nothing is offered; ``None``: there is none."""
    return next(_reasons(found, policy, now), None)


def _reasons(found: CallSituation, policy: OfferPolicy, now: float) -> Iterator[NoOffer]:
    against: tuple[tuple[NoOffer, bool], ...] = (
        ("switched_off", not policy.makes),
        ("not_speaking", not found.speaks),
        ("no_consent", not found.agrees),
        ("vulnerable", found.vulnerable or found.concern in {"distress", "bereavement"}),
        ("danger", found.danger),
        ("fraud", found.fraud),
        ("complaint", _complains(found, policy)),
        ("owed", found.owed),
        ("often_enough", sum(now - one.at < policy.within_s for one in found.past) >= policy.most),
        ("later", any(one.answer == "later" and now - one.at < policy.after_later_s for one in found.past)),
    )
    return (name for name, holds in against if holds)


def _complains(found: CallSituation, policy: OfferPolicy) -> bool:
    waited = found.waited_s >= policy.long_wait_s
    return found.concern == "complaint" or found.disputes or found.told_twice or waited or found.lost


def refused_lately(past: Sequence[PastOffer], policy: OfferPolicy, now: float) -> frozenset[str]:
    """Return what somebody said no to, or took, a while ago: it is not offered them again."""
    return frozenset(one.offer for one in past if one.answer in {"no", "yes"} and now - one.at < policy.after_no_s)
