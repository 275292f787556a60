"""What customers hold with the house and its partners: accounts with their rates, cards, cover, warranties, by customer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dispatch.core.offers.products import HeldProduct, ProductKind
from gateway.finding import Provenance


@dataclass(frozen=True, slots=True)
class ProductRecord:
    """One product that one customer holds."""

    customer: str
    product: str
    """As the house knows it; says nothing about the person."""
    kind: ProductKind
    provenance: Provenance
    name: str = ""
    """As the customer knows it."""
    provider: str = ""
    """Who runs it."""
    branch: str = ""
    """Where it was opened, or who looks after it."""
    rate: str = ""
    """Percent a year, as decimal text; empty: it bears none."""
    balance: int = 0
    """Minor units."""
    currency: str = ""
    device: str = ""
    """What it covers; empty: none, or all that they have."""
    since: float = 0.0
    """POSIX seconds; 0: not known."""
    until: float = 0.0
    """POSIX seconds; 0: with no end."""

    @property
    def key(self) -> str:
        """Under which it is stored."""
        return f"{self.customer}/{self.product}"

    def held(self) -> HeldProduct:
        """Return it as far as an offer hangs on it."""
        return HeldProduct(self.product, self.kind, self.rate, self.balance, self.currency, self.device, self.until)


class Products:
    """Every product, by customer. Held in memory; ``journal`` keeps them."""

    def __init__(self, products: Iterable[ProductRecord] = ()) -> None:
        self._of: dict[str, dict[str, ProductRecord]] = {}
        for one in products:
            self.add(one)

    def add(self, one: ProductRecord) -> None:
        """Note a product, or replace what was noted under its name."""
        self._of.setdefault(one.customer, {})[one.product] = one

    def end(self, customer: str, product: str) -> ProductRecord | None:
        """Know a product no more, and return what it was."""
        mine = self._of.get(customer, {})
        gone = mine.pop(product, None)
        if not mine:
            self._of.pop(customer, None)
        return gone

    def of(self, customer: str) -> list[ProductRecord]:
        """Return what a customer holds, in the order in which it was noted first."""
        return list(self._of.get(customer, {}).values())

    def forget(self, customer: str) -> None:
        """Know nothing of what a customer holds."""
        self._of.pop(customer, None)
