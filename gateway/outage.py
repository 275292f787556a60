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

    attempts: deque[tuple[float, str, bool]] = field(default_factory=deque)
    tried: dict[str, int] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)

    def add(self, at: float, device: str, *, failed: bool) -> None:
        self.attempts.append((at, device, failed))
        self.tried[device] = self.tried.get(device, 0) + 1
        if failed:
            self.failed[device] = self.failed.get(device, 0) + 1

    def forget(self, before: float) -> None:
        while self.attempts and self.attempts[0][0] < before:
            _, device, failed = self.attempts.popleft()
            _less(self.tried, device)
            if failed:
                _less(self.failed, device)


def _less(counts: dict[str, int], device: str) -> None:
    counts[device] -= 1
    if not counts[device]:
        del counts[device]


class Outages:
    """Watches places where payments pass."""

    def __init__(self) -> None:
        self._windows: dict[str, _Window] = {}

    def tried(self, place: str, device: str, now: float, *, failed: bool) -> None:
        """Note that ``device`` tried to pay through ``place``, and whether that failed."""
        window = self._windows.setdefault(place, _Window())
        window.forget(now - WINDOW_S)
        window.add(now, device, failed=failed)

    def others(self, place: str, device: str, now: float) -> int:
        """Return how many other customers fail there now, beyond those who fail there on an ordinary day."""
        window = self._windows.get(place)
        if window is None:
            return 0
        window.forget(now - WINDOW_S)
        failing = len(window.failed) - (device in window.failed)
        expected = USUALLY_FAIL * (len(window.tried) - (device in window.tried))
        return max(0, round(failing - expected))
