"""A row whose key stands in the ledger already is a mistake of ours: it is dropped, told and counted; the rest goes on.

The store would not take the batch it stands in. The rows behind it are numbered and sealed anew, so that the ledger has
neither a gap nor a broken chain.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from dispatch.ledger.pipeline import Turn
from dispatch.ledger.rows import Kind, Pen, Row

log = logging.getLogger(__name__)


def drop_second_keys(turns: Iterable[Turn], pen: Pen, taken: set[str]) -> int:
    """Take out of ``turns`` what stands already, and what an input that does had caused; return how many rows that was.

    ``turns`` are all that is not stored yet, in order; ``pen`` stands behind the last row stored, and goes on behind the
    last of theirs; ``taken`` has the keys that stand in the store.
    """
    rewriting = _Rewriting(pen, set(taken))
    for turn in turns:
        rewriting.rewrite(turn)
    for row in rewriting.dropped:
        told = {"key": row.key, "case": row.case, "flood": f"twice {row.type}"}
        of = row.case or "no case"
        log.error("%s of %s was decided twice: the second %s is dropped", row.key, of, row.type, extra=told)
    return len(rewriting.dropped)


class _Rewriting:
    """Writes rows anew, without those that stand already."""

    def __init__(self, pen: Pen, taken: set[str]) -> None:
        self._pen = pen
        self._taken = taken
        self._now: dict[int, int | None] = {}
        """A row's number before → its number now; ``None``: it is dropped."""
        self.dropped: list[Row] = []

    def rewrite(self, turn: Turn) -> None:
        """Write a turn's rows anew; what it does is what the rows say that stay."""
        rows, turn.rows = turn.rows, []
        for row in rows:
            written = self._again(row)
            if written is None:
                turn.repeat = turn.repeat or row.kind is Kind.INPUT
            else:
                turn.rows.append(written)

    def _again(self, row: Row) -> Row | None:
        cause = self._now.get(row.cause, row.cause) if row.cause is not None else None
        if row.key in self._taken or (row.cause is not None and cause is None):
            self._now[row.seq] = None
            self.dropped.append(row)
            return None
        written = self._pen.copy(row, cause)
        self._now[row.seq] = written.seq
        if row.key is not None:
            self._taken.add(row.key)
        return written
