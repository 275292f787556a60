"""Which twins are written with a batch: those that a finding or a person changed at once, the others now and then.

What a device says of itself, and nothing follows from, is safe once its message lies in the inbox (``dispatch.store.inbox_rows``).
Its twin is written ``KEPT_WITHIN_S`` later at the latest, a few with each batch, with the number of the row it covers: a restart
takes the messages behind that again, each for a device whose twin does not have it, and decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from dispatch.ledger.pipeline import Turn
from dispatch.store.inbox_rows import InboxRow
from dispatch.store.kept_twins import KEPT_WITHIN_S, KeptTwins, lines_of
from gateway.devices.twin import Twin
from gateway.devices.twins import Twins

AT_ONCE = 500
"""So many twins are written with a batch beside those that have to be."""
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
    """In the loop's thread alone. ``row``: the last row of the inbox that there is."""

    def __init__(self, twins: Twins, row: int = 0) -> None:
        self._twins = twins
        self._row = row
        self._changed: dict[str, _Changed] = {}
        """By device, the first changed first."""
        self._bytes = 0

    def __len__(self) -> int:
        """How many twins are not written."""
        return len(self._changed)

    def is_behind(self, twin: Twin, row: int, since: float) -> None:
        """Note that a twin has messages from ``row`` on that are not in the stored one."""
        if twin.device not in self._changed:
            self._changed[twin.device] = _Changed(twin, row, since)
            self._twins.hold(twin)

    def seconds_to_next(self, now: float) -> float:
        """Return after how many seconds of the service's clock a twin is to be written; infinite: all are."""
        first = next(iter(self._changed.values()), None)
        return float("inf") if first is None else max(0.0, first.since + KEPT_WITHIN_S - now)

    def take(self, turns: Sequence[Turn], messages: Sequence[tuple[Twin, bytes]], now: float) -> KeptTwins:
        """Return what a batch writes: the twins of turns, and messages, each with the twin that has it and may be written later."""
        row = self._row + 1 if messages else self._row
        for twin, _ in messages:
            if twin.device not in self._changed:
                self.is_behind(twin, row, now)
        frames = tuple(frame for _, frame in messages)
        at_once = {twin.device: twin for turn in turns for twin in turn.twins}
        self._row = row
        self._bytes += sum(map(len, frames))
        full = self._bytes > MOST_BYTES or any(turn.erased or turn.expired for turn in turns)
        due = self._due(now - KEPT_WITHIN_S, len(self._changed) if full else AT_ONCE)
        return self._written(at_once, due, InboxRow(row, frames) if frames else None)

    def rest(self) -> KeptTwins:
        """Return what writes some of all twins that are not written."""
        return self._written({}, self._due(float("inf"), AT_ONCE), None)

    def _due(self, before: float, most: int) -> Iterator[Twin]:
        if most == len(self._changed):
            before = float("inf")
        for changed in list(self._changed.values())[:most]:
            if changed.since > before:
                return
            yield changed.twin

    def _written(self, at_once: dict[str, Twin], due: Iterable[Twin], row: InboxRow | None) -> KeptTwins:
        at_once.update((twin.device, twin) for twin in due)
        for device in at_once:
            if self._changed.pop(device, None) is not None:
                self._twins.release(device)
        first = next((changed.first for changed in self._changed.values()), self._row + 1)
        if row is not None and row.seq < first:
            row = None  # its twins are written
        if not self._changed:
            self._bytes = 0
        for device, twin in at_once.items():
            self._twins.settle(device)
            twin.as_of = self._row
        return KeptTwins(lines_of(at_once.values()), row, first - 1)
