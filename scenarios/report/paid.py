"""What devices paid, by their kind and week, as the report shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from scenarios.score.payment_facts import PaymentFacts
from scenarios.story.registry import device_kind

OTHERS = "others"
"""Devices that are none of the world's, and the house itself."""


@dataclass(frozen=True, slots=True)
class Paid:
    """Sums in minor units."""

    payments: Counter[str] = field(default_factory=Counter)
    """Kind of device → settled payments."""
    sums: Counter[tuple[str, int]] = field(default_factory=Counter)
    """Kind and week, from 0 → what was paid."""
    refused: Counter[str] = field(default_factory=Counter)
    """ISO 20022 reason → payments."""

    @classmethod
    def of(cls, facts: PaymentFacts) -> Paid:
        """Sum up by kind."""
        payments, sums = Counter[str](), Counter[tuple[str, int]]()
        for device, count in facts.count.items():
            payments[device_kind(device) or OTHERS] += count
        for (device, week), amount in facts.paid.items():
            sums[device_kind(device) or OTHERS, week] += amount
        return cls(payments, sums, Counter(facts.refused))

    @property
    def weeks(self) -> range:
        """From the first payment on."""
        return range(1 + max((week for _, week in self.sums), default=-1))

    def kinds(self) -> Iterator[tuple[str, int, list[int]]]:
        """Yield each kind, its payments, and what it paid each week."""
        for kind in sorted(self.payments):
            yield kind, self.payments[kind], [self.sums[kind, week] for week in self.weeks]
