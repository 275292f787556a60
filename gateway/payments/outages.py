"""One customer's problem or everybody's: how many customers fail at one processor, or one bank, within a short while.

Only those count who fail alike: for the same reason, or for one that speaks of systems and not of a customer. That others
lack money says nothing of who cannot be reached, and that others cannot be reached says nothing of a wrong account number.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import islice

WINDOW_S = 600.0
"""How long an attempt counts."""
USUALLY_FAIL = 0.1
"""Share of customers whose payment fails on an ordinary day: 4.6% of first attempts (shared figures), and those who try again."""
SHARE_NEEDS = 3
"""So many others must have tried since the first of them failed before the share that fails says anything."""
OF_ALL_NEED = 1 / 30
"""Share of all who tried in the window that must be among them: where many try, chance has many tries."""
LOOKS_BACK = 64
"""Customers, those who tried last, who are looked through for the first of them that failed."""
BANKS_NEED = 2
"""Of so many of those who fail alike the bank must be known before it says anything that it is one, or several."""
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
    latest: dict[str, str | None] = field(default_factory=dict)
    """Customer → how the last attempt went, as ``Attempt.kind``; who tried last stands last."""
    failed: dict[str, Counts] = field(default_factory=dict)
    """How → customer → failed attempts."""
    banks: dict[str, dict[str, Counts]] = field(default_factory=dict)
    """How → bank → customer of it → failed attempts."""

    def add(self, attempt: Attempt) -> None:
        self.attempts.append(attempt)
        self._count(attempt, 1)
        self.latest.pop(attempt.device, None)
        self.latest[attempt.device] = attempt.kind

    def forget(self, before: float) -> None:
        while self.attempts and self.attempts[0].at < before:
            gone = self.attempts.popleft()
            self._count(gone, -1)
            if gone.device not in self.tried:
                del self.latest[gone.device]

    def _count(self, attempt: Attempt, by: int) -> None:
        _change(self.tried, attempt.device, by)
        if attempt.kind is not None:
            _change(self.failed.setdefault(attempt.kind, {}), attempt.device, by)
            if attempt.bank is not None:
                customers = self.banks.setdefault(attempt.kind, {})
                _change(customers.setdefault(attempt.bank, {}), attempt.device, by)
                if not customers[attempt.bank]:
                    del customers[attempt.bank]

    def share(self, device: str, kind: str) -> float | None:
        """Return the share that fails alike among the others who tried since the first of them failed.

        What went well before an outage says nothing against it.
        """
        last = islice(reversed(self.latest.items()), LOOKS_BACK + 1)
        kinds = [how for one, how in last if one != device]  # newest first
        if kind in kinds:
            kinds = kinds[: len(kinds) - kinds[::-1].index(kind)]
        needed = min(LOOKS_BACK / 2, max(SHARE_NEEDS, OF_ALL_NEED * len(self.tried)))
        return kinds.count(kind) / len(kinds) if len(kinds) >= needed else None

    def of_banks(self, kind: str) -> int | None:
        """Return of how many banks those who fail alike are customers; ``None``: it is known of too few."""
        customers = self.banks.get(kind, {})
        return len(customers) if sum(map(len, customers.values())) >= BANKS_NEED else None


def _change(counts: Counts, name: str, by: int) -> None:
    counts[name] = counts.get(name, 0) + by
    if not counts[name]:
        del counts[name]


class Outages:
    """Watches places where payments pass. ``now``: POSIX seconds."""

    def __init__(self) -> None:
        self._windows: dict[str, _Window] = {}
        """Place → its last minutes; where nobody has tried for longest stands first."""

    def tried(self, place: str, device: str, now: float, kind: str | None, bank: str | None = None) -> None:
        """Note that ``device`` tried to pay through ``place``, how that failed, and whose customer it is."""
        self._forget(now)
        window = self._windows[place] = self._windows.pop(place) if place in self._windows else _Window()
        window.forget(now - WINDOW_S)
        window.add(Attempt(now, device, kind, bank))

    def failing(self, place: str, device: str, now: float, kind: str) -> int:
        """Return how many others fail alike there, beyond those who fail there on an ordinary day."""
        window = self._windows.get(place)
        if window is None:
            return 0
        window.forget(now - WINDOW_S)
        alike = window.failed.get(kind, {})
        failing = len(alike) - (device in alike)
        tried = len(window.tried) - (device in window.tried)
        return max(0, round(failing - USUALLY_FAIL * tried))

    def share(self, place: str, device: str, kind: str) -> float | None:
        """Return the share that fails alike among the others who tried since the first of them failed; see ``failing``."""
        window = self._windows.get(place)
        return window.share(device, kind) if window else None

    def banks(self, place: str, kind: str) -> int | None:
        """Return of how many banks those who fail alike are customers; ``None``: it is known of too few; see ``failing``."""
        window = self._windows.get(place)
        return window.of_banks(kind) if window else None

    def _forget(self, now: float) -> None:
        """Forget places where nobody has tried within the window."""
        while self._windows:
            place, window = next(iter(self._windows.items()))
            window.forget(now - WINDOW_S)
            if window.attempts:
                return
            del self._windows[place]
