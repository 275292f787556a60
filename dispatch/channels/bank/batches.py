"""Orders wait a moment for others of their kind, so that one file bears many."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")
Group = TypeVar("Group")
Answer = TypeVar("Answer")


class Batches(Generic[Group, Item, Answer]):
    """At most ``most`` wait together, and for ``after_s`` at most; then ``do`` does all of them, and each hears of it."""

    def __init__(self, most: int, after_s: float, do: Callable[[list[Item]], Awaitable[Answer]]) -> None:
        self._most, self._after_s, self._do = most, after_s, do
        self._open: dict[Group, _Batch[Item, Answer]] = {}

    async def join(self, group: Group, item: Item) -> Answer:
        """Wait with others; return what it came to."""
        batch = self._open.get(group)
        if batch is None:
            batch = self._open[group] = _Batch()
            batch.task = asyncio.ensure_future(self._close(group, batch))
        batch.items.append(item)
        if len(batch.items) >= self._most:
            batch.full.set()
            self._open.pop(group)  # who comes now waits with the next
        return await asyncio.shield(batch.task)

    async def _close(self, group: Group, batch: _Batch[Item, Answer]) -> Answer:
        try:
            async with asyncio.timeout(self._after_s):
                await batch.full.wait()
        except TimeoutError:
            pass
        if self._open.get(group) is batch:
            del self._open[group]
        return await self._do(batch.items)


class _Batch(Generic[Item, Answer]):
    task: asyncio.Future[Answer]

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.full = asyncio.Event()
