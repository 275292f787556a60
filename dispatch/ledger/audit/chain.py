"""Order, time and hashes of a ledger, a row at a time. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from dispatch.ledger.audit.flaw import Flaw, Law
from dispatch.ledger.rows import GENESIS, Kind, Row, seal


class Chain:
    """Remembers no more than the row above and the last input."""

    def __init__(self) -> None:
        self._expected, self._at, self._hash = 1, 0.0, GENESIS
        self._input: int | None = None

    def check(self, row: Row) -> Iterator[Flaw]:
        """Yield what is wrong with the next row."""
        if row.seq != self._expected:
            yield Flaw(Law.ORDER, f"row {self._expected} was expected", row.seq)
        if row.at < self._at:
            yield Flaw(Law.TIME, "its time lies before that of the row above", row.seq)
        if seal(self._hash, row) != row.hash:
            yield Flaw(Law.HASH, "the hash does not fit; this row or the one above was changed", row.seq)
        yield from self._cause(row)
        self._expected, self._at, self._hash = row.seq + 1, row.at, row.hash

    def _cause(self, row: Row) -> Iterator[Flaw]:
        if row.kind is Kind.INPUT:
            self._input = row.seq
            if row.cause is not None:
                yield Flaw(Law.CAUSE, f"an input says that row {row.cause} caused it", row.seq)
        elif row.cause is not None and row.cause != self._input:
            yield Flaw(
                Law.CAUSE, f"it is said to answer row {row.cause}, and the input above is {self._input}", row.seq
            )
