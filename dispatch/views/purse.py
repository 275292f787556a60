"""What people read of money: mandates, payments with their states and reasons, disputes, what a person has to look at. Pure.

Kept from the ledger, row by row (``dispatch.views.reading.money``). Sums are minor units of their currency, times POSIX seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from dispatch.core.consent import Way
from dispatch.core.purse.actions import AskedFor, Puzzling
from dispatch.core.purse.mandate import Category, Mandate, MandateState
from dispatch.core.purse.payments import PaymentState
from gateway.finding import Provenance

KEPT_S = 100 * 86_400.0
"""A payment is shown for so long after it was asked for: three of what is due monthly."""
MOST_OF_ONE = 300
"""So many payments of one customer are at hand, the last ones; the ledger has all."""
Decided = Literal["", "refunded", "upheld"]


@dataclass(slots=True)
class MandateView:
    """What a customer lets a device pay, and how it stands."""

    mandate: Mandate
    given_at: float
    way: Way
    strong: bool = False
    state: MandateState = "active"
    changed_at: float = 0.0

    def ended(self, now: float) -> bool:
        """Has it run out?"""
        return self.mandate.valid_to is not None and now >= self.mandate.valid_to


@dataclass(slots=True)
class PaymentView:
    """One payment."""

    payment: str
    customer: str
    device: str
    payee: str
    amount: int
    currency: str
    category: Category
    asked_at: float
    words: str = ""
    """What it is for, as the device says."""
    state: PaymentState = PaymentState.ASKED
    case: str | None = None
    """The case that the house paid for; ``None``: a device paid."""
    mandate: str = ""
    changed_at: float = 0.0
    settled_at: float = 0.0
    reason: str = ""
    """ISO 20022 status reason, where it is refused or voided."""
    detail: str = ""
    """More of it, in words of ours."""
    asked_for: AskedFor | Literal[""] = ""
    """Why its customer had to be asked."""
    until: float = 0.0
    """By when they have to say yes."""
    dispute: str = ""
    """Why they say that it was not right."""
    disputed_at: float = 0.0
    decided: Decided = ""
    decision: str = ""
    """Why it was decided so."""
    decided_by: str = ""
    most: int = 0
    """Set aside at most, until its device tells what is paid of it; 0: ``amount`` is what is paid."""
    payee_name: str = ""
    """Who is paid, as the device says."""


@dataclass(slots=True)
class PuzzleView:
    """What a person has to look at: nothing of it is booked by itself."""

    key: str
    name: str
    """The payment, the top-up, or the instruction that nobody gave."""
    customer: str
    reason: Puzzling
    detail: str
    at: float
    number: int = 0
    """How often a person has closed it before."""
    provenance: Provenance = "real"


@dataclass(slots=True)
class PurseView:
    """One customer's money."""

    customer: str
    payments: dict[str, PaymentView] = field(default_factory=dict)
    """In the order they were asked for."""
    mandates: dict[str, MandateView] = field(default_factory=dict)

    def put_away(self, now: float) -> list[str]:
        """Let go of payments of long ago that nothing is to become of; return them."""
        gone = [
            name
            for number, (name, one) in enumerate(list(self.payments.items()))
            if (len(self.payments) - number > MOST_OF_ONE or now - one.asked_at > KEPT_S) and one.state not in _OPEN
        ]
        for name in gone:
            del self.payments[name]
        return gone


_OPEN = {PaymentState.ASKED, PaymentState.CONFIRMING, PaymentState.RESERVED, PaymentState.DISPUTED}


@dataclass(slots=True)
class MoneyShelf:
    """All customers' money, written down."""

    purses: dict[str, PurseView] = field(default_factory=dict)
    puzzles: dict[str, PuzzleView] = field(default_factory=dict)
    """By the key of what was decided, oldest first."""


class MoneyViews:
    """All customers' money."""

    def __init__(self, shelf: MoneyShelf | None = None) -> None:
        self.shelf = shelf or MoneyShelf()
        self.payments = {name: one for purse in self.shelf.purses.values() for name, one in purse.payments.items()}
        self.mandates = {name: one for purse in self.shelf.purses.values() for name, one in purse.mandates.items()}
        self._disputed = {name for name, one in self.payments.items() if one.state is PaymentState.DISPUTED}

    def of(self, customer: str) -> PurseView:
        """Return a customer's money."""
        return self.shelf.purses.get(customer) or PurseView(customer)

    def give(self, view: MandateView) -> None:
        """Add a mandate, unless it is known."""
        name, customer = view.mandate.mandate, view.mandate.customer
        if name not in self.mandates:
            self.mandates[name] = self._purse(customer).mandates[name] = view

    def ask(self, view: PaymentView) -> None:
        """Add a payment, unless it is known."""
        if view.payment in self.payments:
            return
        purse = self._purse(view.customer)
        self.payments[view.payment] = purse.payments[view.payment] = view
        for gone in purse.put_away(view.asked_at):
            self.payments.pop(gone, None)

    def stands(self, payment: PaymentView) -> None:
        """Take note that a payment stands otherwise: whether a person has to decide about it."""
        (self._disputed.add if payment.state is PaymentState.DISPUTED else self._disputed.discard)(payment.payment)

    def puzzle(self, view: PuzzleView) -> None:
        """Take note of what a person has to look at."""
        self.shelf.puzzles.setdefault(view.key, view)

    def solve(self, name: str) -> None:
        """Something is settled after all: nobody has to look at it any more."""
        for key in [key for key, one in self.shelf.puzzles.items() if one.name == name]:
            del self.shelf.puzzles[key]

    def disputes(self) -> list[PaymentView]:
        """Return what a person has to decide about, the oldest first."""
        found = [self.payments[name] for name in self._disputed if name in self.payments]
        return sorted(found, key=lambda one: (one.disputed_at, one.payment))

    def puzzles(self) -> list[PuzzleView]:
        """Return what a person has to look at, the oldest first."""
        return list(self.shelf.puzzles.values())

    def erase(self, customer: str) -> None:
        """Forget a customer's money: what is in the ledger stays there."""
        gone = self.shelf.purses.pop(customer, None)
        if gone is None:
            return
        self._forget(gone.payments, gone.mandates)

    def _forget(self, payments: Iterable[str], mandates: Iterable[str]) -> None:
        for name in payments:
            self.payments.pop(name, None)
            self._disputed.discard(name)
        for name in mandates:
            self.mandates.pop(name, None)

    def _purse(self, customer: str) -> PurseView:
        return self.shelf.purses.setdefault(customer, PurseView(customer))
