"""The one queue that feeds the core in the live service: filled from any thread, emptied by one consumer."""

from __future__ import annotations

import asyncio
import operator
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, compress
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Inbox(Generic[Item]):
    """``put`` from any thread; ``take`` in the loop it was made in, by one consumer only.

    First in, first out, as long as all that waits is taken at once. Where more waits, each *lane* has its turn: a vendor that
    sends a thousand messages holds up its own, and not another's one. Within a lane the order stays. What is *brief* goes before
    everything else.
    """

    def __init__(self, lane: Callable[[Item], str] | None = None, brief: Callable[[Item], bool] | None = None) -> None:
        """Without ``lane`` there is one. ``brief`` is asked once for each item, in the order they came."""
        self._lane = lane or _one_lane
        self._brief = brief
        self._first: deque[Item] = deque()
        """What is brief."""
        self._items: deque[Item] = deque()
        """What came lately, in order."""
        self._lanes: dict[str, deque[Item]] = {}
        """What waited when not all could be taken; none is empty."""
        self._loop = asyncio.get_running_loop()
        self._something = asyncio.Event()
        self._told = False

    def put(self, item: Item) -> None:
        """Add an item and wake the consumer, once for as many items as come before it looks."""
        self._items.append(item)
        if not self._told:
            self._told = True
            self._loop.call_soon_threadsafe(self._something.set)

    def put_back(self, items: Sequence[Item]) -> None:
        """Put what was taken last, and not done, before everything else of its lane; whose turn it was, it stays.

        Were it another's, one lane could have its turn for ever where only one item is done at a time. By the consumer only.
        """
        lanes: dict[str, deque[Item]] = {}
        for item in items:
            lanes.setdefault(self._lane(item), deque()).append(item)
        for name, later in self._lanes.items():
            lanes.setdefault(name, deque()).extend(later)
        self._lanes = lanes
        if items:
            self._something.set()

    def wake(self) -> None:
        """Have ``take`` return, with nothing where nothing is there. In the loop's thread only."""
        self._something.set()

    async def take(self, most: int, within_s: float) -> list[Item]:
        """Return up to ``most`` items, and what is brief beside them, waiting at most ``within_s`` seconds for the first."""
        if not len(self):
            try:
                async with asyncio.timeout(within_s):
                    await self._something.wait()
            except TimeoutError:
                return []
        self._something.clear()
        self._told = False  # from here on, whoever puts something wakes us
        came = [self._items.popleft() for _ in range(len(self._items))]
        if self._brief:
            briefs = list(map(self._brief, came))
            self._first += compress(came, briefs)
            came = list(compress(came, map(operator.not_, briefs)))
        first = list(self._first)
        self._first.clear()
        if not self._lanes and len(came) <= most:
            return first + came
        for item in came:
            self._lanes.setdefault(self._lane(item), deque()).append(item)
        return first + list(self._in_turn(most))

    def waiting(self) -> Iterator[Item]:
        """Yield what waits longest of each lane, and leave it there."""
        with_arrivals = chain(self._lanes.values(), [self._first, self._items])
        yield from (items[0] for items in with_arrivals if items)

    def drain(self) -> list[Item]:
        """Return everything that is left."""
        left: Iterable[Item] = chain.from_iterable([self._first, *self._lanes.values(), self._items])
        found = list(left)
        self._first.clear()
        self._lanes.clear()
        self._items.clear()
        return found

    def __len__(self) -> int:
        """How many items wait."""
        return len(self._items) + len(self._first) + sum(map(len, self._lanes.values()))

    def _in_turn(self, most: int) -> Iterator[Item]:
        """Yield one item of each lane, again and again; a lane that had its turn stands behind the others."""
        while self._lanes and most:
            name = next(iter(self._lanes))
            items = self._lanes.pop(name)
            yield items.popleft()
            most -= 1
            if items:
                self._lanes[name] = items


def _one_lane(_item: object) -> str:
    return ""
