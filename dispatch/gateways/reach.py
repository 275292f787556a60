"""How a gateway reaches its service: at a socket of the same machine, or over a network."""

from __future__ import annotations

import asyncio
import socket
import ssl
from asyncio import StreamReader, StreamWriter
from dataclasses import dataclass
from pathlib import Path

from dispatch.gateways.join_key import gateway_side
from gateway.errors import LineError

HANDSHAKE_WITHIN_S = 10.0
SILENT_S, ASKED_EVERY_S, ASKED_TIMES = 10, 5, 3
"""A line that is silent for so long is asked for a sign of life, so often; then it is over, as where a machine lost its power."""
READ_AHEAD = 1024 * 1024
"""Bytes."""
Connection = tuple[StreamReader, StreamWriter]


class NotReached(LineError):  # noqa: N818 - says what happened
    """The service is away, or another one is there: the message says which, and what to do."""


@dataclass(frozen=True, slots=True)
class BySocket:
    """In a folder that its owner alone enters."""

    path: str

    async def open(self) -> Connection:
        """Connect. Raises ``NotReached``."""
        try:
            return await asyncio.open_unix_connection(self.path, limit=READ_AHEAD)
        except OSError as error:
            raise NotReached(f"the service is away ({error.strerror or error}); trying again") from error


@dataclass(frozen=True, slots=True)
class ByNetwork:
    """With TLS, known by a key that both have."""

    host: str
    port: int
    key: Path

    async def open(self) -> Connection:
        """Connect. Raises ``NotReached``, ``NoJoinKey`` and ``KeyReadByOthers``."""
        tls, at = gateway_side(self.key), f"{self.host}:{self.port}"
        try:
            async with asyncio.timeout(HANDSHAKE_WITHIN_S):
                reader, writer = await asyncio.open_connection(self.host, self.port, ssl=tls, limit=READ_AHEAD)
        except ssl.SSLCertVerificationError as error:
            raise NotReached(
                f"the service at {at} has another key than {self.key} ({error.verify_message}): copy that of its folder here"
            ) from error
        except OSError as error:  # what takes too long among them
            why = error.strerror or str(error) or f"no answer within {HANDSHAKE_WITHIN_S:.0f} s"
            raise NotReached(f"the service at {at} is away ({why}); trying again") from error
        notice_silence(writer)
        return reader, writer


def notice_silence(writer: StreamWriter) -> None:
    """Have a connection over a network end where the other side is gone without a word."""
    line: socket.socket = writer.get_extra_info("socket")
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", SILENT_S), ("TCP_KEEPINTVL", ASKED_EVERY_S), ("TCP_KEEPCNT", ASKED_TIMES)):
        if hasattr(socket, option):  # not everywhere
            line.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
