"""The world's bank: carries out each order once, by its end-to-end identification, and keeps its own books of that.

Whether it is asked at the door or over the network, the same order meets the same fate: its dice are its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Literal

import numpy as np

from scenarios.story.bank import Bank
from scenarios.story.streams import Streams

SOON_S = 1.0
"""So long after the first a second answer comes."""
LATER_S = 30.0
"""So long after it a contradiction does."""


@dataclass(frozen=True, slots=True)
class BankAsk:
    """An order as the bank has it."""

    name: str
    """End-to-end identification."""
    method: Literal["TRF", "DD"]
    amount: int
    """Minor units."""
    currency: str


@dataclass(frozen=True, slots=True)
class BankSays:
    """What it says of an order, and how long after it was asked, seconds."""

    after_s: float
    ask: BankAsk
    status: Literal["ACSC", "RJCT"]
    reason: str = ""
    reference: str = ""
    """Its own, of what it booked."""

    @property
    def arrived(self) -> bool:
        """Is it money that it collected?"""
        return self.ask.method == "DD" and self.status == "ACSC"


@dataclass(slots=True)
class WorldBank:
    """``asked`` of an order at some hour (POSIX seconds), it tells what it will say."""

    habits: Bank
    streams: Streams
    start_s: float
    """Of the story."""
    executed: dict[str, BankAsk] = field(default_factory=dict)
    """What it has really carried out: the truth."""
    rejected: dict[str, str] = field(default_factory=dict)
    """Order → ISO reason."""
    asked_again: int = 0
    """How often it was asked for what it had decided about."""
    contradicted: set[str] = field(default_factory=set)
    """Orders that it carried out and says afterwards that it did not."""
    otherwise: list[str] = field(default_factory=list)
    """Orders that came a second time with another content: it took the first."""

    def books(self) -> dict[str, int]:
        """Return what it has really done: order → minor units."""
        return {name: ask.amount for name, ask in self.executed.items()}

    def is_down(self, now: float) -> bool:
        """Is it away?"""
        at = now - self.start_s
        return any(one.at <= at < one.at + one.lasts for one in self.habits.down)

    def asked(self, ask: BankAsk, now: float) -> list[BankSays]:
        """Take an order; return what it will say. Of one that it has, it says again what it decided."""
        if self.is_down(now):
            return []
        if ask.name in self.rejected or ask.name in self.executed:
            return self._again(ask)
        dice = self.streams.keyed("bank", ask.name)
        after_s = (self.habits.answers_after if ask.method == "TRF" else self.habits.collects_after).one(dice)
        reason = self._reason(float(dice.random()))
        if reason:
            self.rejected[ask.name] = reason
            return list(self._said(BankSays(after_s, ask, "RJCT", reason), dice))
        self.executed[ask.name] = ask
        if float(dice.random()) < self.habits.never:
            return []
        done = BankSays(after_s, ask, "ACSC", reference=self._reference(ask))
        return [*self._said(done, dice), *self._contradicted(done, dice)]

    def _again(self, ask: BankAsk) -> list[BankSays]:
        self.asked_again += 1
        first = self.executed.get(ask.name, ask)
        if first != ask:
            self.otherwise.append(ask.name)
        if ask.name in self.rejected:
            return [BankSays(SOON_S, ask, "RJCT", self.rejected[ask.name])]
        return [BankSays(SOON_S, first, "ACSC", reference=self._reference(first))]

    def _said(self, said: BankSays, dice: np.random.Generator) -> Iterator[BankSays]:
        yield said
        if float(dice.random()) < self.habits.twice:
            yield BankSays(said.after_s + SOON_S, said.ask, said.status, said.reason, said.reference)

    def _contradicted(self, said: BankSays, dice: np.random.Generator) -> Iterator[BankSays]:
        if float(dice.random()) < self.habits.contradicts:
            self.contradicted.add(said.ask.name)
            yield BankSays(said.after_s + LATER_S, said.ask, "RJCT", "MS03")

    def _reason(self, drawn: float) -> str:
        below = 0.0
        for reason, share in self.habits.rejects.items():
            below += share
            if drawn < below:
                return reason
        return ""

    @staticmethod
    def _reference(ask: BankAsk) -> str:
        return f"W{blake2b(ask.name.encode(), digest_size=10).hexdigest()}"
