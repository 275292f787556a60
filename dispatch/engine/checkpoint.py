"""Which twins are written with a batch: those that a finding or a person changed at once, the others now and then.

What a device says of itself, and nothing follows from, is safe once its message lies in the inbox (``dispatch.store.inbox_rows``).
Its twin is written ``KEPT_WITHIN_S`` later at the latest, a few with each batch, with the number of the row it covers: a restart
takes the messages behind that again, each for a device whose twin does not have it, and decides nothing.

A twin that is lent to a gateway process (``dispatch.gateways``) is written when that tells it, for ours lacks what was said since.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile

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
"""So much waits in the inbox; beyond, twins are written sooner."""


@dataclass(slots=True)
class _Changed:
    """A twin that is not written."""

    twin: Twin
    first: int
    """The row of the inbox with the first message that the stored twin does not have."""
    since: float


class Checkpoint:
    """In the loop's thread alone. ``row``: the last row of the inbox that there ever was."""

    def __init__(self, twins: Twins, row: int = 0) -> None:
        self._twins = twins
        self._row = row
        self._covered = 0
        """The store knows that what lies in the inbox up to this row is in its twins."""
        self._changed: dict[str, _Changed] = {}
        """By device, the first changed first."""
        self._lent: dict[str, int] = {}
        """By device that is lent: the row with the first message that the stored twin does not have; none: it has all."""
        self._told: dict[str, Twin] = {}
        """Twins of such devices, as their gateways told them: to be written with the next batch."""
        self._waiting: deque[tuple[int, int]] = deque()
        """Rows of the inbox that are not covered, and how many bytes each has."""
        self._bytes = 0

    def __len__(self) -> int:
        """How many twins are not written."""
        return len(self._changed)

    def is_behind(self, twin: Twin, row: int, since: float) -> None:
        """Note that a twin has messages from ``row`` on that are not in the stored one."""
        changed = self._changed.get(twin.device)
        if changed is None:
            self._changed[twin.device] = _Changed(twin, row, since)
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
        """Return after how many seconds of the service's clock a twin is to be written; infinite: all are."""
        if self._told:
            return 0.0
        first = next(iter(self._changed.values()), None)
        if first is None:
            return float("inf")
        return 0.0 if _is_due(first, now) else first.since + KEPT_WITHIN_S - now

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
        frames = (*[frame for _, frame in messages], *lent)
        if frames:
            self._row += 1
            self._waiting.append((self._row, sum(map(len, frames))))
            self._bytes += self._waiting[-1][1]
        for twin, _ in messages:
            changed = self._changed.get(twin.device)
            if changed is None or changed.twin is not twin:  # of nearly none
                self.is_behind(twin, self._row, now)
        for device in self._told:
            self._lent.pop(device, None)
        at_once = self._told | {twin.device: twin for turn in turns for twin in turn.twins}
        self._told = {}
        if self._bytes > MOST_BYTES or any(turn.erased or turn.expired for turn in turns):
            return self._written(at_once, self._changed.values(), frames)
        first = islice(self._changed.values(), max(AT_ONCE, len(self._changed) // SHARE))
        return self._written(at_once, takewhile(lambda changed: _is_due(changed, now), first), frames)

    def rest(self) -> KeptTwins:
        """Return what writes some of all twins that are not written."""
        return self._written({}, islice(self._changed.values(), AT_ONCE), ())

    def _written(self, at_once: dict[str, Twin], due: Iterable[_Changed], frames: tuple[bytes, ...]) -> KeptTwins:
        at_once = {changed.twin.device: changed.twin for changed in due} | at_once
        for device, twin in at_once.items():
            if self._changed.pop(device, None) is not None:
                self._twins.release(device)
            self._twins.settle(device)
            twin.as_of = self._row
        first = next((changed.first for changed in self._changed.values()), self._row + 1)
        first = min(first, *self._lent.values()) if self._lent else first
        return KeptTwins(lines_of(at_once.values()), *self._inbox(first - 1, frames))

    def _inbox(self, covered: int, frames: tuple[bytes, ...]) -> tuple[InboxRow | None, int]:
        """Return the row that is written, and up to which they go: but for a mark in place of the last, so that numbers go on."""
        while self._waiting and self._waiting[0][0] <= covered:
            self._bytes -= self._waiting.popleft()[1]
        if covered == self._covered:
            return (InboxRow(self._row, frames) if frames else None), 0
        self._covered = covered
        if covered == self._row:
            return InboxRow(self._row), covered
        return (InboxRow(self._row, frames) if frames else None), covered


def _is_due(changed: _Changed, now: float) -> bool:
    """Tell whether a twin is to be written; also where the clock was set back since, and its hour would be long in coming."""
    return not 0.0 <= now - changed.since < KEPT_WITHIN_S
