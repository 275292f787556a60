"""The process that shows, as a part of the service: it is there when somebody watches, and comes back if it dies.

Every second it is told how the service is.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import sys
import tempfile
from asyncio.subprocess import PIPE
from pathlib import Path

import msgspec

from dispatch.engine import child_process
from dispatch.engine.frames import framed
from dispatch.projection.asked import Status
from dispatch.projection.setup import Setup
from dispatch.service.service import Service
from dispatch.service.settings import Settings

log = logging.getLogger("callahead")

TOLD_EVERY_S = 1.0
AGAIN_S = (0.5, 1.0, 2.0, 5.0, 15.0)
"""Seconds until it is started again: longer each time it dies at once."""
SOUND_S = 30.0
"""Who lived for so long did not die at once."""
WARM_AFTER_S = 15.0
"""It is there after so long without anybody asking, so that who looks first need not wait for it. A service that is played for
seconds, as in a test or at a vendor's, never pays for it: a second of processor to start, and 100 MB."""
ANSWERS_WITHIN_S, LOOK_EVERY_S = 10.0, 0.05
LATEST = 20
"""Of so many replans it is told each second how long they took."""


class ProjectionProcess:
    """``run`` it as a task; ``stop`` ends it. Browsers are shown nothing new without it, and the service decides as ever."""

    def __init__(self, service: Service, settings: Settings) -> None:
        self._service = service
        self._folder = Path(tempfile.mkdtemp(prefix="callahead-"))  # short: a socket's path may have a hundred letters
        self._socket = self._folder / "watch"
        self._setup = msgspec.json.encode(_setup(settings, self._socket)) + b"\n"
        self._stopping, self._wanted, self._answers = asyncio.Event(), asyncio.Event(), asyncio.Event()
        service.watch = self

    def soon(self) -> None:
        """Have it there: somebody is about to watch."""
        self._wanted.set()

    async def socket(self) -> Path:
        """Return where it answers, once it does. Raises ``TimeoutError`` where it does not in good time."""
        self._wanted.set()
        async with asyncio.timeout(ANSWERS_WITHIN_S):
            await self._answers.wait()
        return self._socket

    async def run(self) -> None:
        """Keep it running until ``stop``, from when it is wanted on."""
        died = 0
        try:
            await self._pause(WARM_AFTER_S, self._wanted)
            while not self._stopping.is_set():
                began = asyncio.get_running_loop().time()
                await self._live_through_one()
                lived_s = asyncio.get_running_loop().time() - began
                died = 0 if lived_s > SOUND_S else min(died + 1, len(AGAIN_S) - 1)
                await self._pause(AGAIN_S[died])
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def stop(self) -> None:
        """Have it end."""
        self._stopping.set()

    async def _live_through_one(self) -> None:
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "dispatch.projection", stdin=PIPE)
        assert process.stdin is not None  # noqa: S101 - it is a pipe
        process.stdin.write(self._setup)
        telling = asyncio.create_task(self._tell())
        ended = asyncio.create_task(process.wait())
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
        for task in (telling, stopping):
            task.cancel()
        self._answers.clear()
        if self._stopping.is_set():
            await child_process.end(process)
        else:
            log.error("the process that shows ended with %s; it is started again", process.returncode)

    async def _tell(self) -> None:
        """Say every second how the service is, as soon as there is somebody to say it to."""
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_unix_connection(str(self._socket))
                self._answers.set()
                while not writer.is_closing():
                    writer.write(framed(msgspec.json.encode(Status(self._status()))))
                    await writer.drain()
                    await asyncio.sleep(TOLD_EVERY_S)
            self._answers.clear()
            await asyncio.sleep(LOOK_EVERY_S)

    def _status(self) -> dict[str, object]:
        condition = self._service.condition()
        return {
            "condition": condition.status,
            "reasons": list(condition.reasons),
            "link": self._service.link(),
            "dead_letters": len(self._service.dead_letters()),
            "roads": self._service.road_lines is not None,
            "shadow": self._shadow(),
            "replan_ms": {str(number): took for number, took in self._service.replan_ms(LATEST).items()},
        }

    def _shadow(self) -> dict[str, object] | None:
        """Return how many decisions were compared beside, and how many differ; ``None``: nothing decides beside."""
        found = self._service.shadow()
        if found is None:
            return None
        totals = found.totals
        return {"state": found.state, "choices": totals.choices, "differing": totals.choices - totals.alike}

    async def _pause(self, seconds: float, or_until: asyncio.Event | None = None) -> None:
        """Wait so long, or until it is to stop, or until ``or_until``."""
        ends = [asyncio.create_task(one.wait()) for one in (self._stopping, or_until) if one is not None]
        await asyncio.wait(ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.cancel()


def _setup(settings: Settings, socket: Path) -> Setup:
    clock, watching = settings.process.clock, settings.watching
    return Setup(
        store=settings.store.address().url.render_as_string(hide_password=False),
        socket=str(socket),
        policy=settings.policy.house.written(),
        clock=str(clock) if clock is not None else None,
        log_format=str(watching.log_format),
        log_level=str(watching.log_level),
    )
