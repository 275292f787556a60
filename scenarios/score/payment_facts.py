"""What a ledger tells of devices that pay: asked, refused, whom it kept busy; what was found of what was wrong."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from dispatch.core.ids import payment_id
from dispatch.core.purse.actions import AskAboutMoney, AskPayer, EscalatePayment, RefusePayment, SettlePayment
from dispatch.core.purse.events import PaymentAsked, PaymentDisputed
from dispatch.ledger.rows import Said
from gateway.contract.payments import REASONS
from scenarios.world.money_truth import Wrong

WEEK_S = 7 * 86_400.0


@dataclass(slots=True)
class PaymentFacts:
    """Feed it what a ledger's rows say; sums are minor units."""

    asked: set[str] = field(default_factory=set)
    settled: set[str] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)
    """ISO 20022 reason → how many payments."""
    by_hand: set[str] = field(default_factory=set)
    """Payments of which anybody was asked anything, customer or person of the house."""
    unusual: list[tuple[tuple[str, ...], float]] = field(default_factory=list)
    """Of what customers were asked since it was unusual: by which payments that was found, and when, POSIX seconds."""
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
                    self.unusual.append(((said.payment,), at))
            case AskAboutMoney():
                self.by_hand |= set(said.payments)
                self.unusual.append((said.payments, at))
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
    hits = [[wrong for wrong in wrongs if _is_about(payments, wrong)] for payments, _ in facts.unusual]
    right = [
        bool(about) or any(_is_echo(payments, at, wrong) for wrong in wrongs)
        for about, (payments, at) in zip(hits, facts.unusual, strict=True)
    ]
    shown = sum(not facts.asked.isdisjoint(wrong.payments) for wrong in wrongs)
    return UnusualJudgement(shown, len({id(one) for about in hits for one in about}), len(hits), sum(right))


def _is_about(payments: tuple[str, ...], wrong: Wrong) -> bool:
    return not set(payments).isdisjoint(wrong.payments)


def _is_echo(payments: tuple[str, ...], at: float, wrong: Wrong) -> bool:
    """Is it about the device that something was wrong with, within a week of that? What it paid still stands out then."""
    over = wrong.stopped_at or math.inf
    return over <= at <= over + WEEK_S and any(one.startswith(payment_id(wrong.device, "")) for one in payments)
