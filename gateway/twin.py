"""What is known of one device now. Plain state; ``intake`` changes it, whoever owns a store keeps it."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.finding import Place

WINDOW = 512
"""How far behind the newest sequence number an event may arrive and still be told from a repeat."""


@dataclass(slots=True)
class Arrivals:
    """Which events of one boot have arrived: the newest, and those missing behind it."""

    newest: int = -1
    missing: set[int] = field(default_factory=set)

    def take(self, seq: int) -> bool:
        """Note that ``seq`` arrived; ``False`` where it has been here before (or lies behind the window)."""
        if seq > self.newest:
            self.missing.update(range(max(self.newest + 1, seq - WINDOW), seq))
            self.newest = seq
            self.missing = {gap for gap in self.missing if gap > seq - WINDOW} if len(self.missing) > WINDOW else self.missing
            return True
        if seq in self.missing:
            self.missing.discard(seq)
            return True
        return False


@dataclass(slots=True)
class Episode:
    """A fault that is being seen to."""

    key: str
    """The event that opened it."""
    part: str
    probability: float
    codes: tuple[str, ...] = ()


@dataclass(slots=True)
class Twin:
    """What is known of one device now. Signals and attributes by their published names, each with its time."""

    device: str
    boots: dict[int, Arrivals] = field(default_factory=dict)
    """The newest boots only."""
    online: bool | None = None
    """``None``: it never said."""
    heard_at: float | None = None
    """When anything arrived last, POSIX seconds by our clock."""
    place: Place | None = None
    readings: dict[str, tuple[float, float | int | str | bool]] = field(default_factory=dict)
    """Name → (device time, value)."""
    episode: Episode | None = None
    failures: dict[str, int] = field(default_factory=dict)
    """Payment → attempts that were rejected."""
