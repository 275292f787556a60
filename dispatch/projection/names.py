"""Customers by id, as the store has them: asked for once, and again after a while."""

from __future__ import annotations

from collections.abc import Iterable

from dispatch.registers.customers import Customer, Customers
from dispatch.store.records import Records

AGAIN_S = 60.0
"""A customer may have been registered, or another name, meanwhile."""


class CustomerNames:
    """``look`` before names are asked for."""

    def __init__(self, records: Records[Customer]) -> None:
        self._records = records
        self.customers = Customers()
        self._looked_at: dict[str, float] = {}

    def look(self, wanted: Iterable[str], now: float) -> None:
        """Ask the store for those that were not asked for lately; ``now``: seconds since any moment. Raises ``JournalFailed``."""
        new = [name for name in set(wanted) if now - self._looked_at.get(name, -AGAIN_S) >= AGAIN_S]
        if not new:
            return
        found = self._records.some(new)
        for name in set(new) - {one.customer for one in found}:
            self.customers.forget(name)
        for one in found:
            self.customers.add(one)
        self._looked_at.update(dict.fromkeys(new, now))

    def forget(self) -> None:
        """Know nobody by heart: somebody was erased."""
        self.customers = Customers()
        self._looked_at.clear()

    def of(self, customer: str) -> str:
        """Return a customer's name; the id where it is not known."""
        found = self.customers.get(customer)
        return found.name if found is not None else customer
