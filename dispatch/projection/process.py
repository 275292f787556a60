"""The process: answers at a socket of its own, looks at the ledger again and again, and tells all who watch."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from asyncio import StreamReader, StreamWriter

from dispatch.projection.live import LivePicture
from dispatch.projection.setup import Setup
from dispatch.projection.watcher import Watcher
from dispatch.store.errors import JournalFailed
from dispatch.store.journal import Journal

log = logging.getLogger("callahead")

EVERY_S = 0.5
"""A change is on the screen within a second of its commit."""
BEAT_S = 5.0
"""So often it is said that nothing changed: whoever hears nothing for longer has lost us."""


class Projection:
    """``run`` until ``stop`` is set."""

    def __init__(self, journal: Journal, setup: Setup) -> None:
        self._journal = journal
        self._live = LivePicture(journal, setup.house(), setup.told_time())
        self._watchers: set[Watcher] = set()
        self._socket = setup.socket
        self._quiet_since = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Answer, and look. Who asks is answered once it is known by whose clock hours are told."""
        self._tick(0.0)
        await self._look_around()
        async with await asyncio.start_unix_server(self._watch, self._socket):
            ticking = asyncio.create_task(self._look_again_and_again())
            await stop.wait()
            ticking.cancel()

    async def _watch(self, reader: StreamReader, writer: StreamWriter) -> None:
        watcher = Watcher(self._journal, self._live, reader, writer)
        self._watchers.add(watcher)
        try:
            with contextlib.suppress(
                asyncio.CancelledError
            ):  # we are stopped; before 3.12 asyncio logs that as a fault
                await watcher.run()
        finally:
            self._watchers.discard(watcher)

    async def _look_again_and_again(self) -> None:
        looked_at = time.monotonic()
        while True:
            await asyncio.sleep(max(0.0, looked_at + EVERY_S - time.monotonic()))
            passed_s, looked_at = time.monotonic() - looked_at, time.monotonic()
            self._tick(passed_s)
            if not self._live.is_at_home:
                await self._look_around()
                self._start_again()

    async def _look_around(self) -> None:
        await asyncio.to_thread(self._live.look_around)

    def _tick(self, passed_s: float) -> None:
        changes = None
        with contextlib.suppress(JournalFailed):  # who decides says that the store is away; it is looked at again
            changes = self._live.tick()
        now = time.monotonic()
        if changes is None and now - self._quiet_since >= BEAT_S:
            changes = self._live.beat()
        if changes is not None:
            self._quiet_since = now
        for watcher in list(self._watchers):
            try:
                watcher.tick(changes, passed_s)
            except Exception:
                log.exception("one who watches could not be told")

    def _start_again(self) -> None:
        """Say everything anew: it is known by now where all this is."""
        whole = self._live.whole()
        for watcher in list(self._watchers):
            watcher.tick(whole, 0.0)
