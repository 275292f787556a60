"""Where gateway processes claim their shards: each shard is one process's, and whoever cannot have one is told why."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from asyncio import StreamReader, StreamWriter
from dataclasses import dataclass
from pathlib import Path

import msgspec

from dispatch.engine.frames import TooLong, read_frame
from dispatch.engine.sender_budgets import Limits
from dispatch.gateways.edition import edition
from dispatch.gateways.lending import Lending
from dispatch.gateways.line import GatewayLine
from dispatch.gateways.messages import NotYours, ShardClaim, ShardGiven, read_from_gateway, written
from dispatch.gateways.reach import HANDSHAKE_WITHIN_S, READ_AHEAD, notice_silence
from gateway.access.listen import Listen
from gateway.errors import OperatorError

log = logging.getLogger("callahead")

LONGEST_CLAIM = 1_024
CLAIMS_WITHIN_S = 10.0
STRANGERS = 32
"""So many connections may be open of which nobody knows yet whose they are."""


class DoorTaken(OperatorError):  # noqa: N818 - says what happened
    """Where gateways are to join, nothing can be listened to."""


@dataclass(frozen=True, slots=True)
class JoinDoor:
    """Where gateways of other machines join."""

    at: Listen
    tls: ssl.SSLContext


class GatewayDoor:
    """``run`` it as a task; ``stop`` ends it, and every gateway's connection with it."""

    def __init__(self, lending: Lending, limits: Limits, at: Path | JoinDoor) -> None:
        """``limits``: what one gateway's devices may send. ``at``: a socket's path, or where other machines join."""
        self._lending, self._limits, self._at = lending, limits, at
        self._stopping = asyncio.Event()
        self._serving: set[asyncio.Task[None]] = set()
        self._strangers = 0

    async def run(self) -> None:
        """Answer until ``stop``. Raises ``DoorTaken``."""
        async with await self._server():
            await self._stopping.wait()
            for task in self._serving:
                task.cancel()
            await asyncio.gather(*self._serving, return_exceptions=True)

    def stop(self) -> None:
        """Have it end."""
        self._lending.stop()
        self._stopping.set()

    async def _server(self) -> asyncio.Server:
        if isinstance(self._at, Path):
            return await asyncio.start_unix_server(self._answer, self._at, limit=READ_AHEAD)
        at = self._at.at
        try:
            server = await asyncio.start_server(self._answer, at.host, at.port, limit=READ_AHEAD)
        except OSError as error:
            raise DoorTaken(
                f"--gateways-at {at.host}:{at.port}: nothing can be listened to there ({error.strerror}); name another"
            ) from None
        log.info("gateways join at %s:%d", *server.sockets[0].getsockname()[:2])
        return server

    async def _answer(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - this is one
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        with contextlib.suppress(asyncio.CancelledError):  # before 3.12 asyncio logs that as a fault
            shard = await self._shard_for(reader, writer)
            if shard is None:
                writer.close()
                return
            given = ShardGiven(shard, self._lending.count, self._limits.device_rate, self._limits.vendor_rate)
            writer.write(written(given))
            await self._lending.serve(GatewayLine(shard, reader, writer, self._lending.answered))

    async def _shard_for(self, reader: StreamReader, writer: StreamWriter) -> int | None:
        """Return the shard of whoever connected; ``None``: they were told why they have none."""
        if self._strangers >= STRANGERS:
            self._log(writer, f"{STRANGERS} others say nothing yet: it may try again")
            return None
        self._strangers += 1
        try:
            if isinstance(self._at, JoinDoor) and not await self._has_our_key(writer, self._at.tls):
                return None
            claim = await _claim(reader)
        finally:
            self._strangers -= 1
        found = "it claims nothing that this release understands" if claim is None else self._shard_of(claim)
        if isinstance(found, int):
            return found
        self._log(writer, found)
        writer.write(written(NotYours(found)))
        return None

    async def _has_our_key(self, writer: StreamWriter, tls: ssl.SSLContext) -> bool:
        """Tell whether whoever connected has the key that gateways join by; from here on all goes by TLS."""
        notice_silence(writer)
        try:
            await writer.start_tls(tls, ssl_handshake_timeout=HANDSHAKE_WITHIN_S)
        except OSError:  # what TLS objects to among them; which it is, TLS tells the other side alone
            self._log(writer, "it has not our key, or left: give it a copy of the one in our folder (--dir)")
            writer.transport.abort()
            return False
        return True

    def _log(self, writer: StreamWriter, why: str) -> None:
        """Say whom there was no shard for, in the log and in what the service's health says."""
        peer = writer.get_extra_info("peername")
        self._lending.sent_away = f"a gateway {f'at {peer[0]} ' if peer else ''}was sent away: {why}"
        log.warning("%s", self._lending.sent_away, extra={"flood": "claim"})

    def _shard_of(self, claim: ShardClaim) -> int | str:
        """Return which shard a claim is given, or why none."""
        count, shard = self._lending.count, claim.shard
        if claim.edition != edition():
            return f"it is Callahead {claim.edition}, and the service {edition()}: have the same on both"
        if shard is None:
            shard = self._lending.free_shard()
            if shard is None:
                return f"each of {count} shards has its gateway, or is not at rest since it lost one: start the service with more"
        if not 0 <= shard < count:
            return f"it claims shard {shard + 1}, and there are {count}: start it with the same --gateways"
        if not self._lending.is_free(shard):
            return f"shard {shard + 1} of {count} has its gateway, or is not at rest since it lost one: stop the other"
        return shard


async def _claim(reader: StreamReader) -> ShardClaim | None:
    with contextlib.suppress(TimeoutError, TooLong, msgspec.MsgspecError):
        async with asyncio.timeout(CLAIMS_WITHIN_S):
            frame = await read_frame(reader, LONGEST_CLAIM)
            said = None if frame is None else read_from_gateway(frame)
            return said if isinstance(said, ShardClaim) else None
    return None
