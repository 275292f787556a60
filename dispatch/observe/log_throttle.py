"""Keeps a device that floods us from flooding the log: the same thing about the same one is told once in a while.

Nothing is lost by it: refusals are kept and counted in the store.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

AGAIN_AFTER_S = 10.0
MOST = 10_000
"""So many things are told apart; beyond, all are forgotten and told anew."""


@dataclass(slots=True)
class _Told:
    at: float
    since: int = 0


class LogThrottle(logging.Filter):
    """Lets a record that carries ``flood`` pass once in a while for each value of it, with how many it held back before."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now = now
        self._told: dict[str, _Told] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Decide about one record."""
        flood: str | None = getattr(record, "flood", None)
        return flood is None or self._passes(flood, record)

    def _passes(self, flood: str, record: logging.LogRecord) -> bool:
        told, now = self._told.get(flood), self._now()
        if told is not None and now - told.at < AGAIN_AFTER_S:
            told.since += 1
            return False
        if told is not None and told.since:
            record.suppressed = told.since
        if len(self._told) >= MOST:
            self._told.clear()
        self._told[flood] = _Told(now)
        return True
