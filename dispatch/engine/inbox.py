"""The one queue that feeds the core in the live service: filled from any thread, emptied by one consumer."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Inbox(Generic[Item]):
    """First in, first out. ``put`` from any thread; ``take`` in the loop it was made in, by one consumer only."""

    def __init__(self) -> None:
        self._items: deque[Item] = deque()
        self._loop = asyncio.get_running_loop()
        self._something = asyncio.Event()
        self._told = False

    def put(self, item: Item) -> None:
        """Add an item and wake the consumer, once for as many items as come before it looks."""
        self._items.append(item)
        if not self._told:
            self._told = True
            self._loop.call_soon_threadsafe(self._something.set)

    def wake(self) -> None:
        """Have ``take`` return, with nothing where nothing is there. In the loop's thread only."""
        self._something.set()

    async def take(self, most: int, within_s: float) -> list[Item]:
        """Return up to ``most`` items, waiting at most ``within_s`` seconds for the first."""
        if not self._items:
            try:
                async with asyncio.timeout(within_s):
                    await self._something.wait()
            except TimeoutError:
                return []
        self._something.clear()
        self._told = False  # from here on, whoever puts something wakes us
        return [self._items.popleft() for _ in range(min(most, len(self._items)))]

    def first(self) -> Item | None:
        """Return the item that waits longest, and leave it there."""
        try:
            return self._items[0]
        except IndexError:
            return None

    def drain(self) -> list[Item]:
        """Return everything that is left."""
        left = list(self._items)
        self._items.clear()
        return left

    def __len__(self) -> int:
        """How many items wait."""
        return len(self._items)
