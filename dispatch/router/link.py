"""The service's end of the router: keeps its process running, takes what it reads, and tells it what is stored."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import threading
import time
from asyncio import StreamWriter
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Callable
from functools import partial

import msgspec

from dispatch.engine import child_process
from dispatch.engine.frames import TooLong, read_frame
from dispatch.router.messages import LinkTurned, MessagesStored, RoutedMessages, RouterSetup, read_from_router, written
from gateway.links.handover.delivery import Delivery
from gateway.links.handover.status import LinkState, LinkStatus
from gateway.retry.backoff import Backoff

log = logging.getLogger("callahead")

AGAIN_S = Backoff(0.2, 15.0)
SOUND_S = 30.0
"""Who lived for so long did not die at once."""
READ_AHEAD = 1024 * 1024
"""Bytes."""
_PLAIN = (False, None, ())


class RoutedLink:
    """Used as the ``MqttLink`` that hears: ``receive`` gets deliveries in the loop's thread."""

    def __init__(self, setup: RouterSetup, receive: Callable[[Delivery], None], now: Callable[[], float]) -> None:
        """``now``: the service's clock, by which messages are received."""
        self.status = LinkStatus(LinkState.CONNECTING, "not started", time.time())
        self._setup, self._receive, self._now = setup, receive, now
        self._changed: list[Callable[[LinkStatus], None]] = []
        self._stopping = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    def on_change(self, call: Callable[[LinkStatus], None]) -> None:
        """Have ``call`` told of every change of the connection, too."""
        self._changed.append(call)

    def start(self) -> None:
        """Have the router running, again and again where it ends."""
        self._running = asyncio.get_running_loop().create_task(self._keep())

    async def stopped(self) -> None:
        """Have it take leave of the broker, and return once its process ended. The session stays, and with it the backlog."""
        self._turn(LinkState.STOPPED, "stopped by us")
        self._stopping.set()
        if self._running is not None:
            await self._running

    async def _keep(self) -> None:
        failures, loop = 0, asyncio.get_running_loop()
        while not self._stopping.is_set():
            began = loop.time()
            why = await self._live_through_one()
            if self._stopping.is_set():
                return
            failures = 1 if loop.time() - began > SOUND_S else failures + 1
            log.error("%s", why)
            self._turn(LinkState.LOST, why)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(AGAIN_S.after(failures)):
                    await self._stopping.wait()

    async def _live_through_one(self) -> str:
        """Return why it is over. What it had read and not acknowledged, the broker delivers again."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "dispatch.router", stdin=PIPE, stdout=PIPE, limit=READ_AHEAD
        )
        assert process.stdin is not None  # noqa: S101 - it is a pipe
        process.stdin.write(msgspec.json.encode(self._setup) + b"\n")
        hearing, stopping = asyncio.create_task(self._hear(process)), asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({hearing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            hearing.cancel()
            stopping.cancel()
            await child_process.end(process)
        wrong = hearing.result() if hearing.done() and not hearing.cancelled() else ""
        return f"the router's process ended with {process.returncode}{wrong}; it is started again"

    async def _hear(self, process: Process) -> str:
        """Take what it says until it says no more; return what was wrong with that."""
        assert process.stdin is not None  # noqa: S101 - both are pipes
        assert process.stdout is not None  # noqa: S101
        stored = _Stored(process.stdin)
        try:
            while (frame := await read_frame(process.stdout)) is not None:
                said = read_from_router(frame)
                if isinstance(said, RoutedMessages):
                    self._take(said, stored)
                else:
                    self._turned(said)
        except (msgspec.MsgspecError, TooLong, ValueError) as error:
            return f" for it said what no router says: {error}"
        return ""

    def _take(self, said: RoutedMessages, stored: _Stored) -> None:
        now, receive, described = self._now(), self._receive, said.described
        for place, (topic, payload) in enumerate(zip(said.topics, said.payloads, strict=True)):
            retained, content_type, properties = described.get(place, _PLAIN) if described else _PLAIN
            ack = partial(stored.add, said.first + place)
            receive(Delivery(topic, payload, retained, now, ack, content_type, properties))

    def _turned(self, said: LinkTurned) -> None:
        if not self._stopping.is_set():
            self._turn(LinkState(said.state), said.reason)

    def _turn(self, state: LinkState, reason: str) -> None:
        self.status = LinkStatus(state, reason, time.time())
        for call in self._changed:
            call(self.status)


class _Stored:
    """Tells one router's process which of its messages are stored, all of a turn of the loop at once. From any thread."""

    def __init__(self, writer: StreamWriter) -> None:
        self._writer = writer
        self._numbers: deque[int] = deque()
        self._due = False
        self._loop, self._thread = asyncio.get_running_loop(), threading.get_ident()

    def add(self, number: int) -> None:
        """One is. Where the process is gone, that says nothing to anybody."""
        self._numbers.append(number)
        if self._due:
            return  # whoever tells next takes this one along: it looks at the flag before it looks here
        self._due = True
        if threading.get_ident() == self._thread:
            self._loop.call_soon(self._tell)
        else:
            self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        self._due = False
        numbers = [self._numbers.popleft() for _ in range(len(self._numbers))]
        if not self._writer.is_closing():
            self._writer.write(written(MessagesStored(numbers)))
