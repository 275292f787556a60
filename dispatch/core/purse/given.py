"""The mandates that customers gave: which fits a payment, and how much of its limits is used. Pure.

What counts towards a limit is what is pending, settled or given back later; what failed does not (as PayTo has it).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from dispatch.core.purse.mandate import Mandate, MandateState, PeriodicLimit, flaw
from dispatch.core.purse.periods import Window, window


@dataclass(slots=True)
class UsedOfLimit:
    """What was paid by a mandate in one period of one of its limits. Times are POSIX seconds, sums minor units."""

    begin: float
    end: float
    allowed: int
    spent: int = 0


@dataclass(slots=True)
class Given:
    """A mandate, how it stands, and what was used of it."""

    mandate: Mandate
    strong: bool = False
    """Its customer was strongly authenticated when they gave it."""
    state: MandateState = "active"
    used: list[UsedOfLimit] = field(default_factory=list)
    """Of each limit, in their order: the period in which something was paid last."""

    def ended(self, now: float) -> bool:
        """Has it run out?"""
        return self.mandate.valid_to is not None and now >= self.mandate.valid_to

    def holds(self, now: float) -> bool:
        """May anything be taken by it now?"""
        return self.state == "active" and self.mandate.valid_from <= now and not self.ended(now)

    def left(self, now: float) -> Iterator[tuple[PeriodicLimit, int]]:
        """Yield each limit, and what is left of it in the period that it is, minor units."""
        for limit, used in zip(self.mandate.limits, self._periods(now), strict=True):
            yield limit, used.allowed - used.spent

    def use(self, amount: int, now: float) -> None:
        """Count a payment."""
        self.used = self._periods(now)
        for used in self.used:
            used.spent += amount

    def give_back(self, amount: int, at: float) -> None:
        """Count a payment of ``at`` no more, where its period is not over."""
        for used in self.used:
            if used.begin <= at < used.end:
                used.spent -= amount

    def _periods(self, now: float) -> list[UsedOfLimit]:
        """Return what was used in the period that it is, of each limit; to look changes nothing."""
        known: Sequence[UsedOfLimit | None] = self.used or [None] * len(self.mandate.limits)
        return [
            used if used is not None and used.begin <= now < used.end else _fresh(self._window(limit, now))
            for limit, used in zip(self.mandate.limits, known, strict=True)
        ]

    def _window(self, limit: PeriodicLimit, now: float) -> Window:
        return window(limit, self.mandate.valid_from, self.mandate.zone, max(now, self.mandate.valid_from))


def _fresh(window: Window) -> UsedOfLimit:
    return UsedOfLimit(window.begin, window.end, window.amount)


class Givens:
    """All mandates."""

    def __init__(self) -> None:
        self._by_name: dict[str, Given] = {}
        self._of_device: dict[tuple[str, str], list[Given]] = {}
        """Customer and device → their mandates, in the order they were given."""

    def standing(self) -> list[Given]:
        """Return all, to be written down."""
        return list(self._by_name.values())

    def stand(self, given: Iterable[Given]) -> None:
        """Take up what was written down."""
        self._by_name, self._of_device = {}, {}
        for one in given:
            self._add(one)

    def give(self, mandate: Mandate, *, strong: bool) -> bool:
        """Take a mandate, unless it is known or makes no sense; tell whether it was taken."""
        if mandate.mandate in self._by_name or flaw(mandate) is not None:
            return False
        self._add(Given(mandate, strong))
        return True

    def change(self, mandate: str, to: MandateState) -> None:
        """Suspend it, have it go on, or revoke it; what is revoked stays so."""
        known = self._by_name.get(mandate)
        if known is not None and known.state != "revoked":
            known.state = to

    def forget(self, customer: str) -> None:
        """Know a customer's mandates no more."""
        for name in [name for name, one in self._by_name.items() if one.mandate.customer == customer]:
            one = self._by_name.pop(name)
            self._of_device.pop((customer, one.mandate.device), None)

    def use(self, mandate: str, amount: int, now: float) -> None:
        """Count a payment by a mandate."""
        known = self._by_name.get(mandate)
        if known is not None:
            known.use(amount, now)

    def give_back(self, mandate: str, amount: int, at: float) -> None:
        """Count a payment of ``at`` no more."""
        known = self._by_name.get(mandate)
        if known is not None:
            known.give_back(amount, at)

    def get(self, mandate: str) -> Given | None:
        """Return a mandate by its name."""
        return self._by_name.get(mandate)

    def of_device(self, customer: str, device: str) -> list[Given]:
        """Return what a customer lets a device pay."""
        return self._of_device.get((customer, device), [])

    def of_customer(self, customer: str) -> list[Given]:
        """Return all mandates of a customer, in the order they were given."""
        return [one for one in self._by_name.values() if one.mandate.customer == customer]

    def top_up_of(self, customer: str, currency: str, now: float) -> Given | None:
        """Return by which mandate the house tops up a customer's purse; of those that hold, the one given last."""
        mine = [
            one
            for one in self.of_device(customer, "")
            if one.mandate.category == "top_up" and one.mandate.currency == currency and one.holds(now)
        ]
        return mine[-1] if mine else None

    def _add(self, one: Given) -> None:
        self._by_name[one.mandate.mandate] = one
        self._of_device.setdefault((one.mandate.customer, one.mandate.device), []).append(one)
