"""Writes what is decided, batch after batch in order, until the store takes it. Nothing is acknowledged before.

Its batches are the ones that may have to be numbered anew: where a key stands in the store already, that row is dropped
from them and the rest goes on.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque

from dispatch.engine.decided import Decided
from dispatch.engine.fault_tracing import FaultTracing
from dispatch.engine.snapshot_taker import SnapshotTaker
from dispatch.ledger.duplicate_rows import drop_second_keys
from dispatch.ledger.pipeline import ControlRoom
from dispatch.ledger.rows import Pen
from dispatch.store.batch import Batch, rewritten
from dispatch.store.errors import JournalFailed, KeyTaken
from dispatch.store.journal import Journal
from dispatch.views.counters import Tallies
from gateway.retry.backoff import Backoff

log = logging.getLogger(__name__)

LATE_S = 1.0
"""A store that takes so long for a batch is told of."""
RETRY = Backoff(0.1, 5.0)


class Committer:
    """One batch is on its way into the store, and one at most is decided behind it."""

    def __init__(
        self,
        room: ControlRoom,
        journal: Journal,
        tallies: Tallies,
        snapshots: SnapshotTaker,
        stopping: asyncio.Event,
    ) -> None:
        """Where ``stopping`` is set, a store that takes nothing is not waited for."""
        self.trouble: str | None = None
        """Why the store does not take anything just now."""
        self.second_keys = 0
        """Rows that were dropped because their key stood in the store already: mistakes of ours."""
        self.traces: FaultTracing | None = None
        self.numbering = asyncio.Lock()
        """Is held by whoever decides, until what is decided is handed over: rows are not numbered anew in the midst of it."""
        self._room = room
        self._journal = journal
        self._tallies = tallies
        self._snapshots = snapshots
        self._stopping = stopping
        self._queue: asyncio.Queue[Decided | None] = asyncio.Queue(1)
        self._unstored: deque[Decided] = deque()
        """What is decided and not stored, in order; the first is on its way into the store."""

    async def put(self, decided: Decided) -> None:
        """Hand over the next batch; returns when there is room for it."""
        self._unstored.append(decided)
        await self._queue.put(decided)

    async def end(self) -> None:
        """Say that no more batches come."""
        await self._queue.put(None)

    async def next_batch(self) -> Decided | None:
        """Return the next batch to be stored; ``None``: no more come."""
        return await self._queue.get()

    def left(self) -> list[Decided]:
        """Return the batches that were handed over and not asked for."""
        found = [self._queue.get_nowait() for _ in range(self._queue.qsize())]
        return [decided for decided in found if decided is not None]

    async def store(self, decided: Decided) -> bool:
        """Write a batch, again and again where the store does not take it; ``False`` where we are stopped first.

        Raises ``KeyTaken`` where somebody else writes into our store.
        """
        began, failures = time.perf_counter(), 1
        while not await self._try(decided, RETRY.after(failures)):
            if await self._stopped_within(RETRY.after(failures)):
                return False
            failures += 1
        self._unstored.popleft()
        if self.traces:
            self.traces.stored(decided.turns, time.perf_counter() - began)
        return True

    async def _try(self, decided: Decided, wait_s: float) -> bool:
        began = time.perf_counter()
        try:
            if decided.batch:
                await self._write(decided)
                self._took(time.perf_counter() - began, decided.batch)
        except JournalFailed as error:
            self.trouble = str(error)
            self._tallies.store_failures += 1
            told = {"seconds": wait_s, "rows": len(decided.batch.ledger)}
            log.error("%s; nothing is acknowledged, trying again in %.1f s", error, wait_s, extra=told)  # noqa: TRY400 - one line
            return False
        self.trouble = None
        return True

    async def _write(self, decided: Decided) -> None:
        """Write a batch, without what stands in the store already."""
        try:
            await asyncio.to_thread(self._journal.write, decided.batch)
        except KeyTaken:
            keys = [row.key for turn in decided.turns for row in turn.rows if row.key is not None]
            ledger = self._journal.ledger
            pen, taken = await asyncio.to_thread(lambda: (ledger.pen(), ledger.taken(keys)))
            async with self.numbering:
                dropped = self._drop(pen, taken)
            if not dropped:  # somebody else writes into our store
                raise
            await asyncio.to_thread(self._journal.write, decided.batch)

    def _drop(self, pen: Pen, taken: set[str]) -> int:
        """Number everything anew that is not stored, without what is ``taken``; return how much that was."""
        turns = (turn for decided in self._unstored for turn in decided.turns)
        dropped = drop_second_keys(turns, pen, taken)
        if dropped:
            for decided in self._unstored:
                decided.batch = rewritten(decided.batch, decided.turns)
                decided.desk = None  # its row has another number now; the next snapshot comes soon
            self._room.pen = pen
            self._snapshots.count_from(pen.seq)
            self.second_keys += dropped
        return dropped

    def _took(self, seconds: float, batch: Batch) -> None:
        self._tallies.commit_s.observe(seconds)
        if self.trouble is not None:
            log.warning("the store takes batches again")
        if seconds > LATE_S:
            told = {"seconds": round(seconds, 3), "rows": len(batch.ledger), "flood": "late"}
            log.warning("the store took %.1f s for a batch", seconds, extra=told)

    async def _stopped_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self._stopping.wait()
        except TimeoutError:
            return False
