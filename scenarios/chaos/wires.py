"""The thread on which the proxies and the people live: one event loop, spoken to from the stage's thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any, Self, TypeVar

from scenarios.chaos.proxy import Proxy
from scenarios.chaos.wire import Repeater

WITHIN_S = 30.0
Found = TypeVar("Found")


class Loop:
    """An event loop on a thread of its own. Use it in a ``with`` block."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="wires", daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End it, and whatever still runs there."""
        self.run(_end_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WITHIN_S)
        self._loop.close()

    def run(self, work: Coroutine[Any, Any, Found], within_s: float = WITHIN_S) -> Found:
        """Run it there, and return what it comes to."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(within_s)

    def call(self, what: Callable[[], Any]) -> None:
        """Have it called there soon."""
        self._loop.call_soon_threadsafe(what)


async def _end_all() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


class Wire:
    """A proxy whose traffic can be cut, repeated and reordered. From any thread."""

    def __init__(self, loop: Loop, port: int, upstream: int, seed: str, *, repeats: bool = False) -> None:
        self._loop = loop
        self._dice = Random(seed)  # noqa: S311 - dice
        self._on = False
        self._repeaters: list[Repeater] = []
        self._proxy = Proxy(port, upstream, self._repeater if repeats else None)
        loop.run(self._proxy.start())

    def cut(self) -> None:
        """Reset every connection."""
        self._loop.call(self._proxy.cut)

    def repeat(self, *, on: bool) -> None:
        """Deliver again and out of order from now on, or no longer."""
        self._on = on
        for repeater in self._repeaters:
            repeater.on = on

    def counts(self) -> tuple[int, int]:
        """Return how many messages were repeated, and how many swapped."""
        return sum(one.repeated for one in self._repeaters), sum(one.swapped for one in self._repeaters)

    def stop(self) -> None:
        """Hang up."""
        self._loop.run(self._proxy.stop())

    def _repeater(self) -> Repeater:
        made = Repeater(Random(self._dice.random()), on=self._on)  # noqa: S311 - dice
        self._repeaters.append(made)
        return made
