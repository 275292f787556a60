"""How far the service is behind, as the world sees it from outside: answers that are awaited, events that do not show yet."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from statistics import median

from scenarios.service.http import Api

ASK_EVERY_S = 0.2
REMEMBERED_S = 0.5
"""So long what an event took is held against the machine."""


@dataclass(slots=True)
class Lag:
    """``ask`` as a conversation of the API's; ``note`` what events took; ``seconds`` tells. Seconds of the wall."""

    api: Api
    _asked_at: float | None = None
    """When the question was asked that has no answer yet."""
    _answered_s: float = 0.0
    """The last answer took so long, or told of a backlog so old."""
    _took: deque[tuple[float, float]] = field(default_factory=deque)
    """When an event showed, and how long after it was published."""

    async def ask(self) -> None:
        """Ask the service for ever how it does."""
        while True:
            self._asked_at = asked_at = time.monotonic()
            told = await self.api.get("/health")
            self._answered_s = max(time.monotonic() - asked_at, told["lag_s"])
            self._asked_at = None
            await asyncio.sleep(ASK_EVERY_S)

    def note(self, seconds: float) -> None:
        """An event showed in the ledger so long after it was published."""
        self._took.append((time.monotonic(), seconds))

    def seconds(self) -> float:
        """How far behind it is now."""
        now, asked_at = time.monotonic(), self._asked_at
        while self._took and self._took[0][0] < now - REMEMBERED_S:
            self._took.popleft()
        took = median(seconds for _, seconds in self._took) if self._took else 0.0  # one device may have been cut off
        return max(self._answered_s, took, 0.0 if asked_at is None else now - asked_at)
