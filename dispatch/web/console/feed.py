"""What an open page is told: passed on from the process that shows, as it comes, for as long as somebody may watch.

Nothing is looked at on the way, so that who watches costs the process that decides next to nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from asyncio import StreamReader, StreamWriter
from pathlib import Path

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from dispatch.access.principal import Principal
from dispatch.engine.frames import framed, read_frame
from dispatch.projection.asked import Status, Used, read_asked
from dispatch.projection.wire import LONGEST_IN
from dispatch.service.service import Service

LOGGED_OUT = 4401
"""The page goes to where one logs in."""
NOT_SHOWN = 1013
"""RFC 6455: try again later. The process that shows is not there."""
STILL_EVERY_S = 2.0


class Feed:
    """One open page."""

    def __init__(self, service: Service, browser: WebSocket) -> None:
        self._service, self._browser = service, browser
        self._who: Principal = browser.state.principal

    async def run(self) -> None:
        """Pass on until the page is closed, is no longer allowed to watch, or there is nothing to show."""
        await self._browser.accept()
        try:
            reader, writer = await asyncio.open_unix_connection(str(await self._socket()))
        except OSError:
            await self._close(NOT_SHOWN)
            return
        try:
            await self._close(await self._first_to_end(reader, writer))
        finally:
            writer.close()

    async def _socket(self) -> Path:
        if self._service.watch is None:
            raise FileNotFoundError
        return await self._service.watch.socket()

    async def _first_to_end(self, reader: StreamReader, writer: StreamWriter) -> int:
        """Return why it is over, as a websocket says it."""
        ways = (self._down(reader), self._up(writer), self._while_let_in())
        tasks = [asyncio.create_task(way) for way in ways]
        done, others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in others:
            task.cancel()
        return next(iter(done)).result()

    async def _down(self, reader: StreamReader) -> int:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while (said := await read_frame(reader)) is not None:
                await self._browser.send_bytes(said)
        return NOT_SHOWN

    async def _up(self, writer: StreamWriter) -> int:
        with contextlib.suppress(WebSocketDisconnect, ConnectionError, KeyError):
            while True:
                asked = (await self._browser.receive_text()).encode()
                if not self._may_ask(asked):
                    break
                writer.write(framed(asked))
                await writer.drain()
        return 1000

    def _may_ask(self, asked: bytes) -> bool:
        """Tell whether it is something that a page asks; that somebody sits before it counts as being asked."""
        try:
            found = read_asked(asked[:LONGEST_IN])
        except msgspec.DecodeError:
            return False
        if isinstance(found, Used):
            self._service.log_in.touch(self._who)
        return not isinstance(found, Status)

    async def _while_let_in(self) -> int:
        while self._service.log_in.still(self._who):  # noqa: ASYNC110 - nobody tells when a session is over
            await asyncio.sleep(STILL_EVERY_S)
        return LOGGED_OUT

    async def _close(self, code: int) -> None:
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await self._browser.close(code)
