"""Where gateway processes claim their shards: each shard is one process's, and the second that claims it is sent away."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from asyncio import StreamReader, StreamWriter
from pathlib import Path

import msgspec

from dispatch.engine.frames import TooLong, read_frame
from dispatch.gateways.lending import Lending
from dispatch.gateways.line import GatewayLine
from dispatch.gateways.messages import NotYours, ShardClaim, read_from_gateway, written

log = logging.getLogger("callahead")

LONGEST_CLAIM = 1_024
READ_AHEAD = 1024 * 1024
"""Bytes."""
CLAIMS_WITHIN_S = 10.0


class GatewayDoor:
    """``run`` it as a task; ``stop`` ends it, and every gateway's connection with it."""

    def __init__(self, lending: Lending, path: Path) -> None:
        """``path``: of the socket."""
        self._lending, self._path = lending, path
        self._stopping = asyncio.Event()
        self._serving: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Answer until ``stop``."""
        async with await asyncio.start_unix_server(self._answer, self._path, limit=READ_AHEAD):
            await self._stopping.wait()
            for task in self._serving:
                task.cancel()
            await asyncio.gather(*self._serving, return_exceptions=True)

    def stop(self) -> None:
        """Have it end."""
        self._lending.stop()
        self._stopping.set()

    async def _answer(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - this is one
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        with contextlib.suppress(asyncio.CancelledError):  # before 3.12 asyncio logs that as a fault
            claim = await _claim(reader)
            says = "it claims nothing" if claim is None else self._objection(claim)
            if claim is None or says is not None:
                log.warning("a gateway was sent away: %s", says, extra={"flood": "claim"})
                writer.write(written(NotYours(says or "")))
                writer.close()
                return
            await self._lending.serve(GatewayLine(claim, reader, writer, self._lending.answered))

    def _objection(self, claim: ShardClaim) -> str | None:
        """Return why a claim cannot be; ``None``: it can."""
        count = self._lending.count
        if claim.of != count or not 0 <= claim.shard < count:
            return f"it claims shard {claim.shard + 1} of {claim.of}, and there are {count}: start it with the same --gateways"
        if not self._lending.is_free(claim.shard):
            return f"shard {claim.shard + 1} of {count} has its gateway, or is not at rest since it lost one: stop the other"
        return None


async def _claim(reader: StreamReader) -> ShardClaim | None:
    with contextlib.suppress(TimeoutError, TooLong, msgspec.MsgspecError):
        async with asyncio.timeout(CLAIMS_WITHIN_S):
            frame = await read_frame(reader, LONGEST_CLAIM)
            said = None if frame is None else read_from_gateway(frame)
            return said if isinstance(said, ShardClaim) else None
    return None
