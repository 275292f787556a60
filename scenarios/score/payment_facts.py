"""What a ledger tells of devices that pay: asked, refused, whom it kept busy; what was found of what was wrong."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from dispatch.core.ids import payment_id
from dispatch.core.purse.actions import AskAboutMoney, AskPayer, EscalatePayment, RefusePayment, SettlePayment
from dispatch.core.purse.events import MoneyAnswered, PaymentAsked, PaymentConfirmed, PaymentDisputed
from dispatch.ledger.rows import Said
from gateway.contract.payments import REASONS
from scenarios.world.money_truth import Wrong

WEEK_S = 7 * 86_400.0


class Unusual(NamedTuple):
    """Something that a customer was asked about since it was unusual."""

    payments: tuple[str, ...]
    """By which it was found."""
    at: float
    """POSIX seconds."""
    what: str = ""
    """As the house has it (``dispatch.core.purse.unusual``)."""
    name: str = ""
    """Of the question: by which it is answered."""


@dataclass(slots=True)
class PaymentFacts:
    """Feed it what a ledger's rows say; sums are minor units."""

    asked: set[str] = field(default_factory=set)
    settled: set[str] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)
    """ISO 20022 reason → how many payments."""
    by_hand: set[str] = field(default_factory=set)
    """Payments of which anybody was asked anything, customer or person of the house."""
    unusual: list[Unusual] = field(default_factory=list)
    """What customers were asked about since it was unusual."""
    answers: dict[str, str] = field(default_factory=dict)
    """Question → what the customer said first."""
    paid: Counter[tuple[str, int]] = field(default_factory=Counter)
    """Device and week, from the first payment that was asked for → minor units."""
    count: Counter[str] = field(default_factory=Counter)
    """Device → payments that were settled."""
    began_at: float | None = None

    def note(self, said: Said, at: float) -> None:
        """Take what the next row says, and when, POSIX seconds."""
        match said:
            case PaymentAsked():
                self.asked.add(said.payment)
                self.began_at = at if self.began_at is None else self.began_at
            case RefusePayment(again=""):
                self.refused[said.reason] += 1
            case SettlePayment():
                self._settled(said, at)
            case AskPayer():
                self.by_hand.add(said.payment)
                if said.why == "unusual":
                    what = said.odd.what if said.odd is not None else ""
                    self.unusual.append(Unusual((said.payment,), at, what, said.payment))
            case AskAboutMoney():
                self.by_hand |= set(said.payments)
                self.unusual.append(Unusual(said.payments, at, said.what, said.ref))
            case PaymentConfirmed():
                self.answers.setdefault(said.payment, "yes" if said.agreed else "no")
            case MoneyAnswered():
                self.answers.setdefault(said.ref, said.answer)
            case EscalatePayment() | PaymentDisputed():
                self.by_hand.add(said.payment)
            case _:
                pass  # of the books, which ``money`` reckons

    def _settled(self, said: SettlePayment, at: float) -> None:
        self.settled.add(said.payment)
        week = int((at - (self.began_at or at)) / WEEK_S)
        self.paid[said.device, week] += said.amount
        self.count[said.device] += 1

    @property
    def without_reason(self) -> int:
        """How many were refused without a reason of ISO 20022."""
        return sum(count for reason, count in self.refused.items() if reason not in REASONS)

    @property
    def alone(self) -> int:
        """How many were settled without anybody having been asked anything."""
        return len(self.settled - self.by_hand)


@dataclass(frozen=True, slots=True)
class UnusualJudgement:
    """What customers were asked about as unusual, against the truth."""

    wrongs: int
    """That went wrong and showed in a payment."""
    found: int
    asked: int
    right: int
    """Of what was asked: about what had gone wrong, or its echo."""


def judged_unusual(wrongs: Sequence[Wrong], facts: PaymentFacts) -> UnusualJudgement:
    """Hold what was asked against what went wrong."""
    right = sum(is_right(one, wrongs) for one in facts.unusual)
    shown = [one for one in wrongs if has_shown(one, facts)]
    found = sum(any(is_about(one, wrong) for one in facts.unusual) for wrong in wrongs)
    return UnusualJudgement(len(shown), found, len(facts.unusual), right)


def has_shown(wrong: Wrong, facts: PaymentFacts) -> bool:
    """Did it show in a payment that was asked for?"""
    return not facts.asked.isdisjoint(wrong.payments)


def is_right(asked: Unusual, wrongs: Sequence[Wrong]) -> bool:
    """Was it asked about what had gone wrong, or about its echo?"""
    return any(is_about(asked, wrong) or _is_echo(asked, wrong) for wrong in wrongs)


def is_about(asked: Unusual, wrong: Wrong) -> bool:
    """Was it asked about a payment that was asked for because of that?"""
    return not set(asked.payments).isdisjoint(wrong.payments)


def _is_echo(asked: Unusual, wrong: Wrong) -> bool:
    """Is it about the device that something was wrong with, within a week of that? What it paid still stands out then."""
    over = wrong.stopped_at or math.inf
    mine = payment_id(wrong.device, "")
    return over <= asked.at <= over + WEEK_S and any(one.startswith(mine) for one in asked.payments)
