"""One who watches: gets everything once, then what changes; beside it what they alone asked for."""

from __future__ import annotations

import asyncio
import logging
from asyncio import StreamReader, StreamWriter
from typing import assert_never

import msgspec

from dispatch.engine.frames import TooLong, framed, read_frame
from dispatch.projection.asked import Open, Past, Status, Used, View, read_asked
from dispatch.projection.devices import Box
from dispatch.projection.live import LivePicture, Said
from dispatch.projection.replay import Replay
from dispatch.projection.wire import LONGEST_IN, packed
from dispatch.store.errors import JournalFailed
from dispatch.store.journal import Journal

log = logging.getLogger(__name__)

_UNTOLD: Said = {"untold": True}
"""In the place of a case's details: that there are none is told, too."""
SLOWEST_BYTES = 4 * 1024 * 1024
"""Who takes so much less than they are told is let go: they begin anew."""


class Watcher:
    """``run`` until they are gone; told of each ``tick``."""

    def __init__(self, journal: Journal, live: LivePicture, reader: StreamReader, writer: StreamWriter) -> None:
        self._journal, self._live = journal, live
        self._reader, self._writer = reader, writer
        self._open: str | None = None
        self._opened: Said | None = _UNTOLD
        self._box: Box | None = None
        self._looks = -1
        self._in_view: Said = {}
        self._replay: Replay | None = None
        self._began = False

    async def run(self) -> None:
        """Answer what is asked until they are gone."""
        try:
            while (asked := await read_frame(self._reader, LONGEST_IN)) is not None:
                await self._take(asked)
        except TooLong as error:
            log.warning("%s", error)
        finally:
            self._writer.close()

    def tick(self, changes: bytes | None, passed_s: float) -> None:
        """Tell what changed for all, or what an hour of the past goes on with; and what they alone asked for."""
        if self._writer.transport.get_write_buffer_size() > SLOWEST_BYTES:
            self._writer.transport.abort()
            return
        if not self._began:
            return
        if self._replay is None:
            if changes is not None:
                self._send(changes)
        elif self._replay.hour.rate:
            self._send(packed(self._replay.advance(passed_s)))
        self._tell_of_open()
        self._tell_of_view()

    async def _take(self, text: bytes) -> None:
        try:
            asked = read_asked(text)
        except msgspec.DecodeError as error:
            self._send(packed({"trouble": f"not understood: {error}"}))
            return
        match asked:
            case Status():
                self._live.note_status(asked.said)
            case Used():
                self._begin()
            case Open():
                self._open, self._opened = asked.case, _UNTOLD
                self._tell_of_open()
            case View():
                self._box, self._looks = asked.box, -1
                self._tell_of_view()
            case Past():
                await self._show_past(asked)
            case _:
                assert_never(asked)

    def _begin(self) -> None:
        """Whoever says that they are there gets everything, once."""
        if not self._began:
            self._began = True
            self._send(self._live.whole())

    async def _show_past(self, asked: Past) -> None:
        self._opened = _UNTOLD
        if asked.at is None:
            self._replay = None
            self._send(self._live.whole())
            return
        if self._replay is None or asked.at != self._replay.hour.at:
            self._send(packed({"reading": asked.at}))
            try:
                self._replay = await asyncio.to_thread(Replay, self._journal, self._live, asked.at)
            except JournalFailed as error:
                self._send(packed({"trouble": str(error)}))
                return
        self._replay.hour.rate = asked.rate
        self._send(packed(self._replay.whole()))

    def _tell_of_open(self) -> None:
        if self._open is None:
            return
        found = (self._replay or self._live).details(self._open)
        if found != self._opened:
            self._opened = found
            self._send(packed({"open": self._open, "details": found}))

    def _tell_of_view(self) -> None:
        if self._box is None or self._replay is not None or self._looks == self._live.devices.looks:
            return
        self._looks = self._live.devices.looks
        found = self._live.devices.within(self._box, self._live.trucks)
        if found != self._in_view:
            self._in_view = found
            self._send(packed({"view": found}))

    def _send(self, body: bytes) -> None:
        self._writer.write(framed(body))
