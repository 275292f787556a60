"""The service feels its own pulse: once a second whether the loop turns, now and then what store and links have to say.

``/metrics``, the health paths and the console read what is noted here, so that nobody who looks often asks the store often.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping

from dispatch.engine.driver import Driver
from dispatch.observe.disk_probe import DiskProbe
from dispatch.store.errors import JournalFailed
from dispatch.store.journal import Journal
from dispatch.store.outbox_rows import OutboxLength
from gateway.links.handover.status import LinkState, LinkStatus

TICK_S = 1.0
LOOK_EVERY = 5
"""Ticks between two looks at the store."""
LATE_OVER = 60
"""Ticks over which the longest standstill is remembered."""


class Heartbeat:
    """``run`` it as a task; ``stop`` ends it. ``links``: name → how that link stands, ``None`` where there is none."""

    def __init__(self, journal: Journal, driver: Driver, links: Mapping[str, Callable[[], LinkStatus | None]]) -> None:
        self.outbox = OutboxLength()
        self.store_trouble: str | None = None
        """Why the store did not take a line when it was last asked to."""
        self.disk: DiskProbe | None = None
        """Where our own broker's disk is looked at; ``None``: the broker is another's."""
        self.disk_trouble: str | None = None
        """Why there was no room when it was last looked at."""
        self._journal = journal
        self._driver = driver
        self._links = links
        self._up_since: dict[str, float] = {}
        self._ticked = time.monotonic()
        self._late = deque([0.0], LATE_OVER)
        self._stopping = asyncio.Event()

    @property
    def age_s(self) -> float:
        """Seconds since the last tick; much more than one: the loop stands still."""
        return time.monotonic() - self._ticked

    @property
    def late_s(self) -> float:
        """The longest standstill of the loop within the last minute, in seconds."""
        return max(self._late)

    @property
    def trouble(self) -> str | None:
        """Why the store takes nothing, as far as that is known."""
        return self._driver.committer.trouble or self.store_trouble

    async def run(self) -> None:
        """Tick until ``stop``."""
        ticks = 0
        while not self._stopping.is_set():
            self._tick()
            if ticks % LOOK_EVERY == 0:
                await self.look()
            ticks += 1
            await self._rest()

    def stop(self) -> None:
        """End at the next tick."""
        self._stopping.set()

    async def look(self) -> None:
        """Ask the disk for room, and the store whether it takes a line and how the outbox stands."""
        if self.disk is not None:
            self.disk_trouble = await asyncio.to_thread(self.disk.trouble)
        try:
            self.outbox = await asyncio.to_thread(self._ask)
            self.store_trouble = None
        except JournalFailed as error:
            self.store_trouble = str(error)

    def _ask(self) -> OutboxLength:
        self._journal.meta.probe()
        return self._journal.outbox.length()

    def _tick(self) -> None:
        self._ticked = time.monotonic()
        for name, ask in self._links.items():
            status = ask()
            if status and status.state is LinkState.READY and self._up_since.get(name) != status.since:
                self._up_since[name] = status.since
                self._driver.tallies.connects[name] += 1

    async def _rest(self) -> None:
        began = time.monotonic()
        try:
            async with asyncio.timeout(TICK_S):
                await self._stopping.wait()
        except TimeoutError:
            self._late.append(max(0.0, time.monotonic() - began - TICK_S))
