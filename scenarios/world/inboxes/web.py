"""A web server of the world's, on loopback: one request to a connection, as the service asks."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

from scenarios.world.inboxes.sms_centre import LOOPBACK

HANGS = 0
"""As a status: no answer at all."""


@dataclass(frozen=True, slots=True)
class WebAsked:
    """One request. Names of headers are in small letters."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class WebAnswered:
    """What it comes to."""

    status: int
    body: bytes = b""
    headers: tuple[str, ...] = ()


class WebServer:
    """``async with`` it. ``port`` 0: any free one."""

    def __init__(
        self, answer: Callable[[WebAsked], WebAnswered], port: int = 0, tls: ssl.SSLContext | None = None
    ) -> None:
        self.port, self._tls = port, tls
        self._answer = answer
        self._server: asyncio.Server

    async def __aenter__(self) -> Self:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, LOOPBACK, self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Listen no more."""
        self._server.close()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http{'s' if self._tls else ''}://{LOOPBACK}:{self.port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answered = self._answer(await _asked(reader))
            if answered.status == HANGS:
                await reader.read()
                return
            head = (f"HTTP/1.1 {answered.status} .", f"content-length: {len(answered.body)}", "connection: close")
            lines = (*head, "content-type: application/json", *answered.headers, "", "")
            writer.write("\r\n".join(lines).encode() + answered.body)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def _asked(reader: asyncio.StreamReader) -> WebAsked:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}
    return WebAsked(first.split()[1], headers, await reader.readexactly(int(headers.get("content-length", "0"))))
