"""When a payment needs no strong authentication: low values, as Article 16 of the RTS (EU) 2018/389 has it. Pure.

Up to 30 € a payment, while what was paid so since the last authentication is at most 100 € together, or at most five payments:
one of the two, chosen once by the house. The payment at hand counts along, which is stricter than the text, that speaks of the
previous ones. Another currency is exempt only where the house has stated its sums.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dispatch.core.purse.rules import Exemption, LowValue


@dataclass(slots=True)
class Since:
    """What a customer paid without strong authentication, since they last authenticated, in one currency."""

    customer: str
    currency: str
    amount: int = 0
    """Minor units."""
    count: int = 0


class Exemptions:
    """All customers'."""

    def __init__(self, rule: Exemption) -> None:
        self._rule = rule
        self._low: dict[str, LowValue] = {one.currency: one for one in rule.low_values}
        self._since: dict[str, dict[str, Since]] = {}

    def standing(self) -> list[Since]:
        """Return all, to be written down."""
        return [one for mine in self._since.values() for one in mine.values()]

    def stand(self, since: Iterable[Since]) -> None:
        """Take up what was written down."""
        self._since = {}
        for one in since:
            self._since.setdefault(one.customer, {})[one.currency] = one

    def exempts(self, customer: str, amount: int, currency: str) -> bool:
        """May a payment go without strong authentication?"""
        sums = self._low.get(currency)
        if sums is None or amount > sums.single:
            return False
        before = self._since.get(customer, {}).get(currency)
        if self._rule.counting == "sum":
            return (before.amount if before else 0) + amount <= sums.together
        return (before.count if before else 0) + 1 <= self._rule.count

    def note(self, customer: str, amount: int, currency: str) -> None:
        """A payment went without."""
        mine = self._since.setdefault(customer, {}).setdefault(currency, Since(customer, currency))
        mine.amount += amount
        mine.count += 1

    def authenticated(self, customer: str) -> None:
        """The customer has authenticated strongly: it begins anew."""
        self._since.pop(customer, None)
