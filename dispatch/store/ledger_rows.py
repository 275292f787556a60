"""The ledger in the store: its rows in order, by number, by key, and the pen that writes the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import or_, select

from dispatch.ledger.rows import Kind, Pen, Row, in_body
from dispatch.store.database import Database
from dispatch.store.read_retry import patiently
from dispatch.store.tables import ledger

PAGE = 5_000
ASKED_AT_ONCE = 500
"""SQLite takes a limited number of values in one question."""


class LedgerRows:
    """Read alone: rows are written with a batch. Every method raises ``JournalFailed`` where the store cannot be read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def rows(self, after: int = 0, limit: int | None = None) -> Iterator[Row]:
        """Iterate over the rows behind number ``after``, in order."""
        left = limit
        while left is None or left > 0:
            page = self._page(after, PAGE if left is None else min(PAGE, left))
            yield from page
            if len(page) < PAGE:
                return
            after = page[-1].seq
            left = None if left is None else left - len(page)

    def numbered(self, seqs: Sequence[int]) -> list[Row]:
        """Return rows by their numbers, in order."""
        found: list[Row] = []
        with self._database.reading() as connection:
            for some in in_parts(seqs):
                lines = connection.execute(select(ledger).where(ledger.c.seq.in_(some)).order_by(ledger.c.seq))
                found.extend(row_of(line) for line in lines)
        return found

    def naming(self, name: str) -> list[Row]:
        """Return every row that names a case or call, or what is named after it, and what caused it.

        It reads the whole ledger: seconds for millions of rows.
        """
        with self._database.reading() as connection:
            named = or_(*(ledger.c.body.contains(f'"{in_body(name)}{end}', autoescape=True) for end in '"/'))
            names = named | (ledger.c.case == name)
            found = {line.seq: row_of(line) for line in connection.execute(select(ledger).where(names))}
        causes = sorted({row.cause for row in found.values() if row.cause is not None} - found.keys())
        found |= {row.seq: row for row in self.numbered(causes)}
        return [found[seq] for seq in sorted(found)]

    def pen(self) -> Pen:
        """Return the pen that writes the row after the last."""
        last = self._database.first(select(ledger).order_by(ledger.c.seq.desc()).limit(1))
        return Pen() if last is None else Pen(last.seq, last.hash, last.at)

    def sha256(self) -> str:
        """Return the last row's hash, which stands for the whole ledger."""
        return self.pen().hash

    def taken(self, keys: Iterable[str]) -> set[str]:
        """Return which of ``keys`` stand in the ledger."""
        found = set[str]()
        with self._database.reading() as connection:
            for some in in_parts(list(keys)):
                found |= set(connection.scalars(select(ledger.c.key).where(ledger.c.key.in_(some))))
        return found

    def has_key(self, key: str) -> bool:
        """Tell whether a row has this key. Waits for a store that is away."""
        found = select(ledger.c.seq).where(ledger.c.key == key)
        return patiently(lambda: self._database.first(found)) is not None

    def under(self, key: str) -> Row | None:
        """Return the row that has this key. Waits for a store that is away."""
        found = patiently(lambda: self._database.first(select(ledger).where(ledger.c.key == key)))
        return None if found is None else row_of(found)

    def _page(self, after: int, limit: int) -> list[Row]:
        with self._database.reading() as connection:
            found = connection.execute(select(ledger).where(ledger.c.seq > after).order_by(ledger.c.seq).limit(limit))
            return [row_of(line) for line in found]


def in_parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Yield ``values``, as many at a time as may stand in one question."""
    return (values[first : first + ASKED_AT_ONCE] for first in range(0, len(values), ASKED_AT_ONCE))


def row_of(line: Any) -> Row:  # noqa: ANN401 - a line of the ledger
    """Return the row that a line of the ledger's table holds."""
    seq, at, kind, name, key, case, cause, body, seal = line
    return Row(seq, at, Kind(kind), name, key, case, cause, body, seal)
