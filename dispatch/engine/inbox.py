"""The one queue that feeds the core in the live service: filled from any thread, emptied by one consumer."""

from __future__ import annotations

import asyncio
import operator
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, compress
from typing import Generic, TypeVar

from dispatch.engine.gathering import Gathering
from gateway.intake.overtaking import Rank

Item = TypeVar("Item")
OF_FIRST = 9
"""So many of what goes first are taken for each one of what does not: a flood of faults lets the rest through, too."""


@dataclass(frozen=True, slots=True)
class Sorting(Generic[Item]):
    """How items are told apart where not all that waits is taken at once."""

    lane: Callable[[Item], str] = lambda _: ""
    """Each has its turn."""
    series: Callable[[Item], Hashable] = id
    """The order stays within one, whatever goes first."""
    rank: Callable[[Item], Rank] = lambda _: Rank.IN_TURN
    """What goes first takes along what stands before it in its series; statuses of one that follow each other make a run."""
    is_brief: Callable[[Item], bool] = lambda _: False
    """It goes before everything, and costs nothing. Asked once for each item, in the order they came."""


@dataclass(slots=True)
class _Run(Generic[Item]):
    """Items of one series that are taken together; more than one, where they are statuses."""

    items: list[Item]
    rank: Rank


class Inbox(Generic[Item]):
    """``put`` from any thread; ``take`` in the loop it was made in, by one consumer only.

    First in, first out, as long as all that waits is taken at once. Where more waits, each *lane* has its turn: a vendor that
    sends a thousand messages holds up its own, and not another's one. What goes *first* does so within its lane, and has its turns
    before the others. Within a series the order stays.
    """

    def __init__(self, sorting: Sorting[Item] | None = None, gathering: Gathering | None = None) -> None:
        self._sorting: Sorting[Item] = sorting or Sorting()
        self._brief: deque[Item] = deque()
        self._items: deque[Item] = deque()
        """What came lately, in order."""
        self._first: OrderedDict[str, deque[_Run[Item]]] = OrderedDict()
        """By lane, what goes first when not all can be taken; none is empty."""
        self._ahead: dict[Hashable, int] = {}
        """How many runs of a series that are."""
        self._lanes: OrderedDict[str, OrderedDict[Hashable, deque[_Run[Item]]]] = OrderedDict()
        """By lane and series, the others; none is empty."""
        self._sorted = 0
        """How many items are in lanes."""
        self._gathering = gathering or Gathering()
        self._loop = asyncio.get_running_loop()
        self._something = asyncio.Event()
        self._told = False

    def put(self, item: Item) -> None:
        """Add an item and wake the consumer, once for as many items as come before it looks."""
        self._items.append(item)
        if not self._told:
            self._told = True
            self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        """Wake the consumer, unless it took meanwhile what there was."""
        if self._items:
            self._something.set()

    def put_back(self, runs: Sequence[list[Item]]) -> None:
        """Put what was taken last, and not done, before everything else of its lane; whose turn it was, it stays.

        Were it another's, one lane could have its turn for ever where only one item is done at a time. By the consumer only.
        """
        first, lanes = self._first, self._lanes
        self._first, self._lanes = OrderedDict(), OrderedDict()
        self._ahead.clear()
        for run in runs:
            self._sort_in(run)
        for lane, waiting in first.items():
            for one in waiting:
                self._put_first(lane, one)
        for lane, of_series in lanes.items():
            for series, others in of_series.items():
                self._lanes.setdefault(lane, OrderedDict()).setdefault(series, deque()).extend(others)
        if runs:
            self._something.set()

    def wake(self) -> None:
        """Have ``take`` return, with nothing where nothing is there. In the loop's thread only."""
        self._something.set()

    async def take(self, most: int, within_s: float, *, backlog: bool = False) -> list[list[Item]]:
        """Return up to ``most`` items, and what is brief beside them, waiting at most ``within_s`` seconds for the first.

        Each is a run of its own; with a ``backlog``, they are sorted in any case, and runs are taken whole, up to ``most`` of them.
        """
        if not len(self):
            try:
                async with asyncio.timeout(within_s):
                    await self._something.wait()
            except TimeoutError:
                return []
        if len(self) < most:
            await self._gather()
        self._something.clear()
        self._told = False  # from here on, whoever puts something wakes us
        came = [self._items.popleft() for _ in range(len(self._items))]
        if came:
            self._gathering.took(len(came), time.monotonic())
        briefs = list(map(self._sorting.is_brief, came))
        self._brief += compress(came, briefs)
        came = list(compress(came, map(operator.not_, briefs)))
        brief = [[item] for item in self._brief]
        self._brief.clear()
        if not backlog and not self._sorted and len(came) <= most:
            return brief + [[item] for item in came]
        for item in came:
            self._sort_in([item])
        return brief + list(self._in_turn(most, whole=backlog))

    async def _gather(self) -> None:
        """Wait for more to come, where many do."""
        wait_s, before = self._gathering.wait_s(time.monotonic()), len(self._items)
        if wait_s:
            await asyncio.sleep(wait_s)
            self._gathering.waited(wait_s, len(self._items) - before, time.monotonic())

    def waiting(self) -> Iterator[Item]:
        """Yield what waits longest of each lane, and leave it there."""
        yield from (next(iter(lane.values()))[0].items[0] for lane in self._lanes.values())
        yield from (runs[0].items[0] for runs in self._first.values())
        yield from (items[0] for items in (self._brief, self._items) if items)

    def drain(self) -> list[Item]:
        """Return everything that is left."""
        series = chain.from_iterable(lane.values() for lane in self._lanes.values())
        runs = chain.from_iterable(chain(self._first.values(), series))
        found = [*self._brief, *chain.from_iterable(run.items for run in runs), *self._items]
        for emptied in (self._brief, self._first, self._ahead, self._lanes, self._items):
            emptied.clear()
        self._sorted = 0
        return found

    def __len__(self) -> int:
        """How many items wait."""
        return len(self._items) + len(self._brief) + self._sorted

    def _sort_in(self, items: list[Item]) -> None:
        """Put a run into its lane."""
        rank, lane = self._sorting.rank(items[0]), self._sorting.lane(items[0])
        self._sorted += len(items)
        if rank is Rank.FIRST:
            self._put_first(lane, _Run(items, rank))
            return
        series = self._sorting.series(items[0])
        of_lane = self._lanes.get(lane)
        before = of_lane.get(series) if of_lane else None
        if before and before[-1].rank is rank is Rank.STATUS:
            before[-1].items += items
        elif before:
            before.append(_Run(items, rank))
        else:
            self._lanes.setdefault(lane, OrderedDict())[series] = deque([_Run(items, rank)])

    def _put_first(self, lane: str, run: _Run[Item]) -> None:
        """Have a run go first, and what stands before it in its series with it."""
        series = self._sorting.series(run.items[0])
        of_lane = self._lanes.get(lane)
        before = of_lane.pop(series, ()) if of_lane else ()
        if before and not of_lane:
            del self._lanes[lane]
        self._first.setdefault(lane, deque()).extend((*before, run))
        self._ahead[series] = self._ahead.get(series, 0) + len(before) + 1

    def _in_turn(self, most: int, *, whole: bool) -> Iterator[list[Item]]:
        """Yield of each lane, again and again; a lane that had its turn stands behind the others. ``whole``: all of a run."""
        for turn in range(1, most + 1):
            if self._first and (not self._lanes or turn % (OF_FIRST + 1)):
                taken = self._next_first()
            elif self._lanes:
                taken = self._next_in_turn(None if whole else 1)
            else:
                return
            self._sorted -= len(taken)
            if taken:
                yield taken

    def _next_first(self) -> list[Item]:
        lane, runs = self._first.popitem(last=False)
        items = runs.popleft().items
        if runs:
            self._first[lane] = runs
        series = self._sorting.series(items[0])
        self._ahead[series] -= 1
        if not self._ahead[series]:
            del self._ahead[series]
        return items

    def _next_in_turn(self, most: int | None) -> list[Item]:
        """Return up to ``most`` of the run that waits longest in the next lane; nothing where all wait for what goes first."""
        lane, of_lane = self._lanes.popitem(last=False)
        series = next((one for one in of_lane if one not in self._ahead), None)
        taken = list[Item]()
        if series is not None:
            runs = of_lane[series]
            waiting = runs[0].items
            if most is None or len(waiting) <= most:
                taken = runs.popleft().items
            else:
                taken, runs[0].items = waiting[:most], waiting[most:]
            if not runs:
                del of_lane[series]
        if of_lane:
            self._lanes[lane] = of_lane
        return taken
