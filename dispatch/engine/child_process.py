"""The end of a process of ours that reads its standard input, and ends when that is closed."""

from __future__ import annotations

import asyncio
import contextlib
from asyncio.subprocess import Process

STOP_WITHIN_S = 5.0


async def end(process: Process) -> None:
    """Close its standard input, by which it ends; kill it where it does not within ``STOP_WITHIN_S``. It may have ended before."""
    assert process.stdin is not None  # noqa: S101 - it is a pipe
    process.stdin.close()
    try:
        async with asyncio.timeout(STOP_WITHIN_S):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
