"""A register whose records are kept whole, as JSON under their names: devices, vendors, customers, partners."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import Table, delete, select

from dispatch.store.bulk import write_lines
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

    def keep(self, records: Iterable[Record]) -> None:
        """Keep records; a later one replaces an earlier one of the same name."""
        bodies = {self._name_of(record): self._form.dump_json(record).decode() for record in records}
        if bodies:
            lines = list(bodies.items())
            self._database.write(lambda connection: write_lines(connection, self._table, lines, replace="id"))

    def forget(self, name: str) -> None:
        """Keep a record no more."""
        self._database.write(lambda connection: connection.execute(delete(self._table).where(self._table.c.id == name)))
