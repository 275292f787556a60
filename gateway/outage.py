"""One customer's problem or everybody's: how many customers fail at one processor, or one bank, within a short while."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

WINDOW_S = 600.0
"""How long an attempt counts."""
USUALLY_FAIL = 0.1
"""Share of customers whose payment fails on an ordinary day: 4.6% of first attempts (shared figures), and those who try again."""


@dataclass(slots=True)
class _Window:
    """The attempts of the last minutes at one place, and how many of them each customer made."""

    attempts: deque[tuple[float, str, str | None, bool]] = field(default_factory=deque)
    tried: dict[str, int] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)
    banks: dict[str, int] = field(default_factory=dict)
    """Bank → failed attempts of its customers."""

    def add(self, at: float, device: str, bank: str | None, *, failed: bool) -> None:
        self.attempts.append((at, device, bank, failed))
        _more(self.tried, device)
        if failed:
            _more(self.failed, device)
            if bank is not None:
                _more(self.banks, bank)

    def forget(self, before: float) -> None:
        while self.attempts and self.attempts[0][0] < before:
            _, device, bank, failed = self.attempts.popleft()
            _less(self.tried, device)
            if failed:
                _less(self.failed, device)
                if bank is not None:
                    _less(self.banks, bank)


def _more(counts: dict[str, int], name: str) -> None:
    counts[name] = counts.get(name, 0) + 1


def _less(counts: dict[str, int], device: str) -> None:
    counts[device] -= 1
    if not counts[device]:
        del counts[device]


class Outages:
    """Watches places where payments pass."""

    def __init__(self) -> None:
        self._windows: dict[str, _Window] = {}

    def tried(self, place: str, device: str, now: float, *, failed: bool, bank: str | None = None) -> None:
        """Note that ``device`` tried to pay through ``place``, whether that failed, and whose customer it is."""
        window = self._windows.setdefault(place, _Window())
        window.forget(now - WINDOW_S)
        window.add(now, device, bank, failed=failed)

    def others(self, place: str, device: str, now: float) -> int:
        """Return how many other customers fail there now, beyond those who fail there on an ordinary day."""
        window = self._windows.get(place)
        if window is None:
            return 0
        window.forget(now - WINDOW_S)
        failing = len(window.failed) - (device in window.failed)
        expected = USUALLY_FAIL * (len(window.tried) - (device in window.tried))
        return max(0, round(failing - expected))

    def banks(self, place: str) -> int:
        """Return of how many banks customers fail there now; of those whose bank is known."""
        window = self._windows.get(place)
        return 0 if window is None else len(window.banks)
