"""What customers are asked about what their devices pay for long: gathered, asked in one message, answered or let be. Pure."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Annotated, NamedTuple

from pydantic import Field

from dispatch.core.purse.habits import Name
from dispatch.core.purse.payments import Payer
from dispatch.core.purse.rules import PaymentPolicy
from dispatch.core.purse.unusual import DAY_S, Odd
from gateway.finding import Provenance

Left = Field(exclude_if=operator.not_)
MOST = 5
"""So many questions of one customer wait at once; what else is odd is found again with its next payment."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question. ``ref`` names it: what is odd, and the payment by which it was found."""

    ref: str
    customer: str
    habit: Name
    odd: Odd
    payments: tuple[str, ...]
    mandate: str
    payer: Payer
    provenance: Provenance
    found_at: float
    """POSIX seconds."""
    asked_at: Annotated[float, Left] = 0.0
    """0: it waits to be asked."""


class QuestionsDue(NamedTuple):
    """When a customer is asked, and by which payment that was found."""

    at: float
    by: str


@dataclass(frozen=True, slots=True)
class QuestionsStanding:
    """MoneyQuestions written down."""

    questions: list[Question] = field(default_factory=list)
    due: dict[str, QuestionsDue] = field(default_factory=dict)
    asked_at: dict[str, float] = field(default_factory=dict)
    confirming: dict[str, list[float]] = field(default_factory=dict)
    unanswered: dict[str, list[float]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Is there anything to ask, or was there?"""
        return bool(self.questions or self.due or self.asked_at or self.confirming or self.unanswered)


class MoneyQuestions:
    """What waits to be asked, and what was asked and not answered."""

    def __init__(self, policy: PaymentPolicy) -> None:
        self._policy = policy
        self._by_ref: dict[str, Question] = {}
        """In the order they were found."""
        self.due: dict[str, QuestionsDue] = {}
        """Customer → when they are asked."""
        self._asked_at: dict[str, float] = {}
        """Customer → when they were asked last."""
        self._confirming: dict[str, list[float]] = {}
        """Customer → when they were asked about unusual payments within a day."""
        self._unanswered: dict[str, list[float]] = {}
        """Customer → when they were asked about payments within a day, and have said yes to none since."""

    def get(self, ref: str) -> Question | None:
        """Return a question that was not answered."""
        return self._by_ref.get(ref)

    def waiting(self, customer: str) -> list[Question]:
        """Return what a customer is to be asked, in the order it was found."""
        return [one for one in self._of(customer) if not one.asked_at]

    def asked_of(self, customer: str) -> list[Question]:
        """Return what a customer was asked and has not answered, in the order it was found."""
        return [one for one in self._of(customer) if one.asked_at]

    def found(self, question: Question) -> None:
        """Ask about it in a while, unless the same is asked already; one message a week at most."""
        mine = list(self._of(question.customer))
        same = any((one.habit, one.odd.name) == (question.habit, question.odd.name) for one in mine)
        if same or len(mine) >= MOST or not question.payer.may_message:
            return
        self._by_ref[question.ref] = question
        if question.customer not in self.due:
            rested = self._asked_at.get(question.customer, 0.0) + self._policy.ask_again_s
            at = max(question.found_at + self._policy.gather_s, rested)
            self.due[question.customer] = QuestionsDue(at, question.payments[-1])

    def asked(self, ref: str, at: float) -> None:
        """It was asked."""
        known = self._by_ref.get(ref)
        if known is not None:
            self._by_ref[ref] = replace(known, asked_at=at)
            self._asked_at[known.customer] = at
            self.due.pop(known.customer, None)
        self._forget(at)

    def answered(self, ref: str) -> Question | None:
        """Take out what was answered; ``None``: nobody was asked that, or it was answered."""
        known = self._by_ref.get(ref)
        return self._by_ref.pop(ref) if known is not None and known.asked_at else None

    def drop(self, customer: str) -> None:
        """Ask somebody nothing any more."""
        for one in list(self._of(customer)):
            del self._by_ref[one.ref]
        self.due.pop(customer, None)

    def forget(self, customer: str) -> None:
        """Know nothing of a customer any more."""
        self.drop(customer)
        self._asked_at.pop(customer, None)
        self._confirming.pop(customer, None)
        self._unanswered.pop(customer, None)

    # --- before they are paid ----------------------------------------------------------------------------------------

    def confirms(self, customer: str, at: float, *, unusual: bool) -> None:
        """Note that somebody is asked about a payment."""
        self._unanswered[customer] = [*_lately(self._unanswered, customer, at), at]
        if unusual:
            self._confirming[customer] = [*_lately(self._confirming, customer, at), at]

    def agreed(self, customer: str) -> None:
        """They have said yes: they are there, and want to be asked."""
        self._unanswered.pop(customer, None)

    def asks_too_much(self, customer: str, now: float) -> bool:
        """Were they asked about unusual payments as often today as anybody is?"""
        return len(_lately(self._confirming, customer, now)) >= self._policy.unusual_a_day

    def asks_in_vain(self, customer: str, now: float) -> bool:
        """Were they asked as often today as anybody is who says yes to nothing?"""
        return len(_lately(self._unanswered, customer, now)) >= self._policy.unanswered_a_day

    def _of(self, customer: str) -> Iterator[Question]:
        return (one for one in self._by_ref.values() if one.customer == customer)

    def _forget(self, now: float) -> None:
        """Let be what nobody answered for long."""
        for one in list(self._by_ref.values()):
            if one.asked_at and now - one.asked_at > self._policy.kept_s:
                del self._by_ref[one.ref]

    # --- written down ------------------------------------------------------------------------------------------------

    def standing(self) -> QuestionsStanding:
        """Return it written down."""
        confirming, unanswered = _copied(self._confirming), _copied(self._unanswered)
        return QuestionsStanding(
            list(self._by_ref.values()), dict(self.due), dict(self._asked_at), confirming, unanswered
        )

    def stand(self, standing: QuestionsStanding) -> None:
        """Take up what was written down."""
        self._by_ref = {one.ref: one for one in standing.questions}
        self.due = dict(standing.due)
        self._asked_at = dict(standing.asked_at)
        self._confirming, self._unanswered = _copied(standing.confirming), _copied(standing.unanswered)


def _lately(asked: dict[str, list[float]], customer: str, now: float) -> list[float]:
    return [at for at in asked.get(customer, ()) if now - at < DAY_S]


def _copied(asked: dict[str, list[float]]) -> dict[str, list[float]]:
    return {customer: list(all_) for customer, all_ in asked.items()}
