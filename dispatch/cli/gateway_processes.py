"""The gateways, as a part of the service: the desk does a gateway's work while it is away.

Processes of this machine are started here, and again when they die; those of other machines join by themselves.
"""

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

from dispatch.cli.parts import all_of, first_of
from dispatch.engine import child_process
from dispatch.engine.sender_budgets import Limits
from dispatch.gateways import join_key
from dispatch.gateways.door import GatewayDoor, JoinDoor
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

    def __init__(
        self, lending: Lending, hearing: HearingSettings, watching: WatchingSettings, folder: Path | None = None
    ) -> None:
        """``folder``: of the key that gateways of other machines join by. Raises ``NotWritten`` and its kin."""
        self._lending, self._watching = lending, watching
        limits, at = hearing.limits, hearing.gateways_at
        self._folder = Path(tempfile.mkdtemp(prefix="callahead-"))  # short: a socket's path may have a hundred letters
        self._starts = range(lending.count) if at is None else range(0)
        """Shards whose processes are ours."""
        path = self._folder / "gateways"
        door = path if at is None or folder is None else JoinDoor(at, join_key.service_side(join_key.made_in(folder)))
        self._door = GatewayDoor(lending, Limits(limits.device_rate, limits.vendor_rate / lending.count), door)
        self._ending, self._stopping = asyncio.Event(), asyncio.Event()
        self._processes: dict[int, Process] = {}
        lending.lost = self._kill

    async def run(self) -> None:
        """Keep them running until ``stop``."""
        door, ending = asyncio.create_task(self._door.run()), asyncio.create_task(self._end())
        try:
            await first_of(door, all_of(self._stopping.wait(), *map(self._keep, self._starts)))
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
        watching = self._watching
        return GatewaySetup(str(self._folder / "gateways"), shard, str(watching.log_format), str(watching.log_level))
