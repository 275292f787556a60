"""Which rows of the ledger belong to a case, or to a call until that turns out to be about a case. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from dispatch.ledger.rows import Row


@dataclass(slots=True)
class FiledRows:
    """Case or call → its rows, each once, in the ledger's order."""

    _rows: dict[str, list[Row]] = field(default_factory=dict)

    def of(self, name: str) -> list[Row]:
        """Return the rows of a case or a call."""
        return self._rows.get(name, [])

    def add(self, name: str, *rows: Row) -> None:
        """Put rows to a case or a call."""
        if rows:
            self._rows[name] = _in_order(self._rows.get(name, []), rows)

    def hand_over(self, call: str, case: str) -> None:
        """A call turned out to be about a case: its rows are that case's."""
        self.add(case, *self._rows.pop(call, []))

    def take_back(self, name: str, row: Row) -> None:
        """The last row of a case is another case's after all."""
        rows = self._rows.get(name, [])
        if rows and rows[-1].seq == row.seq:
            rows.pop()

    def read_again(self, name: str, row_of: Callable[[list[int]], Iterable[Row]]) -> None:
        """Have the rows of a case as the ledger gives them by now."""
        if name in self._rows:
            self._rows[name] = list(row_of([row.seq for row in self._rows[name]]))

    def forget(self, name: str) -> None:
        """Keep the rows of a case or a call no longer."""
        self._rows.pop(name, None)

    def numbers(self) -> dict[str, list[int]]:
        """Return the numbers of the rows, to be written down."""
        return {name: [row.seq for row in rows] for name, rows in self._rows.items()}

    @classmethod
    def by_numbers(cls, numbers: Mapping[str, list[int]], rows: Iterable[Row]) -> FiledRows:
        """Return what was written down; ``rows`` are those of the ledger, and one that is missing is left out."""
        found = {row.seq: row for row in rows}
        return cls({name: [found[seq] for seq in seqs if seq in found] for name, seqs in numbers.items()})


def _in_order(rows: list[Row], more: tuple[Row, ...]) -> list[Row]:
    """Return both in the ledger's order, each row once."""
    if len(more) == 1 and (not rows or rows[-1].seq < more[0].seq):
        rows.append(more[0])  # nearly always: what happened last
        return rows
    by_seq = {row.seq: row for row in (*rows, *more)}
    return [by_seq[seq] for seq in sorted(by_seq)]
