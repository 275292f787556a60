"""Who turned to us and was not spoken to: since when, and how often. Who hangs up and rings again waits on, not anew. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

BEGINS_ANEW_S = 3_600.0
"""Who has not turned to us for so long begins anew [fit]."""
IN_NEED = 2
"""Who rang so often and was not spoken to is in need, whatever it is about [fit]."""


@dataclass(slots=True)
class Waits:
    """One customer. Times in POSIX seconds."""

    customer: str
    since: float
    """When they turned to us first."""
    last: float
    """And last."""
    times: int = 1


class Unheard:
    """Everybody who turned to us, by customer, until they are spoken to, or rung."""

    def __init__(self) -> None:
        self._of: dict[str, Waits] = {}

    def turned_to_us(self, customer: str, now: float) -> None:
        """Note that a customer rings."""
        self._of = {name: one for name, one in self._of.items() if now - one.last <= BEGINS_ANEW_S}
        before = self._of.get(customer)
        if before is None:
            self._of[customer] = Waits(customer, now, now)
        else:
            before.last, before.times = now, before.times + 1

    def reached(self, customer: str) -> None:
        """Note that a customer was spoken to, or rung: from then on they wait for nothing."""
        self._of.pop(customer, None)

    def since(self, customer: str, queued: float) -> float:
        """Return since when somebody waits whose call was ``queued`` then, POSIX seconds."""
        found = self._of.get(customer)
        return queued if found is None or queued - found.last > BEGINS_ANEW_S else min(found.since, queued)

    def has_rung(self, customer: str) -> bool:
        """Tell whether a customer rang who was not spoken to."""
        return customer in self._of

    def in_need(self, customer: str) -> bool:
        """Tell whether a customer rang again who was not spoken to."""
        found = self._of.get(customer)
        return found is not None and found.times >= IN_NEED

    def standing(self) -> list[Waits]:
        """Return everybody, to be written down."""
        return list(self._of.values())

    def stand(self, waits: Iterable[Waits]) -> None:
        """Take up what was written down."""
        self._of = {one.customer: one for one in waits}
