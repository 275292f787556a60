"""One customer's problem or everybody's: how many customers fail at one processor, or one bank, within a short while.

Only those count who fail alike: for the same reason, or for one that speaks of systems and not of a customer. That others
lack money says nothing of who cannot be reached, and that others cannot be reached says nothing of a wrong account number.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

WINDOW_S = 600.0
"""How long an attempt counts."""
USUALLY_FAIL = 0.1
"""Share of customers whose payment fails on an ordinary day: 4.6% of first attempts (shared figures), and those who try again."""
SHARE_NEEDS = 3
"""So many others must have tried before the share that fails says anything."""
Counts = dict[str, int]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt, as far as an outage is concerned."""

    at: float
    device: str
    kind: str | None
    """How it failed; ``None``: it went through."""
    bank: str | None


@dataclass(slots=True)
class _Window:
    """The attempts of the last minutes at one place, and how many of them each customer made."""

    attempts: deque[Attempt] = field(default_factory=deque)
    tried: Counts = field(default_factory=dict)
    failed: dict[str, Counts] = field(default_factory=dict)
    """How → customer → failed attempts."""
    banks: dict[str, Counts] = field(default_factory=dict)
    """How → bank → failed attempts of its customers."""

    def add(self, attempt: Attempt) -> None:
        self.attempts.append(attempt)
        self._count(attempt, 1)

    def forget(self, before: float) -> None:
        while self.attempts and self.attempts[0].at < before:
            self._count(self.attempts.popleft(), -1)

    def _count(self, attempt: Attempt, by: int) -> None:
        _change(self.tried, attempt.device, by)
        if attempt.kind is not None:
            _change(self.failed.setdefault(attempt.kind, {}), attempt.device, by)
            if attempt.bank is not None:
                _change(self.banks.setdefault(attempt.kind, {}), attempt.bank, by)


def _change(counts: Counts, name: str, by: int) -> None:
    counts[name] = counts.get(name, 0) + by
    if not counts[name]:
        del counts[name]


@dataclass(frozen=True, slots=True)
class Others:
    """The other customers at one place in the last minutes."""

    failing: int
    """How many fail alike, beyond those who fail there on an ordinary day."""
    share: float | None
    """Share of those who tried that fails alike; ``None``: too few tried."""
    banks: int
    """Of how many banks those who fail alike are customers, this one among them, as far as their banks are known."""


class Outages:
    """Watches places where payments pass."""

    def __init__(self) -> None:
        self._windows: dict[str, _Window] = {}

    def tried(self, place: str, device: str, now: float, kind: str | None, bank: str | None = None) -> None:
        """Note that ``device`` tried to pay through ``place``, how that failed, and whose customer it is."""
        window = self._windows.setdefault(place, _Window())
        window.forget(now - WINDOW_S)
        window.add(Attempt(now, device, kind, bank))

    def others(self, place: str, device: str, now: float, kind: str) -> Others:
        """Return who else fails there like this."""
        window = self._windows.get(place)
        if window is None:
            return Others(0, None, 0)
        window.forget(now - WINDOW_S)
        alike = window.failed.get(kind, {})
        failing = len(alike) - (device in alike)
        tried = len(window.tried) - (device in window.tried)
        share = failing / tried if tried >= SHARE_NEEDS else None
        return Others(max(0, round(failing - USUALLY_FAIL * tried)), share, len(window.banks.get(kind, {})))
