"""The ledger in the store: its rows in order, by number, by key, and the pen that writes the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import or_, select

from dispatch.ledger.personal import Opener
from dispatch.ledger.rows import Kind, Pen, Row, in_body, openable
from dispatch.store.bulk import in_parts
from dispatch.store.database import Database
from dispatch.store.read_retry import patiently
from dispatch.store.tables import ledger

PAGE = 5_000


class LedgerRows:
    """Read alone: rows are written with a batch. Every method raises ``JournalFailed`` where the store cannot be read."""

    def __init__(self, database: Database, opener: Opener) -> None:
        self._database = database
        self._opener = opener

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

    def last_before(self, at: float) -> int:
        """Return the number of the last row that was written at ``at``, POSIX seconds, or before; 0: there is none."""
        known, beyond = 0, self.pen().seq + 1
        while beyond - known > 1:  # the hours never go back
            middle = (known + beyond) // 2
            line = self._database.first(select(ledger.c.at).where(ledger.c.seq == middle))
            known, beyond = (middle, beyond) if line is not None and line.at <= at else (known, middle)
        return known

    def numbered(self, seqs: Sequence[int]) -> list[Row]:
        """Return rows by their numbers, in order."""
        found: list[Row] = []
        with self._database.reading() as connection:
            for some in in_parts(seqs):
                lines = connection.execute(select(ledger).where(ledger.c.seq.in_(some)).order_by(ledger.c.seq))
                found.extend(self._row(line) for line in lines)
        return found

    def naming(self, name: str) -> list[Row]:
        """Return every row that names a case or call, or what is named after it, and what caused it.

        It reads the whole ledger: seconds for millions of rows.
        """
        with self._database.reading() as connection:
            named = or_(*(ledger.c.body.contains(f'"{in_body(name)}{end}', autoescape=True) for end in '"/'))
            names = named | (ledger.c.case == name)
            found = {line.seq: self._row(line) for line in connection.execute(select(ledger).where(names))}
        causes = sorted({row.cause for row in found.values() if row.cause is not None} - found.keys())
        found |= {row.seq: row for row in self.numbered(causes)}
        return [found[seq] for seq in sorted(found)]

    def of_customer(self, customer: str) -> Iterator[Row]:
        """Yield the rows that name a customer, or that are about a case or a call of theirs; some twice.

        It reads the ledger as often as there are calls: seconds for millions of rows.
        """
        mine = self.naming(customer)
        yield from mine
        for case in {row.case for row in mine if row.type == "OpenCase" and row.case}:
            yield from self.naming(case)
        for call in {row.key.removeprefix("phoned/") for row in mine if row.type == "CustomerPhoned" and row.key}:
            yield from self.naming(call)

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
        return None if found is None else self._row(found)

    def _row(self, line: Any) -> Row:  # noqa: ANN401 - a line of the ledger
        return row_of(line, self._opener)

    def _page(self, after: int, limit: int) -> list[Row]:
        with self._database.reading() as connection:
            found = connection.execute(select(ledger).where(ledger.c.seq > after).order_by(ledger.c.seq).limit(limit))
            return [self._row(line) for line in found]


def row_of(line: Any, opener: Opener) -> Row:  # noqa: ANN401 - a line of the ledger
    """Return the row that a line of the ledger's table holds; it is read with the keys that ``opener`` has."""
    seq, at, kind, name, key, case, cause, body, seal = line
    return openable(Row(seq, at, Kind(kind), name, key, case, cause, body, seal), opener)
