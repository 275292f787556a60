"""A ledger's rows gathered into moments: an input, or an alarm that rang, and all that was decided about it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import cast

from dispatch.core.events import Event
from dispatch.ledger.rows import Kind, Row, read


@dataclass(frozen=True, slots=True)
class Moment:
    """``event``: ``None`` where an alarm of the desk's own rang. ``at``: POSIX seconds. ``seq``: of the first row."""

    seq: int
    at: float
    event: Event | None
    decided: list[Row] = field(default_factory=list)

    @property
    def last_seq(self) -> int:
        """The number of the last row."""
        return self.decided[-1].seq if self.decided else self.seq

    @property
    def trigger(self) -> str:
        """What it was, in a word."""
        return "alarm" if self.event is None else type(self.event).__name__


def moments(rows: Iterable[Row]) -> Iterator[Moment]:
    """Gather rows that begin at a moment's first and end at a moment's last, as every commit does."""
    current: Moment | None = None
    for row in rows:
        if current is not None and not _belongs(row, current):
            yield current
            current = None
        if row.kind is Kind.INPUT:
            current = Moment(row.seq, row.at, cast("Event", read(row)))
            continue
        current = current or Moment(row.seq, row.at, None)
        current.decided.append(row)
    if current is not None:
        yield current


def _belongs(row: Row, current: Moment) -> bool:
    if row.kind is Kind.INPUT:
        return False
    if row.cause is not None:
        return current.event is not None
    return current.event is None and row.at == current.at
