"""The gateway processes, as a part of the service: each comes back when it dies, and the desk does its work meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import msgspec

from dispatch.engine import child_process
from dispatch.gateways.door import GatewayDoor
from dispatch.gateways.lending import Lending
from dispatch.gateways.messages import GatewaySetup
from dispatch.service.settings import HearingSettings, WatchingSettings

log = logging.getLogger("callahead")

AGAIN_S = (0.2, 1.0, 2.0, 5.0, 15.0)
"""Seconds until one is started again: longer each time it dies at once."""
SOUND_S = 30.0
"""Who lived for so long did not die at once."""


class GatewayProcesses:
    """``run`` it as a task; ``stop`` ends them."""

    def __init__(self, lending: Lending, hearing: HearingSettings, watching: WatchingSettings) -> None:
        self._lending, self._hearing, self._watching = lending, hearing, watching
        self._folder = Path(tempfile.mkdtemp(prefix="callahead-"))  # short: a socket's path may have a hundred letters
        self._door = GatewayDoor(lending, self._folder / "gateways")
        self._ending, self._stopping = asyncio.Event(), asyncio.Event()
        self._processes: dict[int, Process] = {}
        lending.lost = self._kill

    async def run(self) -> None:
        """Keep them running until ``stop``."""
        door, ending = asyncio.create_task(self._door.run()), asyncio.create_task(self._end())
        try:
            await asyncio.gather(*(self._keep(shard) for shard in range(self._lending.count)))
        finally:
            ending.cancel()
            self._door.stop()
            await door
            shutil.rmtree(self._folder, ignore_errors=True)

    def stop(self) -> None:
        """Have them end, once all devices are at home."""
        self._ending.set()

    async def _end(self) -> None:
        await self._ending.wait()
        await self._lending.end()
        self._lending.stop()
        self._stopping.set()

    def _kill(self, shard: int) -> None:
        """End a process that stands still: whoever comes back begins with nothing."""
        process = self._processes.get(shard)
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    async def _keep(self, shard: int) -> None:
        died, loop = 0, asyncio.get_running_loop()
        while not self._stopping.is_set():
            began = loop.time()
            await self._live_through_one(shard)
            died = 0 if loop.time() - began > SOUND_S else min(died + 1, len(AGAIN_S) - 1)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(AGAIN_S[died]):
                    await self._stopping.wait()

    async def _live_through_one(self, shard: int) -> None:
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "dispatch.gateways", stdin=PIPE)
        assert process.stdin is not None  # noqa: S101 - it is a pipe
        process.stdin.write(msgspec.json.encode(self._setup(shard)) + b"\n")
        self._processes[shard] = process
        ended, stopping = asyncio.create_task(process.wait()), asyncio.create_task(self._stopping.wait())
        await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        del self._processes[shard]
        if self._stopping.is_set():
            await child_process.end(process)
        else:
            log.error("the process of gateway %d ended with %s; it is started again", shard + 1, process.returncode)

    def _setup(self, shard: int) -> GatewaySetup:
        limits, watching = self._hearing.limits, self._watching
        return GatewaySetup(
            socket=str(self._folder / "gateways"),
            shard=shard,
            of=self._lending.count,
            device_rate=limits.device_rate,
            vendor_rate=limits.vendor_rate / self._lending.count,
            log_format=str(watching.log_format),
            log_level=str(watching.log_level),
        )
