"""Takes a snapshot once in so many rows: of the desk when it has decided them, of what is read from them when they are stored."""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from dispatch.engine.decided import DeskWritten
from dispatch.ledger.pipeline import ControlRoom
from dispatch.store.errors import JournalFailed
from dispatch.store.snapshot_rows import SnapshotRows
from dispatch.views.snapshot import EVERY_ROWS, desk_written
from dispatch.views.snapshot_kept import Snapshot

log = logging.getLogger(__name__)


class PutTogether(Protocol):
    """Puts together what a desk was, as written down, and what the feeds made of the rows up to one."""

    def __call__(self, desk: bytes, *, seq: int, seal: str) -> Snapshot:
        """Return the snapshot behind row ``seq``."""


class SnapshotTaker:
    """Without ``put_together`` none is taken: a restart takes longer, and nothing else."""

    def __init__(self, room: ControlRoom, kept: SnapshotRows, put_together: PutTogether | None) -> None:
        self._room = room
        self._kept = kept
        self._put_together = put_together
        self._last_seq = room.pen.seq
        """Behind which row the last snapshot was taken."""

    def count_from(self, seq: int) -> None:
        """Take the next one so many rows behind row ``seq``: those behind it have new numbers."""
        self._last_seq = seq

    def desk_if_due(self, rows: int = EVERY_ROWS) -> DeskWritten | None:
        """Return how the desk stands now, where ``rows`` rows were written since the last snapshot."""
        pen = self._room.pen
        if self._put_together is None or pen.seq < self._last_seq + rows:
            return None
        self._last_seq = pen.seq
        return DeskWritten(desk_written(self._room.desk), pen.seq, pen.hash)

    async def keep(self, desk: DeskWritten | None) -> None:
        """Keep a snapshot of a desk whose rows are stored and fed."""
        if desk is None or self._put_together is None:
            return
        put_together = self._put_together(desk.body, seq=desk.seq, seal=desk.hash)
        try:
            await asyncio.to_thread(self._kept.keep, put_together)
        except JournalFailed as error:
            log.warning("no snapshot was kept: %s", error, extra={"seq": desk.seq})
