"""A register whose records are kept whole, as JSON under their names: devices, vendors, customers, partners."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import Table, delete, func, select

from dispatch.store.bulk import in_parts, write_lines
from dispatch.store.database import Database

Record = TypeVar("Record")


class Records(Generic[Record]):
    """``name_of`` tells under which name a record is kept. Every method raises ``JournalFailed``."""

    def __init__(
        self, database: Database, table: Table, form: TypeAdapter[Record], name_of: Callable[[Record], str]
    ) -> None:
        self._database, self._table, self._form, self._name_of = database, table, form, name_of

    def all(self) -> list[Record]:
        """Return every record, by name."""
        with self._database.reading() as connection:
            bodies = connection.scalars(select(self._table.c.body).order_by(self._table.c.id))
            return [self._form.validate_json(body) for body in bodies]

    def texts(self) -> list[str]:
        """Return every record as it is stored, for who needs little of each."""
        with self._database.reading() as connection:
            return list(connection.scalars(select(self._table.c.body)))

    def count(self) -> int:
        """Return how many there are."""
        return int(self._database.first(select(func.count()).select_from(self._table))[0])

    def some(self, names: Sequence[str]) -> list[Record]:
        """Return the records of these names that there are."""
        found: list[Record] = []
        with self._database.reading() as connection:
            for part in in_parts(names):
                bodies = connection.scalars(select(self._table.c.body).where(self._table.c.id.in_(part)))
                found.extend(self._form.validate_json(body) for body in bodies)
        return found

    def keep(self, records: Iterable[Record]) -> None:
        """Keep records; a later one replaces an earlier one of the same name."""
        bodies = {self._name_of(record): self._form.dump_json(record).decode() for record in records}
        if bodies:
            lines = list(bodies.items())
            self._database.write(lambda connection: write_lines(connection, self._table, lines, replace="id"))

    def forget(self, name: str) -> None:
        """Keep a record no more."""
        self._database.write(lambda connection: connection.execute(delete(self._table).where(self._table.c.id == name)))
