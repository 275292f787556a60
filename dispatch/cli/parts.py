"""Parts of the service that run beside one another: where one breaks, all end with its error; the last to start ends first."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any, Protocol


class Part(Protocol):
    """Runs until it is told to stop."""

    async def run(self) -> None:
        """Return some time after ``stop``."""

    def stop(self) -> None:
        """Have ``run`` end."""


class Parts:
    """Ended with ``stack``, each at its place among what else stands there. ``failed`` has the error of the first that broke."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._stack = stack

    def start(self, part: Part) -> None:
        """Run a part, and have it stopped and awaited at the end."""
        self._stack.push_async_callback(_end, self.task(part.run()), part.stop)

    def task(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Do some work that ends by itself."""
        task = asyncio.create_task(work)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        if not task.cancelled() and task.exception() and not self.failed.done():
            self.failed.set_exception(task.exception() or RuntimeError())


async def _end(task: asyncio.Task[None], stop: Callable[[], None]) -> None:
    stop()
    await asyncio.wait({task})


async def all_of(*events: Awaitable[Any]) -> None:
    """Wait for all of them, in this order; raise what the first of them fails with."""
    for event in [asyncio.ensure_future(event) for event in events]:
        await event


async def first_of(*events: Awaitable[Any]) -> None:
    """Wait for the first of them; raise what it failed with."""
    waiting = [asyncio.ensure_future(event) for event in events]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for event in waiting:
        if event.done():
            event.result()
