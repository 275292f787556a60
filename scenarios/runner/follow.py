"""Follows the ledger as it grows, over the API: what is told of a live run, and how long a call took to be queued."""

from __future__ import annotations

import queue
import time
from dataclasses import dataclass, field

import numpy as np
from pydantic import TypeAdapter

from dispatch.core.actions import QueueCall
from dispatch.core.events import FaultFound
from dispatch.core.ids import EventKind, event_of, heard_of
from dispatch.ledger.rows import Row, read
from scenarios.service.http import WAIT_S, Api

_ROWS = TypeAdapter(list[Row])
PAGE = 1_000


@dataclass(slots=True)
class Follower:
    """Every row as soon as the API shows it, with the wall's time at which it did."""

    api: Api
    seen: queue.SimpleQueue[tuple[float, Row]] = field(default_factory=queue.SimpleQueue)
    after: int = 0

    async def follow(self) -> None:
        """Follow for ever."""
        while True:
            page = await self.api.get("/ledger", after=self.after, limit=PAGE, wait_s=WAIT_S)
            now = time.time()
            self.after = page["next"]
            for row in _ROWS.validate_python(page["rows"]):
                self.seen.put((now, row))

    def news(self) -> list[tuple[float, Row]]:
        """Return what came since the last question."""
        found: list[tuple[float, Row]] = []
        while not self.seen.empty():
            found.append(self.seen.get())
        return found


@dataclass(slots=True)
class Latency:
    """From the moment an event is published to the moment the API shows that a call is queued for it. Seconds of the wall."""

    published: dict[str, float]
    """Event → when."""
    measured: list[float] = field(default_factory=list)
    _findings: dict[int, str] = field(default_factory=dict)
    """Row → the event that led to the finding."""

    def feed(self, seen_at: float, row: Row) -> None:
        """Take the next row."""
        if row.type == "FaultFound":
            event = read(row)
            assert isinstance(event, FaultFound)  # noqa: S101 - its type says so
            self._findings[row.seq] = event.finding.key
        elif row.type == "QueueCall" and row.cause in self._findings:
            action = read(row)
            assert isinstance(action, QueueCall)  # noqa: S101 - its type says so
            published = self.published.get(self._event(self._findings[row.cause]))
            if action.direction == "outbound" and published is not None:
                self.measured.append(seen_at - published)

    def took(self, seen_at: float, row: Row) -> float | None:
        """Return how long what a row tells of took to show; ``None`` where no device published it."""
        if row.type == "TruckReported":
            published = self.published.get(heard_of(EventKind.TRUCK, row.key or ""))
        elif row.type == "FaultFound":
            published = self.published.get(self._event(self._findings[row.seq]))
        else:
            return None
        return None if published is None else seen_at - published

    def figures(self) -> dict[str, float | None]:
        """Return median and 99th percentile, in milliseconds; ``None`` where nothing was queued."""
        return {f"publish_to_queued_p{percent}_ms": self._percentile(percent) for percent in (50, 99)}

    def _percentile(self, percent: int) -> float | None:
        return round(float(np.percentile(self.measured, percent)) * 1000, 1) if self.measured else None

    def _event(self, finding: str) -> str:
        """A finding is named after its event; one of several in an event has something behind that."""
        return event_of(finding)
