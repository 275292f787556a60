"""What is to be done when, in one round: earliest first."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass, field

Deed = Callable[[], None]


@dataclass(slots=True)
class Agenda:
    """Deeds by their second from the round's beginning. On one thread."""

    _deeds: list[tuple[float, int, Deed]] = field(default_factory=list)
    _count: int = 0
    _began: float = field(default_factory=time.monotonic)

    def now(self) -> float:
        """Seconds since the round began."""
        return time.monotonic() - self._began

    def at(self, seconds: float, deed: Deed) -> None:
        """Do it then."""
        self._count += 1
        heapq.heappush(self._deeds, (seconds, self._count, deed))

    def soon(self, seconds: float, deed: Deed) -> None:
        """Do it after so many seconds."""
        self.at(self.now() + seconds, deed)

    def until_next(self) -> float | None:
        """Seconds until something is to be done; ``None``: nothing is left."""
        return max(0.0, self._deeds[0][0] - self.now()) if self._deeds else None

    def do_what_is_due(self) -> None:
        """Do it."""
        while self._deeds and self._deeds[0][0] <= self.now():
            heapq.heappop(self._deeds)[2]()
