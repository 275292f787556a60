"""A gateway process: claims a shard at the service, and takes what it is given, as long as the service is there."""

from __future__ import annotations

import asyncio
import logging
from asyncio import StreamReader, StreamWriter

import msgspec

from dispatch.engine.frames import TooLong, read_frame
from dispatch.engine.sender_budgets import Limits
from dispatch.gateways.edition import edition
from dispatch.gateways.messages import LentDevice, NotYours, ShardClaim, ShardGiven, read_from_service, written
from dispatch.gateways.reach import ByNetwork, BySocket, NotReached
from dispatch.gateways.shard import Shard

log = logging.getLogger("callahead")

AGAIN_S = 1.0
"""Between two tries to reach the service, and between two looks whether twins are due."""


class GatewayProcess:
    """``run`` until ``stop`` is set."""

    def __init__(self, reach: BySocket | ByNetwork, shard: int | None = None) -> None:
        """``shard``: which one is claimed, counted from 0; ``None``: any that has no gateway."""
        self._reach, self._shard = reach, shard
        self._name = "this gateway" if shard is None else f"gateway {shard + 1}"

    async def run(self, stop: asyncio.Event) -> None:
        """Serve, again and again: the service may be away for a while, and has all that was taken. Raises ``NoJoinKey``."""
        serving, stopping = asyncio.create_task(self._serve_again_and_again()), asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                serving.result()
        finally:
            serving.cancel()
            stopping.cancel()

    async def _serve_again_and_again(self) -> None:
        while True:
            try:
                reader, writer = await self._reach.open()
            except NotReached as error:
                log.warning("%s: %s", self._name, error, extra={"flood": "away"})
            else:
                try:
                    await self._serve(reader, writer)
                finally:
                    writer.close()
            await asyncio.sleep(AGAIN_S)

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Serve with an empty shard: what it had is the service's to know."""
        writer.write(written(ShardClaim(self._shard, edition())))
        try:
            why = await self._serve_as_given(reader, writer)
        except OSError as error:
            why = str(error)
        except (msgspec.MsgspecError, TooLong) as error:
            why = f"it said what no service of this release says: {error}"
        log.warning("%s lost the service: %s; trying again", self._name, why, extra={"flood": "lost"})

    async def _serve_as_given(self, reader: StreamReader, writer: StreamWriter) -> str:
        """Return why it is over."""
        frame = await read_frame(reader)
        said = None if frame is None else read_from_service(frame)
        if isinstance(said, NotYours):
            return f"it has us not: {said.says}"
        if not isinstance(said, ShardGiven):
            return "it answered no claim"
        self._name = f"gateway {said.shard + 1} of {said.of}"
        log.info("%s has its devices", self._name)
        shard = Shard(Limits(said.device_rate, said.vendor_rate))
        telling = asyncio.create_task(self._tell(shard, writer))
        try:
            while (frame := await read_frame(reader)) is not None:
                heard = read_from_service(frame)
                if isinstance(heard, LentDevice):
                    shard.lend(heard)
                elif isinstance(heard, ShardGiven | NotYours):
                    return "it answered a claim twice"
                else:
                    writer.write(written(shard.hear(heard, asyncio.get_running_loop().time())))
                    await writer.drain()
        finally:
            telling.cancel()
        return "its connection ended"

    @staticmethod
    async def _tell(shard: Shard, writer: StreamWriter) -> None:
        """Tell twins that are due though nobody says anything."""
        while True:
            await asyncio.sleep(AGAIN_S)
            answer = shard.told_again(asyncio.get_running_loop().time())
            if answer is not None:
                writer.write(written(answer))
