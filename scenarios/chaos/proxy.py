"""A wire we can meddle with: a TCP proxy that cuts, and that waits with its clients while nobody answers behind it."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress

from gateway.links.mqtt.protocol.framing import Framer, Malformed
from scenarios.chaos.wire import Repeater

CHUNK = 65_536
ASK_AGAIN_S = 0.02
"""Between two attempts to reach who is behind."""
QUIET_S = 0.05
"""After which what is held back is delivered."""
_RESET = struct.pack("ii", 1, 0)


class Proxy:
    """Listens at ``port`` and passes on to ``upstream``. A client waits, connected, until somebody is there.

    ``repeater`` makes what meddles with one connection's MQTT packets; ``None`` passes bytes on as they are.
    """

    def __init__(self, port: int, upstream: int, repeater: Callable[[], Repeater] | None = None) -> None:
        self.port = port
        self._upstream = upstream
        self._make = repeater
        self._server: asyncio.Server | None = None
        self._lines: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter | None]] = set()
        self._serving: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)

    async def stop(self) -> None:
        """Hang up on everybody, and return once nobody is served: whoever is cancelled while served leaves a traceback."""
        if self._server:
            self._server.close()
        while self._serving:
            self.cut()
            await asyncio.wait(self._serving, timeout=ASK_AGAIN_S)

    def cut(self) -> int:
        """Reset every connection, on both sides; return how many there were. In the loop's thread."""
        lines = list(self._lines)
        for line in lines:
            for side in line:
                if side is not None:
                    _reset(side)
        return len(lines)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(serving)
        serving.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line: tuple[asyncio.StreamWriter, asyncio.StreamWriter | None] = (writer, None)
        self._lines.add(line)
        try:
            behind = await self._reach(writer)
            if behind is None:
                return
            self._lines.discard(line)
            line = (writer, behind[1])
            self._lines.add(line)
            await self._pass_on(reader, writer, *behind)
        finally:
            self._lines.discard(line)
            for side in line:
                if side is not None:
                    _reset(side)

    async def _reach(self, client: asyncio.StreamWriter) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        while not client.is_closing():
            try:
                return await asyncio.open_connection("127.0.0.1", self._upstream)
            except OSError:
                await asyncio.sleep(ASK_AGAIN_S)
        return None

    async def _pass_on(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        behind: asyncio.StreamReader,
        to_behind: asyncio.StreamWriter,
    ) -> None:
        if self._make is None:
            ways = [_copy(reader, to_behind), _copy(behind, writer)]
        else:
            repeater = self._make()
            ways = [_copy_up(reader, to_behind, repeater), _copy_down(behind, writer, repeater)]
        tasks = [asyncio.create_task(way) for way in ways]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _copy(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(CHUNK):
            to.write(data)
            await to.drain()


async def _copy_up(source: asyncio.StreamReader, to: asyncio.StreamWriter, repeater: Repeater) -> None:
    framer = Framer()
    with suppress(OSError, Malformed):
        while data := await source.read(CHUNK):
            to.writelines(out for packet in _packets(framer, data) for out in repeater.up(packet))
            await to.drain()


async def _copy_down(source: asyncio.StreamReader, to: asyncio.StreamWriter, repeater: Repeater) -> None:
    framer = Framer()
    with suppress(OSError, Malformed):
        while True:
            try:
                async with asyncio.timeout(QUIET_S if repeater.waits else None):
                    data = await source.read(CHUNK)
            except TimeoutError:
                to.writelines(repeater.rest())
                continue
            if not data:
                return
            to.writelines(out for packet in _packets(framer, data) for out in repeater.down(packet))
            await to.drain()


def _packets(framer: Framer, data: bytes) -> Iterator[bytes]:
    for whole, at, _, ends in framer.feed(data):
        yield whole[at:ends]


def _reset(side: asyncio.StreamWriter) -> None:
    """Close without a goodbye: the other side reads "connection reset"."""
    with suppress(OSError, AttributeError):
        side.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    side.transport.abort()
