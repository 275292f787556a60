"""Which twins are written with a batch: those that a finding or a person changed at once, the others now and then.

What a device says of itself, and nothing follows from, is safe once its message lies in the inbox (``dispatch.store.inbox_rows``).
Its twin is written ``KEPT_WITHIN_S`` later at the latest, a few with each batch, with the number of the row it covers: a restart
takes the messages behind that again, each for a device whose twin does not have it, and decides nothing.

Each device has its own moment of those seconds, by its name. So a twin is written once in them at most, however much its device
says; and those of a fleet that speaks in one second are written over all of them, not in one. For the same reason a batch lets
no more than some of the rows go that are covered: a commit waits for all that it deletes.

A twin that is lent to a gateway process (``dispatch.gateways``) is written when that tells it, for ours lacks what was said since.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import islice, takewhile
from math import inf
from zlib import crc32

from dispatch.ledger.pipeline import Turn
from dispatch.store.inbox_rows import InboxRow
from dispatch.store.kept_twins import KEPT_WITHIN_S, KeptTwins, lines_of
from gateway.devices.twin import Twin
from gateway.devices.twins import Twins

AT_ONCE = 500
"""So many twins are written with a batch beside those that have to be."""
SHARE = 20
"""Or such a share of those that are not written, where that is more: of a large fleet more fall due in a second."""
MOST_BYTES = 200_000_000
"""So much waits in the inbox for twins to be written; beyond, those are that the oldest of it waits for."""
LET_GO_BYTES = 2_000_000
"""So much of the inbox is let go with a batch, and twice what that brings where it is more: it shrinks, however much comes."""
TURNS = 300
"""So many moments there are, a tenth of a second apart: where little is said, no more than those are commits of their own."""


@dataclass(slots=True)
class _Changed:
    """A twin that is not written."""

    twin: Twin
    first: int
    """The row of the inbox with the first message that the stored twin does not have."""
    due: float
    """By the service's clock."""


class Checkpoint:
    """In the loop's thread alone."""

    def __init__(self, twins: Twins, row: int = 0, lies: Iterable[tuple[int, int]] = ()) -> None:
        """``row``: the last row of the inbox that there ever was; ``lies``: those that lie there, and how many bytes each has."""
        self._twins = twins
        self._row = row
        self._changed: dict[str, _Changed] = {}
        """By device, the first changed first."""
        self._next: list[tuple[float, str]] = []
        """A heap: when whose twin is due. Where that one was written meanwhile, it means nothing."""
        self._at = -inf
        """The hour of the last batch, or message."""
        self._lent: dict[str, int] = {}
        """By device that is lent: the row with the first message that the stored twin does not have; none: it has all."""
        self._told: dict[str, Twin] = {}
        """Twins of such devices, as their gateways told them: to be written with the next batch."""
        self._waiting = deque(lies)
        """Rows of the inbox that are not covered, and how many bytes each has."""
        self._bytes = sum(size for _, size in self._waiting)
        self._covered: deque[tuple[int, int]] = deque()
        """Rows before them, which the store has not let go."""

    def __len__(self) -> int:
        """How many twins are not written."""
        return len(self._changed)

    def is_behind(self, twin: Twin, row: int, since: float) -> None:
        """Note that a twin has messages from ``row`` on that are not in the stored one; ``since``: by the service's clock."""
        self._at = max(self._at, since)
        changed = self._changed.get(twin.device)
        if changed is None:
            due = _next_turn(twin.device, since)
            self._changed[twin.device] = _Changed(twin, row, due)
            heappush(self._next, (due, twin.device))
        elif changed.twin is twin:
            return
        else:
            changed.twin = twin
        self._twins.hold(twin)

    def lend(self, device: str) -> None:
        """Write a device's twin no more before it is told."""
        changed = self._changed.pop(device, None)
        if changed is not None:
            self._lent[device] = changed.first

    def lent_said(self, devices: Iterable[str]) -> None:
        """Note that messages of devices that are lent are in the next row of the inbox."""
        for device in devices:
            self._told.pop(device, None)  # it lacks them, and would be written as of that row
            self._lent.setdefault(device, self._row + 1)

    def is_told(self, twin: Twin) -> None:
        """Have a twin written that has all that its device said up to the next row of the inbox, that row included."""
        self._told[twin.device] = twin

    def seconds_to_next(self, now: float) -> float:
        """Return after how many seconds of the service's clock something is to be written; infinite: all is.

        Also where the clock was set back since, and the hour of a twin would be long in coming.
        """
        if self._told or self._covered or (self._changed and now < self._at):
            return 0.0
        while self._next and not self._is_next(*self._next[0]):
            heappop(self._next)
        return max(0.0, self._next[0][0] - now) if self._next else inf

    def take(
        self,
        turns: Sequence[Turn],
        messages: Sequence[tuple[Twin, bytes]],
        now: float,
        lent: tuple[bytes, ...] = (),
    ) -> KeptTwins:
        """Return what a batch writes: the twins of turns, and messages, each with the twin that has it and may be written later.

        ``now``: by the service's clock; ``lent``: messages of devices that are lent.
        """
        if now < self._at:
            self._all_are_due(now)
        self._at = now
        frames = (*[frame for _, frame in messages], *lent)
        size = sum(map(len, frames))
        if frames:
            self._row += 1
            self._waiting.append((self._row, size))
            self._bytes += size
        for twin, _ in messages:
            changed = self._changed.get(twin.device)
            if changed is None or changed.twin is not twin:  # of nearly none
                self.is_behind(twin, self._row, now)
        for device in self._told:
            self._lent.pop(device, None)
        at_once = self._told | {twin.device: twin for turn in turns for twin in turn.twins}
        self._told = {}
        if any(turn.erased or turn.expired for turn in turns):
            return self._written(at_once, list(self._changed.values()), frames, inf)
        return self._written(at_once, self._due(now), frames, max(LET_GO_BYTES, 2 * size))

    def rest(self) -> KeptTwins | None:
        """Return what writes some of all twins that are not written; ``None``: all are, and all rows are let go that may be."""
        if not self._changed and not self._covered:
            return None
        return self._written({}, list(islice(self._changed.values(), AT_ONCE)), (), inf)

    def _all_are_due(self, now: float) -> None:
        """Have every twin written soon."""
        for changed in self._changed.values():
            changed.due = now
        self._next = [(now, device) for device in self._changed]
        heapify(self._next)

    def _is_next(self, due: float, device: str) -> bool:
        changed = self._changed.get(device)
        return changed is not None and changed.due == due

    def _due(self, now: float) -> list[_Changed]:
        """Return some of those whose moment has come, and of those that the inbox waits for where it holds too much."""
        most, due = max(AT_ONCE, len(self._changed) // SHARE), list[_Changed]()
        while self._next and self._next[0][0] <= now and len(due) < most:
            if self._is_next(*self._next[0]):
                due.append(self._changed[self._next[0][1]])
            heappop(self._next)
        if self._bytes <= MOST_BYTES:
            return due
        beyond, row = self._bytes - MOST_BYTES, 0
        for number, size in self._waiting:
            if beyond <= 0:
                break
            row, beyond = number, beyond - size
        oldest = takewhile(lambda changed: changed.first <= row, self._changed.values())
        return due + list(islice(oldest, most))

    def _written(
        self, at_once: dict[str, Twin], due: Iterable[_Changed], frames: tuple[bytes, ...], most: float
    ) -> KeptTwins:
        at_once = {changed.twin.device: changed.twin for changed in due} | at_once
        for device, twin in at_once.items():
            if self._changed.pop(device, None) is not None:
                self._twins.release(device)
            self._twins.settle(device)
            twin.as_of = self._row
        first = next((changed.first for changed in self._changed.values()), self._row + 1)
        self._cover(min(first, *self._lent.values()) if self._lent else first)
        gone = self._let_go(most)
        if gone == self._row and gone:  # nothing is left: a mark in place of the last, so that numbers go on
            return KeptTwins(lines_of(at_once.values()), InboxRow(self._row), gone)
        return KeptTwins(lines_of(at_once.values()), InboxRow(self._row, frames) if frames else None, gone)

    def _cover(self, first: int) -> None:
        """Note that what lies in the inbox before a row is in its twins."""
        while self._waiting and self._waiting[0][0] < first:
            row = self._waiting.popleft()
            self._bytes -= row[1]
            self._covered.append(row)

    def _let_go(self, most: float) -> int:
        """Return up to which row the oldest go that are covered: so many bytes, one row at least; 0: none does."""
        gone = 0
        while self._covered and (not gone or self._covered[0][1] <= most):
            gone, size = self._covered.popleft()
            most -= size
        return gone


def _next_turn(device: str, since: float) -> float:
    """Return a device's moment after a given one: each has the same again and again, and they are spread evenly."""
    turn = crc32(device.encode()) % TURNS * (KEPT_WITHIN_S / TURNS)
    return since + KEPT_WITHIN_S - (since - turn) % KEPT_WITHIN_S
