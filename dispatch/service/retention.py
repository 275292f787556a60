"""Looks once a day, by the service's clock, for what was kept for as long as it is to be, and has it erased."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field

from dispatch.core.events import DataExpired, Expiring
from dispatch.engine.clock import Clock
from dispatch.engine.driver import Driver
from dispatch.engine.inputs import Stopped
from dispatch.policy_model.retention import Retention
from dispatch.store.errors import JournalFailed
from dispatch.store.journal import Journal

log = logging.getLogger("callahead")

EVERY_S = 86_400.0
LOOK_S = 60.0
"""Of the wall, at most, between two looks at the clock: a story's clock is quicker."""


@dataclass(slots=True)
class Sweeper:
    """``run`` it as a task; ``stop`` ends it."""

    journal: Journal
    driver: Driver
    clock: Clock
    retention: Retention = field(default_factory=Retention)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Sweep now and every day until ``stop``."""
        due = self.clock.now()
        while not self._stopping.is_set():
            if self.clock.now() >= due:
                due = self.clock.now() + EVERY_S
                await self._swept()
            await self._rest(min(LOOK_S, self.clock.real_seconds_until(due)))

    def stop(self) -> None:
        """End."""
        self._stopping.set()

    async def sweep(self) -> list[Expiring]:
        """Have what is too old erased, and return of which classes that was. Raises ``JournalFailed`` and ``Stopped``."""
        now, gone = self.clock.now(), list[Expiring]()
        for what, kept_s in self.retention.kept_s().items():
            if await asyncio.to_thread(self.journal.erasures.is_due, what, now - kept_s):
                await self.driver.tell(DataExpired(what, now - kept_s))
                gone.append(what)
        return gone

    async def _swept(self) -> None:
        try:
            gone = await self.sweep()
        except (JournalFailed, Stopped) as error:
            log.warning("what is kept for long enough stays for another day: %s", error)
            return
        if gone:
            log.info("kept for long enough, and erased: %s", ", ".join(gone), extra={"classes": list(gone)})

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            pass
