"""The process that speaks SIP, seen from outside: started with a line's setup, told what to do, listened to, and ended."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable

from dispatch.channels.sip.wire import Command, LineSetup, Report, line_of, read_report

TRIED = "0.5.2a3"
"""The version of baresip-python, an alpha, that all this was tried with."""
STOP_WITHIN_S = 5.0
LONGEST = 256 * 1024
"""Bytes of what is said at once."""


class SipProcess:
    """One life of it. ``start`` it, ``listen`` until it ends, ``end`` it."""

    def __init__(self, hear: Callable[[Report], None]) -> None:
        """``hear`` is told all that it says, in the event loop's thread."""
        self._hear = hear
        self._process: Process | None = None

    async def start(self, setup: LineSetup) -> None:
        """Start it as this line."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "dispatch.channels.sip", stdin=PIPE, stdout=PIPE, limit=LONGEST
        )
        self._write(line_of(setup))

    @property
    def pid(self) -> int | None:
        """Its process; ``None``: it was not started."""
        return None if self._process is None else self._process.pid

    def tell(self, command: Command) -> None:
        """Have it do something; of one that has ended that is nothing, as ``listen`` tells."""
        self._write(line_of(command))

    async def listen(self) -> int:
        """Hear what it says until it ends; return its exit code."""
        assert self._process is not None  # noqa: S101 - it was started
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        while line := await self._process.stdout.readline():
            self._hear(read_report(line))
        return await self._process.wait()

    async def end(self) -> None:
        """Close its standard input, by which it hangs up and ends; end it, where it does not."""
        process = self._process
        if process is None:
            return
        assert process.stdin is not None  # noqa: S101 - it is a pipe
        process.stdin.close()
        try:
            async with asyncio.timeout(STOP_WITHIN_S):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def _write(self, line: bytes) -> None:
        assert self._process is not None  # noqa: S101 - it was started
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        if not self._process.stdin.is_closing():
            self._process.stdin.write(line)
