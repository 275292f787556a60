"""The worker beside the service: plans that are better are made in a process of its own, and come back as inputs.

It decides nothing. Where it breaks, the desk goes on by the plans it makes itself.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

from dispatch.core.actions import Replanned
from dispatch.core.plan.model import Level
from dispatch.engine.clock import Clock
from dispatch.engine.driver import Driver
from dispatch.engine.inputs import Stopped
from dispatch.ledger.pipeline import ControlRoom
from dispatch.ledger.rows import Row, read
from dispatch.planner.proposing import proposal

log = logging.getLogger(__name__)


class Proposer:
    """Has a plan proposed whenever the plan has become another; of several that come meanwhile, for the last."""

    def __init__(self, driver: Driver, room: ControlRoom, clock: Clock) -> None:
        self.proposed = 0
        """Plans that were told to the desk since the start."""
        self._driver, self._desk = driver, room.desk
        self._clock = clock
        self._wanted, self._stopping = asyncio.Event(), False
        if room.desk.policy.plan is Level.PARTITION:
            driver.announcer.feed(self._feed)

    def _feed(self, row: Row) -> None:
        if row.type != Replanned.__name__:
            return
        action = read(row)
        if isinstance(action, Replanned) and action.trigger != "proposal":
            self._wanted.set()

    async def run(self) -> None:
        """Propose until ``stop``."""
        with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
            while await self._next() and await self._propose(pool):
                pass

    async def _next(self) -> bool:
        """Wait until a plan is wanted; ``False``: none is any more."""
        await self._wanted.wait()
        self._wanted.clear()
        return not self._stopping

    def stop(self) -> None:
        """Propose no more; what is being made is not told."""
        self._stopping = True
        self._wanted.set()

    async def _propose(self, pool: ProcessPoolExecutor) -> bool:
        """Have one plan made and tell it; ``False``: no more can be."""
        asked = self._desk.to_propose(self._clock.now())
        try:
            found = await asyncio.get_running_loop().run_in_executor(pool, proposal, asked)
            if found is not None and not self._stopping:
                await self._driver.tell(found)
                self.proposed += 1
        except Stopped:
            return False
        except BrokenProcessPool:
            log.exception("the process that proposes plans is gone: the desk goes on by its own until the next start")
            return False
        return True
