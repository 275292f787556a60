"""What is known of one device now. Plain state; ``intake`` changes it, whoever owns a store keeps it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto

from gateway.finding import Place

WINDOW = 512
"""How far behind the newest sequence number an arrival can still be told from a repeat."""
BOOTS = 4
"""Of how many boots the arrivals are remembered."""


class Arrival(Enum):
    """What the number of an event says."""

    NEW = auto()
    REPEAT = auto()
    TOO_OLD = auto()
    """Behind the window: it may be new or a repeat. A finding is told apart by the ledger's unique key."""


@dataclass(slots=True)
class Arrivals:
    """Which events of one boot have arrived: the newest, and those missing behind it."""

    newest: int = -1
    missing: set[int] = field(default_factory=set)

    def take(self, seq: int) -> Arrival:
        """Note that ``seq`` arrived."""
        if seq > self.newest:
            self.missing.update(range(max(self.newest + 1, seq - WINDOW), seq))
            self.newest = seq
            if len(self.missing) > WINDOW:
                self.missing = {gap for gap in self.missing if gap >= seq - WINDOW}
            return Arrival.NEW
        if seq in self.missing:
            self.missing.discard(seq)
            return Arrival.NEW
        return Arrival.REPEAT if seq >= self.newest - WINDOW else Arrival.TOO_OLD


@dataclass(slots=True)
class Episode:
    """A fault that is being seen to."""

    key: str
    """The event that opened it."""
    part: str
    codes: tuple[str, ...] = ()


@dataclass(slots=True)
class Twin:
    """What is known of one device now. Readings go by their published names."""

    device: str
    boots: dict[int, Arrivals] = field(default_factory=dict)
    online: bool | None = None
    """``None``: it never said."""
    heard_at: float | None = None
    """When anything arrived last, POSIX seconds by our clock."""
    place: Place | None = None
    moving: bool = False
    read_at: float = 0.0
    """Of the newest readings, by the device's clock."""
    readings: dict[str, float | int | str | bool] = field(default_factory=dict)
    episodes: dict[str, Episode] = field(default_factory=dict)
    """By what is affected: ``fault``, ``door``, ``stock/{gtin}``, ``payment/{id}``."""
    failures: dict[str, int] = field(default_factory=dict)
    """Payment → attempts that were rejected so far."""

    def arrive(self, boot: int, seq: int) -> Arrival:
        """Note that an event arrived."""
        arrivals = self.boots.get(boot)
        if arrivals is None:
            if len(self.boots) >= BOOTS and boot < min(self.boots):
                return Arrival.TOO_OLD
            arrivals = self.boots[boot] = Arrivals()
            if len(self.boots) > BOOTS:
                del self.boots[min(self.boots)]
        return arrivals.take(seq)
