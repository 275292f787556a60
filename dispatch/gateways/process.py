"""A gateway process: claims its shard at the service, and takes what it is given, as long as the service is there."""

from __future__ import annotations

import asyncio
import logging
from asyncio import StreamReader, StreamWriter

from dispatch.engine.frames import read_frame
from dispatch.engine.sender_budgets import Limits
from dispatch.gateways.messages import GatewaySetup, LentDevice, NotYours, ShardClaim, read_from_service, written
from dispatch.gateways.shard import Shard

log = logging.getLogger("callahead")

AGAIN_S = 1.0
"""Between two tries to reach the service, and between two looks whether twins are due."""


class GatewayProcess:
    """``run`` until ``stop`` is set."""

    def __init__(self, setup: GatewaySetup) -> None:
        self._setup = setup
        self._name = f"gateway {setup.shard + 1} of {setup.of}"

    async def run(self, stop: asyncio.Event) -> None:
        """Serve, again and again: the service may be away for a while, and has all that was taken."""
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
                reader, writer = await asyncio.open_unix_connection(self._setup.socket)
            except OSError as error:
                log.warning("%s: the service is away (%s); trying again", self._name, error, extra={"flood": "away"})
            else:
                try:
                    await self._serve(reader, writer)
                finally:
                    writer.close()
            await asyncio.sleep(AGAIN_S)

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Serve with an empty shard: what it had is the service's to know."""
        setup = self._setup
        shard = Shard(Limits(setup.device_rate, setup.vendor_rate))
        writer.write(written(ShardClaim(setup.shard, setup.of)))
        telling = asyncio.create_task(self._tell(shard, writer))
        try:
            while (frame := await read_frame(reader)) is not None:
                said = read_from_service(frame)
                if isinstance(said, NotYours):
                    log.error("%s", said.says)
                    return
                if isinstance(said, LentDevice):
                    shard.lend(said)
                else:
                    writer.write(written(shard.hear(said, asyncio.get_running_loop().time())))
                    await writer.drain()
        except ConnectionError as error:
            log.warning("%s lost the service: %s", self._name, error)
        finally:
            telling.cancel()

    @staticmethod
    async def _tell(shard: Shard, writer: StreamWriter) -> None:
        """Tell twins that are due though nobody says anything."""
        while True:
            await asyncio.sleep(AGAIN_S)
            answer = shard.told_again(asyncio.get_running_loop().time())
            if answer is not None:
                writer.write(written(answer))
